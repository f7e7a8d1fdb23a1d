/** Scenarios on a simulated machine, told step by step. */
import {
  SIMULATED_WORLD,
  SimulatedMachine,
  headOf,
  makeEntries,
  openSimulated,
  verifyJournal,
  worldOf,
  type JournalRecord,
  type WorldStore,
} from '../src/index.ts'

/** AOS_SEED, or the constant. */
export const SEED = Number(process.env['AOS_SEED'] ?? 1)

export const ENTRIES: readonly JournalRecord[] = makeEntries(undefined, 12, { payloadBytes: 300 })

export function makeMachine(seed: number): SimulatedMachine {
  const machine = new SimulatedMachine(seed)
  machine.makeOldFolder('/worlds')
  return machine
}

/** The value of a body that must neither crash nor hang; throws what it throws. */
export async function runOn<T>(machine: SimulatedMachine, body: () => Promise<T>): Promise<T> {
  const outcome = await machine.run(body)
  if (outcome.kind === 'done') return outcome.value
  if (outcome.kind === 'failed') throw outcome.error
  throw new Error(`it ended ${outcome.kind}`)
}

export function openOn(machine: SimulatedMachine): Promise<WorldStore> {
  return runOn(machine, () => openSimulated(machine.ports(), { readOnly: false, segmentBytes: 16_384 }))
}

/** Appends the entry of the next height, alone. */
export async function appendNext(machine: SimulatedMachine, store: WorldStore): Promise<void> {
  const height = (store.journal.head?.height ?? -1) + 1
  const result = await runOn(machine, () =>
    store.journal.appendIf({
      world: worldOf(ENTRIES),
      epoch: store.journal.epoch,
      expected: height === 0 ? undefined : headOf(ENTRIES.slice(0, height)),
      entries: ENTRIES.slice(height, height + 1),
    }),
  )
  if (result.kind !== 'appended') throw new Error(result.kind)
}

export function closeOn(machine: SimulatedMachine, store: WorldStore): Promise<void> {
  return runOn(machine, () => store.close())
}

/** Opens after a crash, checks the bytes of every entry, closes; the height of the head. */
export async function standingHeight(machine: SimulatedMachine): Promise<number> {
  const store = await openOn(machine)
  const height = store.journal.head?.height ?? -1
  const verdict = verifyJournal(SIMULATED_WORLD, machine.inspect())
  if (!verdict.ok || verdict.entries !== height + 1) throw new Error(JSON.stringify(verdict))
  await closeOn(machine, store)
  return height
}
