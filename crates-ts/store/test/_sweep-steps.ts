/** A sweep that ends at any step, by loss of power, by the end of the process, or by a fault. */
import { equalBytes, formatHash, sha256, type Hash } from '@aos/cbor'
import { expect } from 'vitest'
import {
  SIMULATED_WORLD,
  nodeSha256,
  openWorldStore,
  verifyContent,
  type CrashKind,
  type SimulatedMachine,
  type SweepReport,
  type WorldStore,
} from '../src/index.ts'
import { closeOn, makeMachine, runOn } from './_simulated.ts'

const PACK_BYTES = 3_000

function hashOf(value: Uint8Array): Hash {
  return formatHash(sha256(nodeSha256, value))
}

function valueOf(mark: number, length = 150): Uint8Array {
  return new Uint8Array(length).map((_, index) => (mark * 31 + index) % 251)
}

/** Marks of the values: every fourth one is live; the long ones are files. */
const LONG = 262_200
const VALUES = Array.from({ length: 40 }, (_, mark) => valueOf(mark, mark >= 37 ? LONG : 100 + mark))
const LIVE = VALUES.filter((_, mark) => mark % 4 === 0 || mark === 38)
const DEAD = VALUES.filter((value) => !LIVE.includes(value))
const LIVE_HASHES: ReadonlySet<string> = new Set(LIVE.map(hashOf))

function open(machine: SimulatedMachine): Promise<WorldStore> {
  return runOn(machine, () => openWorldStore(SIMULATED_WORLD, { ...machine.ports(), packBytes: PACK_BYTES }))
}

/** Several packs, some values twice, everything closed. */
async function makeWorld(): Promise<SimulatedMachine> {
  const machine = makeMachine(1)
  for (const from of [0, 20]) {
    const store = await open(machine)
    for (let at = from; at < from + 20; at += 5) await runOn(machine, () => store.content.put(VALUES.slice(at, at + 5)))
    const again = VALUES.slice(from, from + 2).map((bytes) => ({ hash: sha256(nodeSha256, bytes), bytes }))
    await runOn(machine, () => store.content.putHashed(again))
    await closeOn(machine, store)
  }
  return machine
}

function sweep(store: WorldStore): Promise<SweepReport> {
  return store.content.sweep({ isLive: (hash) => LIVE_HASHES.has(formatHash(hash)), deadShareMin: 0.2 })
}

function expectStored(store: WorldStore, values: readonly Uint8Array[], where: string): void {
  const lost = values.filter((value) => {
    const found = store.content.get(hashOf(value))
    return found === undefined || !equalBytes(found, value)
  })
  expect(lost.length, where).toBe(0)
}

async function expectIntact(machine: SimulatedMachine, where: string): Promise<void> {
  const { problems } = await runOn(machine, () => verifyContent(SIMULATED_WORLD, machine.ports()))
  expect(problems, where).toEqual([])
}

/** What has been stored while the sweep went on, and was answered. */
interface Meanwhile {
  readonly stored: Uint8Array[]
}

/** Sweeps, and stores a dead value, a live one and a new one at the same time. */
async function sweepAndStore(store: WorldStore, { stored }: Meanwhile): Promise<void> {
  const putting = (async () => {
    for (let round = 0; round < 4; round += 1) {
      const values = [DEAD[round * 5] ?? VALUES[0], LIVE[round], valueOf(1_000 + round)].filter(
        (value) => value !== undefined,
      )
      if (round === 2) values.push(...DEAD.slice(-1))
      // A miss makes the store search for what it may have forgotten.
      expect(store.content.has(hashOf(valueOf(2_000 + round)))).toBe(false)
      await store.content.put(values)
      stored.push(...values)
    }
  })()
  const ended = await Promise.allSettled([sweep(store), putting])
  for (const end of ended) if (end.status === 'rejected') throw end.reason
}

/** Opens after a crash: nothing that must be there is lost, nothing is damaged; a sweep comes to its end; the power fails again. */
async function recover(machine: SimulatedMachine, must: readonly Uint8Array[], where: string): Promise<void> {
  const store = await open(machine)
  expectStored(store, must, where)
  await closeOn(machine, store)
  await expectIntact(machine, where)
  const second = await open(machine)
  const report = await runOn(machine, () => sweep(second))
  expect(report.live, where).toBe(LIVE.length)
  expectStored(second, LIVE, where)
  machine.crash('power')
  const third = await open(machine)
  expectStored(third, LIVE, where)
  await closeOn(machine, third)
  await expectIntact(machine, where)
  expect(
    machine.files().filter((path) => path.endsWith('.gone')),
    where,
  ).toEqual([])
}

/** A sweep that comes to its end, with others storing meanwhile. */
export async function sweepWhole(): Promise<void> {
  const machine = await makeWorld()
  const before = machine.files().filter((path) => path.endsWith('.pack')).length
  expect(before).toBeGreaterThan(3)
  const store = await open(machine)
  const meanwhile: Meanwhile = { stored: [] }
  await runOn(machine, () => sweepAndStore(store, meanwhile))
  expect(meanwhile.stored.length).toBe(13)
  expectStored(store, [...LIVE, ...meanwhile.stored], 'at once')
  const kept = new Set([...LIVE, ...meanwhile.stored].map(hashOf))
  const gone = DEAD.filter((value) => !kept.has(hashOf(value)))
  expect(gone.filter((value) => store.content.get(hashOf(value)) !== undefined)).toEqual([])
  expect((await runOn(machine, () => store.content.stat())).count).toBe(kept.size)
  await closeOn(machine, store)
  await expectIntact(machine, 'closed')
}

/** Stops a sweep at every so many steps; how many there are. Throws when anything is lost. */
export async function stopSweeps(kind: CrashKind, stride: number): Promise<number> {
  const world = await makeWorld()
  let steps = 1
  for (let isDone = false; !isDone; steps += stride) {
    const machine = world.fork(steps)
    const meanwhile: Meanwhile = { stored: [] }
    isDone = await stopAt(machine, { steps, kind, meanwhile })
    await recover(machine, [...LIVE, ...meanwhile.stored], `step ${steps}, ${kind}`)
  }
  return steps
}

/** Lets each sync of a sweep fail; the codes that came of it. */
export async function failSweeps(): Promise<readonly string[]> {
  const world = await makeWorld()
  const codes = new Set<string>()
  for (let syncIn = 1; syncIn < 45; syncIn += 1) {
    const machine = world.fork(syncIn)
    const store = await open(machine)
    const meanwhile: Meanwhile = { stored: [] }
    machine.faults.syncIn = syncIn
    const outcome = await machine.run(() => sweepAndStore(store, meanwhile))
    if (outcome.kind === 'failed') codes.add(String((outcome.error as { readonly code?: unknown }).code))
    machine.faults.clear()
    await closeOn(machine, store)
    expect(machine.openFiles.size).toBe(0)
    machine.crash('power')
    await recover(machine, [...LIVE, ...meanwhile.stored], `sync ${syncIn}`)
  }
  return [...codes]
}

/** Crashes so many steps into the sweep; true when it came to its end before. */
async function stopAt(
  machine: SimulatedMachine,
  plan: { readonly steps: number; readonly kind: CrashKind; readonly meanwhile: Meanwhile },
): Promise<boolean> {
  const store = await open(machine)
  machine.crashIn(plan.steps, { kind: plan.kind, counts: /./ })
  const outcome = await machine.run(() => sweepAndStore(store, plan.meanwhile))
  machine.crashNever()
  if (outcome.kind === 'failed') throw outcome.error
  if (outcome.kind === 'done') machine.crash(plan.kind)
  return outcome.kind === 'done'
}
