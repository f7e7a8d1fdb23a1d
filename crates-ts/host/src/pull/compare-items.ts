/** Which definitions go from one side to the other (spec/22-sync.md, "Definitions"). */
import type { Hash } from '@aos/cbor'
import { decideChange } from '../sync/three-way.ts'
import type { Verdict } from '../sync/three-way.ts'
import { LIST_SECTIONS, MANIFEST, sectionOf } from './items.ts'
import type { Items } from './items.ts'

/** Both sides, and what they agreed on; undefined: nobody knows. */
export interface ThreeItems {
  readonly from: Items
  readonly to: Items
  readonly last: Items | undefined
  /** Where the folder stands: an entry of a list that is new on both sides stands where the folder has it. */
  readonly folder: 'from' | 'to'
}

/** What becomes of each item on the side that changes go to; what is alike on both is not among them. */
export type Verdicts = ReadonlyMap<string, Exclude<Verdict, 'same'>>

/** Item by item; then, for lists with other entries of both sides in another order, `manifest SECTION order`. */
export function compareItems({ from, to, last = new Map(), folder }: ThreeItems): Verdicts {
  const verdicts = new Map<string, Exclude<Verdict, 'same'>>()
  for (const item of new Set([...from.keys(), ...to.keys()])) {
    const states = { from: from.get(item), to: to.get(item), last: last.get(item) }
    const verdict = decideChange<Hash>({ ...states, prune: false, isSame: (left, right) => left === right })
    if (verdict !== 'same') verdicts.set(item, verdict)
  }
  for (const section of LIST_SECTIONS) {
    const verdict = compareOrder(section, { from, to, last, folder })
    if (verdict !== 'same') verdicts.set(orderItem(section), verdict)
  }
  return verdicts
}

/** The item of the order of a list: of the entries that both sides have. */
export function orderItem(section: string): string {
  return `${MANIFEST} ${section} order`
}

function compareOrder(section: string, { from, to, last, folder }: ThreeItems): Exclude<Verdict, 'remove'> {
  const entries = (items: Items | undefined): readonly string[] =>
    [...(items?.keys() ?? [])].filter((item) => sectionOf(item) === section)
  const both = entries(from).filter((item) => to.has(item))
  const theirs = entries(to).filter((item) => from.has(item))
  if (isSameList(both, theirs)) return 'same'
  const known = entries(last).filter((item) => from.has(item) && to.has(item))
  if (known.length === 0) return 'conflict'
  const isAsKnown = (items: readonly string[]): boolean =>
    isSameList(
      items.filter((item) => last?.has(item) === true),
      known,
    )
  const [isFromKnown, isToKnown] = [isAsKnown(both), isAsKnown(theirs)]
  if (isFromKnown && isToKnown) return folder === 'from' ? 'write' : 'kept'
  if (isFromKnown) return 'kept'
  return isToKnown ? 'write' : 'conflict'
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index])
}
