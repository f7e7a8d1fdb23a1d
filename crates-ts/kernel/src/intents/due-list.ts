/** What becomes due when, in (time, id) order (spec/06-kernel.md, "Time"). Built from state; not state of its own. */

export interface DueItem {
  readonly atNs: bigint
  /** An intent's hash, or an instance and its step. */
  readonly id: string
}

/** Sorted; insertion and removal cost a search and a move of what lies behind. */
export class DueList {
  readonly #items: DueItem[] = []

  get size(): number {
    return this.#items.length
  }

  get next(): DueItem | undefined {
    return this.#items[0]
  }

  add(item: DueItem): void {
    const at = this.#place(item)
    const there = this.#items[at]
    if (there !== undefined && compare(there, item) === 0) return
    this.#items.splice(at, 0, item)
  }

  remove(item: DueItem): void {
    const at = this.#place(item)
    const there = this.#items[at]
    if (there !== undefined && compare(there, item) === 0) this.#items.splice(at, 1)
  }

  /** At most `count` items whose time has come, first things first. They stay in the list. */
  due(logicalNowNs: bigint, count: number): readonly DueItem[] {
    const end = this.#items.findIndex(({ atNs }, at) => at >= count || atNs > logicalNowNs)
    return this.#items.slice(0, end < 0 ? Math.min(count, this.#items.length) : end)
  }

  /** First position that does not come before the item. */
  #place(item: DueItem): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#items[middle]
      if (other !== undefined && compare(other, item) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function compare(left: DueItem, right: DueItem): number {
  if (left.atNs !== right.atNs) return left.atNs < right.atNs ? -1 : 1
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0
}
