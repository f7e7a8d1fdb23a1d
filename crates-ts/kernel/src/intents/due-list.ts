/** What becomes due when, in (time, id) order (spec/06-kernel.md, "Time"). */
import { NUMBER_CHARACTERS, numberOf, orderedNumber, orderedText, textBehind } from '../collections/key-text.ts'
import type { OrderedSet } from '../collections/ordered-set.ts'

export interface DueItem {
  readonly atNs: bigint
  /** An intent's hash, or an instance and its step. */
  readonly id: string
}

/** Items as keys of an ordered set: the time in eight bytes, then the id. */
export class DueList {
  readonly set: OrderedSet
  /** Of the first key, so that asking again costs nothing. */
  #nextKey: string | undefined
  #next: DueItem | undefined

  constructor(set: OrderedSet) {
    this.set = set
  }

  get next(): DueItem | undefined {
    const key = this.set.first
    if (key !== this.#nextKey) {
      this.#nextKey = key
      this.#next = key === undefined ? undefined : itemOf(key)
    }
    return this.#next
  }

  add(item: DueItem): void {
    this.set.add(keyOf(item))
  }

  remove(item: DueItem): void {
    this.set.delete(keyOf(item))
  }

  /** At most `count` items whose time has come, first things first. They stay in the list. */
  due(logicalNowNs: bigint, count: number): readonly DueItem[] {
    const items: DueItem[] = []
    for (const key of this.set.keys()) {
      const item = itemOf(key)
      if (item.atNs > logicalNowNs || items.length >= count) break
      items.push(item)
    }
    return items
  }
}

function keyOf({ atNs, id }: DueItem): string {
  return orderedNumber(atNs) + orderedText(id)
}

function itemOf(key: string): DueItem {
  return { atNs: numberOf(key), id: textBehind(key, NUMBER_CHARACTERS) }
}
