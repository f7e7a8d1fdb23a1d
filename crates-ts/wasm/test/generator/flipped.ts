/** Generated modules with bytes changed: refused with a code, or run by the same rules as any other. */
import { isAosError } from '@aos/cbor'
import {
  callGuest,
  compileGuest,
  makeGuest,
  rewriteModule,
  WASM_ERRORS,
  type RewrittenModule,
} from '../../src/index.ts'
import { Disagreement, ENVELOPES } from './checks.ts'
import { randomWords } from './choices.ts'

const FUEL_LIMIT = 20_000

/** One to three bytes changed, the same for the same seed. */
export function flipBytes(bytes: Uint8Array, seed: number): Uint8Array {
  const word = randomWords(seed)
  const changed = bytes.slice()
  for (let count = 1 + (word() % 3); count > 0; count -= 1) changed[8 + (word() % (bytes.length - 8))] = word() & 255
  return changed
}

/** True when the changed module was admitted; then its pooled and fresh calls have agreed. */
export function checkFlipped(bytes: Uint8Array): boolean {
  const rewritten = admit(bytes)
  if (rewritten === undefined) return false
  const compiled = compileGuest(rewritten)
  const pooled = makeGuest(rewritten, compiled)
  const entry = rewritten.step === undefined ? 'run' : 'step'
  const [first = new Uint8Array(0), second = first] = ENVELOPES
  const text = (guest: typeof pooled, input: Uint8Array): string => {
    const { outcome, fuel, output } = callGuest(guest, { entry, input, fuelLimit: FUEL_LIMIT })
    return `${outcome} ${fuel} ${Buffer.from(output).toString('hex')}`
  }
  const expected = text(makeGuest(rewritten, compiled), second)
  for (const input of [second, first, second]) {
    const found = text(pooled, input)
    if (input === second && found !== expected) {
      throw new Disagreement('flipped', `expected ${expected.slice(0, 200)}; found ${found.slice(0, 200)}`)
    }
  }
  return true
}

function admit(bytes: Uint8Array): RewrittenModule | undefined {
  try {
    return rewriteModule(bytes)
  } catch (error) {
    if (!isAosError(error) || !Object.hasOwn(WASM_ERRORS, error.code) || error.code === 'wasm.rewriter_defect') {
      throw new Disagreement('flipped', `refused with ${String(error)}`)
    }
    return undefined
  }
}
