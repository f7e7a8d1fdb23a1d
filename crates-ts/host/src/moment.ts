/** A world as it stood at a height: the head, or a past one by replay (design: every past state is one replay away). */
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { World } from '@aos/kernel'
import type { JsonNode } from '@aos/air'
import { loadDefinitions, needReducer } from './definitions.ts'
import type { Definitions } from './definitions.ts'
import type { HostWorld } from './host-world.ts'
import { BadSnapshots } from './snapshots/bad-snapshots.ts'
import { openNewestSteps } from './snapshots/open-newest.ts'
import { runStepsFairly } from './steps.ts'
import type { StepsOptions } from './steps.ts'
import { keyFromText, valueToNode } from './values.ts'

/** A world as it was after one height: a kernel of its own, beside the one that goes on. */
export interface Moment {
  readonly height: number
  readonly kernel: World
  readonly definitions: Definitions
}

/**
 * What `view` says of a moment. At the head it looks at once, at the world that goes on, and its answer is given when that head is durable: what comes in meanwhile is
 * not seen. Throws what `readMoment` throws.
 */
export async function viewMoment<T>(
  host: HostWorld,
  at: number | undefined,
  view: (moment: Moment) => T,
  options: StepsOptions = {},
): Promise<T> {
  for (;;) {
    const now = await host.read((kernel) => {
      const { head } = kernel
      if (head === undefined || (at !== undefined && at !== head.height)) return undefined
      return { seen: view({ height: head.height, kernel, definitions: host.definitions }) }
    })
    if (now !== undefined) return now.seen
    const moment = await readMoment(host, at, options)
    if (moment.kernel !== host.kernel) return view(moment)
  }
}

/** At the head it is the kernel that goes on: for who sends nothing in meanwhile. Waits until the head is durable. Throws `host.bad_height`, `host.no_genesis`, `journal.compacted`. */
export async function readMoment(host: HostWorld, at: number | undefined, options: StepsOptions = {}): Promise<Moment> {
  const head = await host.read((kernel) => kernel.head)
  if (head === undefined)
    throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
  if (at === undefined || at === head.height) {
    return { height: head.height, kernel: host.kernel, definitions: host.definitions }
  }
  if (at > head.height) {
    throw new AosError('host.bad_height', `the journal ends at height ${head.height}, found ${at}`)
  }
  const steps = openNewestSteps({
    ...host,
    store: host.store,
    makeKernel: () => host.makeKernel(),
    readContent: host.readContent,
    bad: new BadSnapshots(host.folder.badSnapshots),
    to: at,
  })
  const { kernel } = await runStepsFairly(steps, options).catch((error: unknown) => {
    throw stateIsGone(error, at)
  })
  return { height: at, kernel, definitions: loadDefinitions(needHash(kernel.manifestHash), host.readContent) }
}

/** One cell as people see it. */
export interface CellView {
  readonly reducer: string
  /** Absent for a reducer that is not keyed. */
  readonly key: JsonNode | undefined
  readonly height: number
  /** In the sugar lens; null when there is none. */
  readonly state: JsonNode
  /** The bytes as the reducer returned them. */
  readonly bytes: Uint8Array | undefined
}

/** Throws `host.unknown_reducer`, `host.key_required`, `host.not_keyed`, `air.*` for a key that does not match. */
export function readCellView(moment: Moment, reducer: string, keyText: string | undefined): CellView {
  const { definitions, kernel, height } = moment
  const module = needReducer(definitions, reducer)
  const { keySchema } = module
  const key = keyOfCell(definitions, reducer, keyText)
  const bytes = kernel.readCell(reducer, key)
  return {
    reducer,
    key: key === undefined || keySchema === undefined ? undefined : valueToNode(definitions, keySchema, key),
    height,
    state: bytes === undefined ? null : valueToNode(definitions, module.reducer.state, bytes),
    bytes,
  }
}

/** The key of a cell as its sender writes it. Throws `host.unknown_reducer`, `host.key_required`, `host.not_keyed`, `air.*`. */
export function keyOfCell(
  definitions: Definitions,
  reducer: string,
  keyText: string | undefined,
): Uint8Array | undefined {
  const { keySchema } = needReducer(definitions, reducer)
  if (keySchema !== undefined && keyText === undefined) {
    throw new AosError('host.key_required', `${reducer} is keyed by ${keySchema}`, {
      hint: 'say which cell with --key',
    })
  }
  if (keySchema === undefined && keyText !== undefined) {
    throw new AosError('host.not_keyed', `${reducer} is not keyed, found the key ${keyText}`)
  }
  return keySchema === undefined || keyText === undefined ? undefined : keyFromText(definitions, keySchema, keyText)
}

/** What is said of a state that nothing leads to any more. */
function stateIsGone(error: unknown, at: number): unknown {
  if (!isAosError(error) || error.code !== 'journal.compacted') return error
  const below = String(Reflect.get(Object(error.details), 'compacted_below'))
  return new AosError(
    'journal.compacted',
    `the journal was compacted at height ${below}: the state of height ${at} is gone`,
    {
      details: error.details,
      cause: error,
      hint: 'states from the snapshots on that are left can be read: see `aos snapshot ls`',
    },
  )
}

function needHash(hash: Hash | undefined): Hash {
  if (hash !== undefined) return hash
  throw new AosError('host.no_genesis', 'the world has no genesis at this height')
}
