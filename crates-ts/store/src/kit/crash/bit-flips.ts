/**
 * Every single bit of a small world's files, flipped one at a time: refused with a height, or repaired, never silently
 * different (spec/07-journal.md, "Conformance of a driver").
 */
import { basename, dirname } from 'node:path'
import type { JournalHead } from '../../port.ts'
import { isKeptKind } from '../compaction-suite.ts'
import { headOf, makeEntries, worldOf } from '../entries.ts'
import { SimulatedMachine } from '../machine/machine.ts'
import { BrokenPromise, ExpectedWorld } from './expected-world.ts'
import { SIMULATED_WORLD, openSimulated, type OpenSimulated } from './open-simulated.ts'
import { checkFlip, type RotVerdict } from './rot.ts'

const SEGMENT_BYTES = 16_384
const PAGE_BITS = 8 * 4096
const GROUPS = 6
/** One bit of each byte is flipped back after a refusal. */
const UNDONE_EVERY = 8

/** A range of bits of one file. */
export interface FlipTarget {
  readonly what: string
  readonly path: string
  /** The first bit. */
  readonly from: number
  /** The bit behind the last one. */
  readonly to: number
}

/** A closed world with two sealed segments and a last one of two groups, all acknowledged. */
export interface FlipWorld {
  readonly targets: readonly FlipTarget[]
  /** Flips one bit of a copy of the world. Throws when anything is silently different. */
  flip(target: FlipTarget, bit: number): Promise<RotVerdict>
}

/** What of the journal is compacted before any bit is flipped. */
export interface FlipWorldOptions {
  readonly open?: OpenSimulated
  /** The first two segments are cut to their headers, each by a compaction of its own. */
  readonly isCompacted?: boolean
}

/** Appends six groups on a simulated machine and closes: three segments of 16 KiB, the last one with two groups. */
export async function makeFlipWorld({
  open = openSimulated,
  isCompacted = false,
}: FlipWorldOptions = {}): Promise<FlipWorld> {
  const machine = new SimulatedMachine(1)
  machine.makeOldFolder(dirname(SIMULATED_WORLD))
  const world = new ExpectedWorld()
  const filled = await machine.run(() => fill(machine, world, { open, isCompacted }))
  if (filled.kind === 'failed') throw filled.error
  if (filled.kind !== 'done') throw new BrokenPromise(`making the world ends ${filled.kind}`)
  return {
    targets: isCompacted ? headersTargets(machine) : targetsOf(machine),
    async flip({ path }, bit) {
      const copy = machine.fork(bit)
      const reopen = (): ReturnType<OpenSimulated> =>
        open(copy.ports(), { readOnly: false, segmentBytes: SEGMENT_BYTES })
      const verdict = await checkFlip(copy, world, { path, bit, open: reopen })
      if (verdict === 'refused at opening' && bit % UNDONE_EVERY === 0)
        await checkUndone(copy, world, { path, bit, open: reopen })
      return verdict
    },
  }
}

async function fill(
  machine: SimulatedMachine,
  world: ExpectedWorld,
  { open, isCompacted }: Required<FlipWorldOptions>,
): Promise<void> {
  const store = await open(machine.ports(), { readOnly: false, segmentBytes: SEGMENT_BYTES })
  let expected: JournalHead | undefined
  for (let count = 0; count < GROUPS; count += 1) {
    const entries = makeEntries(expected, 2, { payloadBytes: 400 })
    world.entries.push(...entries)
    const { journal } = store
    await journal.appendIf({ world: worldOf(world.entries), epoch: journal.epoch, expected, entries })
    expected = headOf(entries)
    journal.acknowledge(expected)
  }
  for (const before of isCompacted ? [4, 8] : []) {
    await store.compact({ before, keep: isKeptKind })
    world.firstWhole = before
  }
  await store.close()
}

function targetsOf(machine: SimulatedMachine): readonly FlipTarget[] {
  const segments = machine.files().filter((path) => path.endsWith('.seg'))
  const [first, sealed, last] = segments
  if (segments.length !== 3 || first === undefined || sealed === undefined || last === undefined) {
    throw new BrokenPromise(`the world has segments ${segments.map((path) => basename(path)).join(', ')}`)
  }
  const journal = dirname(last)
  return [
    { what: 'the last two groups', path: last, from: PAGE_BITS, to: 3 * PAGE_BITS },
    { what: 'the zeros behind them', path: last, from: 3 * PAGE_BITS, to: 4 * PAGE_BITS },
    { what: 'the header of the last segment', path: last, from: 0, to: PAGE_BITS },
    { what: 'the header of a sealed segment', path: sealed, from: 0, to: PAGE_BITS },
    { what: 'the body of a sealed segment', path: sealed, from: PAGE_BITS, to: 3 * PAGE_BITS },
    { what: 'the footer of a sealed segment', path: sealed, from: 3 * PAGE_BITS, to: 4 * PAGE_BITS },
    { what: 'the first segment', path: first, from: 0, to: 4 * PAGE_BITS },
    { what: 'the head', path: `${journal}/head`, from: 0, to: 8 * 1024 },
    { what: 'the fence', path: `${journal}/fence`, from: 0, to: 8 * 1536 },
  ]
}

function headersTargets(machine: SimulatedMachine): readonly FlipTarget[] {
  const [first, second, ...others] = machine.files().filter((path) => path.endsWith('.hdr'))
  if (first === undefined || second === undefined || others.length > 0) {
    throw new BrokenPromise('the world has not two segments of headers')
  }
  return [
    { what: 'the header of a segment of headers', path: first, from: 0, to: PAGE_BITS },
    { what: 'the body of a segment of headers', path: first, from: PAGE_BITS, to: 2 * PAGE_BITS },
    { what: 'the footer before another one', path: first, from: 2 * PAGE_BITS, to: 3 * PAGE_BITS },
    { what: 'the footer before the last segment', path: second, from: 2 * PAGE_BITS, to: 3 * PAGE_BITS },
  ]
}

/** A refusal has changed nothing: with the bit flipped back everything stands. */
async function checkUndone(
  machine: SimulatedMachine,
  world: ExpectedWorld,
  flip: { readonly path: string; readonly bit: number; readonly open: () => ReturnType<OpenSimulated> },
): Promise<void> {
  machine.flip(flip.path, flip.bit)
  const healed = await machine.run(async () => {
    const store = await flip.open()
    world.checkStanding(store)
    await store.close()
  })
  if (healed.kind === 'failed') throw healed.error
  if (healed.kind !== 'done') throw new BrokenPromise(`opening with bit ${flip.bit} flipped back ends ${healed.kind}`)
}
