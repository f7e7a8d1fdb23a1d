/** What tests run modules with: the pool's path, the oracles, a hash. */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { hashText, toHex, type Sha256Port } from '@aos/cbor'
import type { CallResult } from '@aos/kernel'
import { expect } from 'vitest'
import {
  callFresh,
  callOriginal,
  canMakeNan,
  createModuleRuntime,
  makeFresh,
  makeOriginal,
  PAGE_BYTES,
} from '../src/index.ts'
import type { OriginalModule } from '../src/index.ts'

export const SHA256: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}

const FIXTURES = new URL('./fixtures/', import.meta.url)

/** Names of the fixtures that stand in test/fixtures as text. */
export const FIXTURE_NAMES: readonly string[] = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.wat'))
  .map((file) => file.slice(0, -4))
  .toSorted()

export function fixtureText(name: string): string {
  return readFileSync(new URL(`${name}.wat`, FIXTURES), 'utf8')
}

export const FUEL = 5_000_000

export interface PooledGuest {
  /**
   * One pooled call that must agree with a fresh instance in outcome, fuel and output, and, when it ends `ok` and the module
   * has no instruction that can make a NaN, with the original bytes in output; the output is a copy.
   */
  call(input: Uint8Array, fuelLimit?: number): CallResult
  /** The same; it must end `ok`, and the original bytes must give the same output, floats or not. */
  callExact(input: Uint8Array, fuelLimit?: number): CallResult
}

/** `original: false` for programs that may differ from the original although they end `ok`: those that grow without end. */
export function loadPooled(
  bytes: Uint8Array,
  entry: 'step' | 'run' = 'step',
  options: { readonly original: boolean } = { original: true },
): PooledGuest {
  const loaded = createModuleRuntime({ sha256: SHA256 }).load({ wasmHash: hashText(SHA256, bytes), bytes, entry })
  const fresh = makeFresh(bytes)
  const original = !options.original || canMakeNan(bytes) ? undefined : makeOriginal(bytes, fresh.rewritten)
  const expectOriginal = (module: Uint8Array | OriginalModule, input: Uint8Array, expected: Uint8Array): void => {
    const output = callOriginal(module, { entry, input })
    expect(output === undefined ? undefined : toHex(output)).toBe(toHex(expected))
  }
  const call = (input: Uint8Array, fuelLimit: number = FUEL): CallResult => {
    const pooled = loaded.call(input, fuelLimit)
    const copy = { ...pooled, output: pooled.output.slice() }
    const oracle = callFresh(fresh, { entry, input, fuelLimit })
    expect({ ...copy, output: toHex(copy.output) }).toEqual({ ...oracle, output: toHex(oracle.output) })
    // A long input may lie where the original has no memory yet (spec/05-determinism.md, "Memory").
    const comparable = copy.outcome === 'ok' && input.length < PAGE_BYTES
    if (original !== undefined && comparable) expectOriginal(original, input, copy.output)
    return copy
  }
  return {
    call,
    callExact(input, fuelLimit = FUEL) {
      const result = call(input, fuelLimit)
      expect(result.outcome).toBe('ok')
      expectOriginal(bytes, input, result.output)
      return result
    },
  }
}

/** Numbers from a seed (xorshift), so that a failure can be repeated. */
export function makeRandom(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** AOS_SEED, or the constant. */
export const SEED = Number(process.env['AOS_SEED'] ?? 20_261)
