/** Rot: one flipped bit is refused with a height, or everything reads back as it was (spec/07-journal.md, "Conformance of a driver"). */
import { basename } from 'node:path'
import { isAosError } from '@aos/cbor'
import { verifyJournal } from '../../verify.ts'
import type { WorldStore } from '../../world-store.ts'
import type { SimulatedMachine } from '../machine/machine.ts'
import { BrokenPromise, must, type ExpectedWorld } from './expected-world.ts'
import { SIMULATED_WORLD } from './open-simulated.ts'

const REFUSALS: Readonly<Record<string, string>> = {
  'store.corrupt': 'first_bad_height',
  'journal.missing': 'first_missing',
}

/** Both kinds sort by their first height. */
const SEGMENT = /\.(seg|hdr)$/

/** How a damaged world was found to be. */
export type RotVerdict = 'refused at opening' | 'refused at reading' | 'repaired'

/** Flips one bit of some file of a closed world whose last entry is acknowledged. */
export async function checkRotten(
  machine: SimulatedMachine,
  world: ExpectedWorld,
  open: () => Promise<WorldStore>,
): Promise<void> {
  const path = machine.random.pick(machine.files())
  const size = machine.inspect().open(path, 'read').size()
  if (size === 0) return
  await checkFlip(machine, world, { path, bit: machine.random.below(8 * size), open })
}

/** One flipped bit, and how the world is opened then. */
export interface Flip {
  readonly path: string
  readonly bit: number
  readonly open: () => Promise<WorldStore>
}

/** Flips the bit, verifies, opens, and reads everything. Throws BrokenPromise when anything is silently different. */
export async function checkFlip(machine: SimulatedMachine, world: ExpectedWorld, flip: Flip): Promise<RotVerdict> {
  const { path, bit, open } = flip
  machine.flip(path, bit)
  const where = `bit ${bit} of ${path}`
  if (SEGMENT.test(path)) mustBeFound(machine, path, where)
  const opened = await machine.run(open)
  if (opened.kind === 'failed') {
    mustBeRefusal(opened.error, where)
    return 'refused at opening'
  }
  if (opened.kind !== 'done') throw new BrokenPromise(`opening with ${where} ends ${opened.kind}`)
  const store = opened.value
  const read = await machine.run(async () => {
    world.checkStanding(store)
  })
  if (read.kind === 'failed') mustBeRefusal(read.error, where)
  await machine.run(() => store.close())
  return read.kind === 'failed' ? 'refused at reading' : 'repaired'
}

/** Verification names a height of the segment, or the one after its last. */
function mustBeFound(machine: SimulatedMachine, path: string, where: string): void {
  const { ok, firstDifference } = verifyJournal(SIMULATED_WORLD, machine.inspect())
  must(!ok && firstDifference !== undefined, `verification does not find ${where}`)
  const first = Number.parseInt(basename(path), 10)
  const others = machine.files().filter((other) => SEGMENT.test(other) && other > path)
  const next = others[0] === undefined ? Infinity : Number.parseInt(basename(others[0]), 10)
  const height = firstDifference?.height ?? -1
  must(height >= first && height <= next, `verification names height ${height} for ${where}`)
}

/** A refusal names the height; one of content names the hash. */
function mustBeRefusal(error: unknown, where: string): void {
  if (error instanceof BrokenPromise) throw new BrokenPromise(`${error.message}, silently, with ${where}`)
  if (!isAosError(error)) throw error
  if (error.code === 'store.corrupt_blob') return
  const key = REFUSALS[error.code]
  const height = key === undefined ? undefined : error.details?.[key]
  must(typeof height === 'number', `${where} is refused without a height: ${error.code}: ${error.message}`)
}
