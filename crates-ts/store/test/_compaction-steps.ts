/** A compaction that ends at any step, by loss of power, by the end of the process, or by a fault. */
import { expect } from 'vitest'
import {
  SIMULATED_WORLD,
  type SimulatedMachine,
  headOf,
  makeEntries,
  openSimulated,
  verifyArchive,
  verifyJournal,
  worldOf,
  type CrashKind,
  type WorldStore,
} from '../src/index.ts'
import { compactedForm, isKeptKind } from '../src/kit/compaction-suite.ts'
import { closeOn, makeMachine, openOn, runOn } from './_simulated.ts'

const COUNT = 26
const KIND_ROOT = 14
const ENTRIES = makeEntries(undefined, COUNT, {
  payloadBytes: 300,
  kindAt: (height) => (height % 5 === 3 ? KIND_ROOT : undefined),
})
/** Segments of two groups of two entries: from 0, 4, 8, ... 24. */
const CUT = 8

/** A world that was compacted below 8, with segments from 8 on; closed. */
async function makeWorld(): Promise<SimulatedMachine> {
  const machine = makeMachine(1)
  const store = await openOn(machine)
  for (let height = 0; height < COUNT; height += 2) {
    const expected = height === 0 ? undefined : headOf(ENTRIES.slice(0, height))
    const entries = ENTRIES.slice(height, height + 2)
    const { epoch } = store.journal
    await runOn(machine, () => store.journal.appendIf({ world: worldOf(ENTRIES), epoch, expected, entries }))
  }
  store.journal.acknowledge(headOf(ENTRIES))
  await runOn(machine, () => compact(store, CUT))
  await closeOn(machine, store)
  return machine
}

function compact(store: WorldStore, before: number, archive?: string): ReturnType<WorldStore['compact']> {
  return store.compact({ before, keep: isKeptKind, ...(archive === undefined ? {} : { archive }) })
}

const ARCHIVE = '/worlds/archive.aosa'

/** What was cut is in the archive; a file of that name is whole. */
function checkArchive(machine: SimulatedMachine, firstWhole: number, where: string): void {
  const isThere = machine.files().includes(ARCHIVE)
  if (firstWhole > CUT) expect(isThere, where).toBe(true)
  if (!isThere) return
  const verdict = verifyArchive(ARCHIVE, { disk: machine.inspect(), world: SIMULATED_WORLD })
  expect(verdict, where).toMatchObject({ ok: true, first: CUT, last: 23, isOfWorld: true })
}

/** Everything is there, whole from `firstWhole` on, which is one of the two it may be. */
function check(store: WorldStore, machine: SimulatedMachine, where: string): number {
  const { firstWhole, head } = store.journal
  expect([CUT, 24], where).toContain(firstWhole)
  expect(head?.height, where).toBe(COUNT - 1)
  let height = 0
  for (const record of [...store.journal.readHeaders({ from: 0 })].flat()) {
    const entry = ENTRIES[height]?.bytes ?? new Uint8Array(0)
    const bytes = height < firstWhole ? compactedForm(entry) : entry
    if (Buffer.compare(record.bytes, bytes) !== 0) throw new Error(`${where}: height ${height} reads back otherwise`)
    height += 1
  }
  expect(height, where).toBe(COUNT)
  expect(verifyJournal(SIMULATED_WORLD, machine.inspect()), where).toMatchObject({
    ok: true,
    entries: COUNT,
    compactedBelow: firstWhole,
  })
  return firstWhole
}

/** Opens after a crash; checks; compacts to the end; the power fails once more. */
async function recover(machine: SimulatedMachine, where: string): Promise<number> {
  const store = await openOn(machine)
  const found = check(store, machine, where)
  checkArchive(machine, found, where)
  const left = machine.files().filter((path) => /\.tmp$|000[89]\.seg|001\d\.seg/.test(path))
  if (found === 24) expect(left, where).toEqual([])
  await runOn(machine, () => compact(store, COUNT))
  expect(check(store, machine, where), where).toBe(24)
  machine.crash('power')
  const again = await openOn(machine)
  expect(check(again, machine, where), where).toBe(24)
  await closeOn(machine, again)
  return found
}

/** Which steps are tried, and with how many seeds each. */
export interface StepPlan {
  readonly stride: number
  readonly seeds: number
}

/** Stops a compaction at steps of a world's; how many there are. Throws when anything is lost. */
export async function stopCompactions(kind: CrashKind, { stride, seeds }: StepPlan): Promise<number> {
  const world = await makeWorld()
  const found = new Set<number>()
  let steps = 1
  for (let isDone = false; !isDone; steps += stride) {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const machine = world.fork(seed)
      isDone = await stopAt(machine, { steps, kind })
      found.add(await recover(machine, `step ${steps}, ${kind}, seed ${seed}`))
    }
  }
  expect(found).toEqual(new Set([24, CUT]))
  return steps
}

/** Lets each sync of a compaction fail; the codes that came of it. */
export async function failCompactions(seeds: number): Promise<readonly string[]> {
  const world = await makeWorld()
  const codes = new Set<string>()
  for (let syncIn = 1; syncIn < 30; syncIn += 1) {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const machine = world.fork(seed)
      const store = await openOn(machine)
      machine.faults.syncIn = syncIn
      const outcome = await machine.run(() => compact(store, COUNT, ARCHIVE))
      if (outcome.kind === 'failed') codes.add(String((outcome.error as { readonly code?: unknown }).code))
      machine.faults.clear()
      await closeOn(machine, store)
      expect(machine.openFiles.size).toBe(0)
      machine.crash('power')
      await recover(machine, `sync ${syncIn}, seed ${seed}`)
    }
  }
  return [...codes]
}

/** Opens, and crashes so many steps into the compaction; true when it came to its end before. */
async function stopAt(
  machine: SimulatedMachine,
  plan: { readonly steps: number; readonly kind: CrashKind },
): Promise<boolean> {
  const store = await runOn(machine, () => openSimulated(machine.ports(), { readOnly: false, segmentBytes: 16_384 }))
  machine.crashIn(plan.steps, { kind: plan.kind, counts: /./ })
  const outcome = await machine.run(() => compact(store, COUNT, ARCHIVE))
  machine.crashNever()
  if (outcome.kind === 'failed') throw outcome.error
  if (outcome.kind === 'done') machine.crash(plan.kind)
  return outcome.kind === 'done'
}
