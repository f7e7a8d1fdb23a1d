/** Which collections a state has, under which names they stand in a snapshot (K29; spec/16-snapshots.md, "Collections"). */
import type { SnapshotPart } from '../collections/part.ts'
import type { WorldState } from '../state.ts'

/** `named` is the fixed list; the other two have a part for each reducer and each event schema. */
export type PartFamily = 'named' | 'cells' | 'waits'

/** A collection with its place in the record. */
export interface PlacedPart {
  readonly family: PartFamily
  readonly name: string
  readonly part: SnapshotPart
}

/** In the order in which a snapshot takes them. */
export function partsOf(state: WorldState): readonly PlacedPart[] {
  const { effects, governance } = state
  const named: readonly (readonly [string, SnapshotPart])[] = [
    ['keys', state.keys],
    ['modules', state.modulesUsed],
    ['blobs', state.blobs],
    ['trees', state.trees],
    ['idempotency', state.idempotencyRecords],
    ['idempotency_order', state.idempotencyOrder],
    ['intents', effects.intents],
    ['settled', effects.settled.byHash],
    ['settled_by_height', effects.settled.byHeight],
    ['instances', effects.instances],
    ['budgets', effects.ledgers],
    ['due', effects.due.set],
    ['generations', state.generations],
    ['proposals', governance.proposals],
    ['upcasters', governance.upcasters],
  ]
  const place =
    (family: PartFamily) =>
    ([name, part]: readonly [string, SnapshotPart]): PlacedPart => ({ family, name, part })
  return [
    ...named.map(place('named')),
    ...[...state.cells.tables()].map(place('cells')),
    ...[...effects.waiting.sets()].map(place('waits')),
  ]
}

/** The collection of that name; one of a family with a part for each name comes into being. undefined: there is none in the fixed list. */
export function partOf(
  state: WorldState,
  parts: readonly PlacedPart[],
  { family, name }: Pick<PlacedPart, 'family' | 'name'>,
): SnapshotPart | undefined {
  if (family === 'cells') return state.cells.open(name)
  if (family === 'waits') return state.effects.waiting.open(name)
  return parts.find((placed) => placed.family === family && placed.name === name)?.part
}

/** Changes since the newest cut. */
export function countChanges(state: WorldState): number {
  return partsOf(state).reduce((sum, { part }) => sum + part.dirtyCount, 0)
}
