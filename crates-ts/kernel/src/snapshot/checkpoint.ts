/**
 * Checkpoints (spec/16-snapshots.md, "Checkpoints"): what has changed since the newest root, as it is, so that an opening need neither replay nor look
 * up what lies before. They are the host's own: no entry names them, and who verifies does not read them.
 */
import { CborReader, CborWriter, HASH_BYTES, formatHash, hashBytes, isAosError } from '@aos/cbor'
import type { AosError, Hash } from '@aos/cbor'
import type { ChangesSince, TakenChanges } from '../collections/part.ts'
import type { TrieRoot } from '../collections/trie-update.ts'
import { kernelError } from '../errors.ts'
import type { WorldState } from '../state.ts'
import { takeDown } from './record-head.ts'
import { partOf, partsOf } from './snapshot-parts.ts'
import type { PartFamily, PlacedPart } from './snapshot-parts.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-record.ts'
import type { SnapshotRecord } from './snapshot-record.ts'
import type { TailAmounts } from './tail-cost.ts'

/** What the body of a checkpoint begins with. */
export interface CheckpointHead {
  /** Of the state at the checkpoint; its roots are those of the base. */
  readonly record: SnapshotRecord
  /** The snapshot that its changes are changes of; undefined: the empty state. */
  readonly base: Hash | undefined
  /** Entries behind the base. */
  readonly behind: TailAmounts
  readonly lastCut: number | undefined
  readonly idempotencyKeys: number
  /** Collections that have changes. */
  readonly parts: number
}

/** What checkpoints are taken down from. */
export interface CheckpointGround {
  readonly base: Hash | undefined
  readonly behind: TailAmounts
  readonly since: ChangesSince
}

/** A checkpoint that was taken down and is being written. */
export interface CheckpointWork {
  readonly height: number
  readonly base: Hash | undefined
  /** How many changes it has. */
  readonly changes: number
  /** The next part of its body, about so many bytes; undefined at its end. */
  next(bytesMax: number): Uint8Array | undefined
}

const HEAD_FIELDS = 6

const FAMILIES: readonly PartFamily[] = ['named', 'cells', 'waits']

/** Takes down the state between two turns. */
export function takeCheckpoint(state: WorldState, { base, behind, since }: CheckpointGround): CheckpointWork {
  const parts = partsOf(state)
  const head = new CborWriter()
  writeHead(head, state, parts, { base, behind })
  const taken: { readonly placed: PlacedPart; readonly count: number; readonly changes: TakenChanges }[] = []
  let changes = 0
  for (const placed of parts) {
    const part = placed.part.takeChanges(since)
    if (part.size === 0) continue
    changes += part.size
    const count = placed.family === 'cells' ? (state.cells.find(placed.name)?.count ?? 0) : 0
    taken.push({ placed, count, changes: part })
  }
  head.uint(taken.length)
  const steps = writeChanges(head, taken)
  return {
    height: state.height,
    base,
    changes,
    next: (bytesMax) => takePart(head, steps, bytesMax),
  }
}

/** Appends change by change. */
function* writeChanges(
  into: CborWriter,
  taken: readonly { readonly placed: PlacedPart; readonly count: number; readonly changes: TakenChanges }[],
): Generator<void, void, undefined> {
  for (const { placed, count, changes } of taken) {
    into.array(4)
    into.uint(FAMILIES.indexOf(placed.family))
    into.text(placed.name)
    into.uint(count)
    into.uint(changes.size)
    for (let index = 0; index < changes.size; index += 1) {
      changes.write(into, index)
      yield
    }
  }
}

function takePart(into: CborWriter, steps: Iterator<void>, bytesMax: number): Uint8Array | undefined {
  while (into.length < bytesMax) if (steps.next().done === true) break
  if (into.length === 0) return undefined
  const part = into.take()
  into.reset()
  return part
}

function writeHead(
  into: CborWriter,
  state: WorldState,
  parts: readonly PlacedPart[],
  { base, behind }: Pick<CheckpointGround, 'base' | 'behind'>,
): void {
  const roots: Readonly<Record<PartFamily, Map<string, TrieRoot>>> = {
    named: new Map(),
    cells: new Map(),
    waits: new Map(),
  }
  for (const { family, name, part } of parts) roots[family].set(name, part.root)
  into.array(HEAD_FIELDS)
  into.bytes(encodeSnapshot({ ...takeDown(state), collections: roots.named, cells: roots.cells, waits: roots.waits }))
  if (base === undefined) into.null()
  else into.bytes(hashBytes(base))
  into.array(3)
  into.uint(behind.entries)
  into.uint(behind.bytes)
  into.uint(behind.fuel)
  if (state.lastCut === undefined) into.null()
  else into.uint(state.lastCut)
  into.uint(state.idempotency.size)
}

/** Reads no further than the head. Throws `kernel.bad_checkpoint`. */
export function readCheckpointHead(body: Uint8Array): CheckpointHead {
  return reading(() => readHead(new CborReader(body)))
}

function readHead(from: CborReader): CheckpointHead {
  if (from.array() !== HEAD_FIELDS) throw badCheckpoint(`its head has not ${HEAD_FIELDS} fields`)
  const record = decodeSnapshot(from.bytes().slice())
  const base = from.isNull() ? undefined : from.bytes()
  if (base !== undefined && base.length !== HASH_BYTES) throw badCheckpoint('its base is no hash')
  if (from.array() !== 3) throw badCheckpoint('it does not say what lies behind its base')
  const behind = { entries: countIn(from), bytes: countIn(from), fuel: countIn(from) }
  const lastCut = from.isNull() ? undefined : countIn(from)
  return {
    record,
    base: base === undefined ? undefined : formatHash(base),
    behind,
    lastCut,
    idempotencyKeys: countIn(from),
    parts: countIn(from),
  }
}

/**
 * Makes the changes of the bodies, in their order, in a state that rests on the roots of the last one. Returns how many. Throws
 * `kernel.bad_checkpoint`, and what reading pinned definitions throws.
 */
export function restoreChanges(state: WorldState, bodies: readonly Uint8Array[]): number {
  const parts = partsOf(state)
  let changes = 0
  for (const body of bodies) {
    changes += reading(() => {
      const from = new CborReader(body)
      const head = readHead(from)
      const count = restoreBody(state, parts, { from, size: head.parts })
      state.lastCut = head.lastCut
      state.idempotency.restoreSize(head.idempotencyKeys)
      return count
    })
  }
  // The tables were made when only the generations of the base were there.
  state.cells.renewGenerations()
  return changes
}

function restoreBody(
  state: WorldState,
  parts: readonly PlacedPart[],
  body: { readonly from: CborReader; readonly size: number },
): number {
  const { from } = body
  let changes = 0
  for (let left = body.size; left > 0; left -= 1) {
    if (from.array() !== 4) throw badCheckpoint('the head of a part has not four fields')
    const family = FAMILIES[countIn(from)]
    const name = from.text()
    const count = countIn(from)
    const size = countIn(from)
    const part = family === undefined ? undefined : partOf(state, parts, { family, name })
    if (part === undefined) throw badCheckpoint(`there is no collection ${name}`)
    for (let index = 0; index < size; index += 1) part.restoreChange(from)
    if (family === 'cells') state.cells.open(name).restoreCount(count)
    changes += size
  }
  from.end()
  return changes
}

function countIn(from: CborReader): number {
  const count = from.uint()
  if (typeof count === 'number') return count
  throw badCheckpoint('a count is too large')
}

function reading<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!isAosError(error) || error.code === 'kernel.bad_checkpoint') throw error
    const isForm = error.code.startsWith('cbor.') || error.code === 'kernel.bad_snapshot'
    throw isForm ? badCheckpoint(error.message, error) : error
  }
}

function badCheckpoint(what: string, cause?: AosError): AosError {
  return kernelError('kernel.bad_checkpoint', `the checkpoint is not in its form: ${what}`, { cause })
}
