/** What must hold for a generated module (spec/05-determinism.md, "Proof"). */
import { isAosError } from '@aos/cbor'
import {
  callGuest,
  callOriginal,
  compileGuest,
  makeGuest,
  makeOriginal,
  rewriteModule,
  WASM_LIMITS,
} from '../../src/index.ts'
import type { Guest, OriginalModule, RewrittenModule } from '../../src/index.ts'
import { wasmEngine, type CompiledModule } from '../../src/web-assembly.ts'
import { callReference, type ReferenceResult } from './reference-call.ts'
import type { EntryName } from './plan.ts'
import type { Sample } from './sample.ts'

/** A promise that was broken, by its name. */
export class Disagreement extends Error {
  readonly rule: string

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`)
    this.rule = rule
  }
}

export type Outcome = 'ok' | 'out_of_fuel' | 'stack_overflow' | 'trap' | 'bad_output'

export interface Checked {
  /** Outcomes of the calls with the usual limit, one for every envelope. */
  readonly outcomes: readonly Outcome[]
  /** Outcome, fuel and output of these calls as text: the same everywhere. */
  readonly results: readonly string[]
  /** Calls whose output was compared with the original bytes. */
  readonly originals: number
}

export const FUEL_LIMIT = 100_000
const PAGE = 65_536

/** Empty, short, longer, and one that passes the border of a chunk. */
export const ENVELOPES: readonly Uint8Array[] = [0, 3, 40, 1500].map((length) =>
  Uint8Array.from({ length }, (_, at) => (at * 151 + length) & 255),
)

interface Call {
  readonly entry: EntryName
  readonly input: Uint8Array
}

interface Seen {
  readonly outcome: Outcome
  readonly fuel: number
  readonly output: Uint8Array
}

/** What makes the module that runs of the module that is given. */
export type Rewrite = (bytes: Uint8Array) => RewrittenModule

/** Everything about one module. Throws Disagreement. `rewrite` is a parameter so that tests can plant defects. */
export function checkSample(sample: Sample, rewrite: Rewrite = rewriteModule): Checked {
  const rewritten = admit(sample.bytes, rewrite)
  const compiled = compileGuest(rewritten)
  const pooled = makeGuest(rewritten, compiled)
  const reference = compileReference(sample.reference)
  const original = makeOriginal(sample.bytes, rewritten)
  const calls = ENVELOPES.map((input, at) => ({ entry: sample.entries[at % sample.entries.length] ?? 'step', input }))
  let originals = 0
  const first = calls.map((call) => {
    const seen = run(pooled, call, FUEL_LIMIT)
    compareStack(pooled, call, seen)
    compareFresh(pooled, makeGuest(rewritten, compiled), call, seen)
    const spent = compareReference(sample, pooled, reference, call, seen)
    if (seen.outcome === 'ok' && compareOriginal(sample, original, call, seen)) originals += 1
    return { call, seen, spent }
  })
  for (const { call, seen, spent } of first.toReversed()) {
    compareLimits(pooled, call, seen, spent)
    // What was left by calls with other inputs and limits, that ended in any way, must not be seen.
    expectSame('pool', seen, run(pooled, call, FUEL_LIMIT), call)
  }
  compareReset(pooled, makeGuest(rewritten, compiled))
  const results = first.map(({ seen }) => describe(seen))
  return { outcomes: first.map(({ seen }) => seen.outcome), results, originals }
}

function admit(bytes: Uint8Array, rewrite: Rewrite): RewrittenModule {
  try {
    return rewrite(bytes)
  } catch (error) {
    if (!isAosError(error)) throw error
    throw new Disagreement('admitted', `the module is refused: ${error.code}, ${error.message}`)
  }
}

function compileReference(bytes: Uint8Array): CompiledModule {
  try {
    return wasmEngine.compile(bytes)
  } catch (error) {
    throw new Disagreement('admitted', `the reference does not compile: ${String(error)}`)
  }
}

/** A call that returned has given back every frame. */
function compareStack(pooled: Guest, call: Call, { outcome }: Seen): void {
  const left = pooled.exports.__stack()
  if (outcome !== 'ok' || left === WASM_LIMITS.stackBytes) return
  differs('stack', call, `${WASM_LIMITS.stackBytes} bytes of stack`, `${left}`)
}

function run(guest: Guest, { entry, input }: Call, fuelLimit: number): Seen {
  const { outcome, fuel, output } = callGuest(guest, { entry, input, fuelLimit })
  return { outcome, fuel, output: output.slice() }
}

function describe({ outcome, fuel, output }: Omit<Seen, 'outcome'> & { readonly outcome: string }): string {
  return `${outcome}, ${fuel} fuel, ${Buffer.from(output).toString('hex').slice(0, 64)}`
}

function differs(rule: string, call: Call, expected: string, found: string): never {
  throw new Disagreement(rule, `${call.entry} with ${call.input.length} bytes: expected ${expected}; found ${found}`)
}

function expectSame(rule: string, expected: Seen, found: Seen, call: Call): void {
  const same =
    expected.outcome === found.outcome &&
    expected.fuel === found.fuel &&
    Buffer.compare(expected.output, found.output) === 0
  if (!same) differs(rule, call, describe(expected), describe(found))
}

/** The start of the memory and its end; all of it when it is small. */
function expectSameMemory(rule: string, call: string, expected: Uint8Array, found: Uint8Array): void {
  const head = Math.min(found.length, 8 * PAGE)
  for (const [from, to] of [
    [0, head],
    [Math.max(head, found.length - PAGE), found.length],
  ] as const) {
    if (Buffer.compare(expected.subarray(from, to), found.subarray(from, to)) === 0) continue
    let at = from
    while (expected[at] === found[at]) at += 1
    throw new Disagreement(
      rule,
      `${call}: memory differs at ${at}: expected ${expected[at] ?? '-'}, found ${found[at] ?? '-'}`,
    )
  }
}

/** First oracle: a new instance of the same rewritten bytes. Whatever ended the call, memory is equal too. */
function compareFresh(pooled: Guest, fresh: Guest, call: Call, seen: Seen): void {
  expectSame('fresh', run(fresh, call, FUEL_LIMIT), seen, call)
  expectSameMemory('fresh', call.entry, fresh.memory, pooled.memory)
}

/** Second oracle, where nothing but the bits of NaN and growth may differ: the bytes as they were given. */
function compareOriginal(sample: Sample, original: OriginalModule, call: Call, seen: Seen): boolean {
  if (sample.floats === 'seen' || sample.unbounded) return false
  const output = callOriginal(original, call)
  if (output === undefined && sample.gap) return false
  if (output === undefined || Buffer.compare(output, seen.output) !== 0) {
    differs('original', call, output === undefined ? 'a trap' : Buffer.from(output).toString('hex'), describe(seen))
  }
  return true
}

/**
 * Third oracle: the program that counts itself. It gives outcome, output, memory and the exact fuel of calls that return;
 * returns that fuel.
 */
function compareReference(
  sample: Sample,
  pooled: Guest,
  reference: CompiledModule,
  call: Call,
  seen: Seen,
): number | undefined {
  const convention = pooled.rewritten[call.entry] ?? 'multi_value'
  const found = callReference(reference, { ...call, convention, limit: 2 * FUEL_LIMIT })
  const returned = found.outcome === 'ok' || found.outcome === 'bad_output'
  const allowed = allowedOutcomes(sample, found)
  if (!allowed.includes(seen.outcome)) {
    differs('reference', call, `${allowed.join(' or ')} (${describe({ ...found, fuel: found.spent })})`, describe(seen))
  }
  if (seen.outcome === 'ok') {
    expectSame('reference', { outcome: 'ok', fuel: found.spent, output: found.output }, seen, call)
  }
  if (seen.outcome === 'ok' || seen.outcome === 'bad_output' || seen.outcome === 'trap') {
    expectSameMemory('reference', call.entry, found.memory, pooled.memory)
  }
  return returned && seen.outcome !== 'stack_overflow' ? found.spent : undefined
}

/** How the call may end, given how the reference did. */
function allowedOutcomes(sample: Sample, found: ReferenceResult): readonly Outcome[] {
  const { outcome, spent, deepest } = found
  const deep: readonly Outcome[] = (deepest + 1) * sample.chargeMax > WASM_LIMITS.stackBytes ? ['stack_overflow'] : []
  if (outcome === 'unfinished') return ['out_of_fuel', ...deep]
  // Charged ahead by the segment, a call that traps may have run out before; one that returns paid exactly.
  if (outcome === 'trap') return ['trap', 'out_of_fuel', ...deep]
  return [spent <= FUEL_LIMIT ? outcome : 'out_of_fuel', ...deep]
}

/** With less fuel a call ends for fuel or as before, and never changes its mind. */
function compareLimits(pooled: Guest, call: Call, seen: Seen, spent: number | undefined): void {
  if (seen.outcome === 'ok' && spent !== undefined) {
    expectSame('limits', seen, run(pooled, call, spent), call)
    for (const limit of [spent - 1, spent >> 1, (spent * 7) >> 4, 0]) expectOutOfFuel(pooled, call, limit)
    return
  }
  if (spent !== undefined && spent <= FUEL_LIMIT) {
    const exact = run(pooled, call, spent)
    if (exact.outcome !== seen.outcome) differs('limits', call, describe(seen), describe(exact))
    expectOutOfFuel(pooled, call, spent - 1)
    return
  }
  let ended = seen.outcome === 'out_of_fuel'
  for (const limit of [FUEL_LIMIT >> 1, FUEL_LIMIT >> 3, FUEL_LIMIT >> 6, 50, 0]) {
    const found = run(pooled, call, limit)
    const allowed = found.outcome === 'out_of_fuel' || (!ended && found.outcome === seen.outcome)
    if (!allowed || found.fuel !== limit) differs('limits', call, describe(seen), `${describe(found)} with ${limit}`)
    ended = found.outcome === 'out_of_fuel'
  }
}

function expectOutOfFuel(pooled: Guest, call: Call, limit: number): void {
  if (limit < 0) return
  const found = run(pooled, call, limit)
  const expected = { outcome: 'out_of_fuel', fuel: limit, output: new Uint8Array(0) } as const
  expectSame('limits', expected, found, call)
}

/** After a reset a guest that was used is as one that was not; the start function runs in both. */
function compareReset(pooled: Guest, fresh: Guest): void {
  for (const { exports } of [pooled, fresh]) {
    try {
      exports.__reset(FUEL_LIMIT, WASM_LIMITS.stackBytes)
    } catch (error) {
      if (!wasmEngine.isTrap(error)) throw error
    }
  }
  expectSameMemory('reset', 'reset', fresh.memory, pooled.memory)
}
