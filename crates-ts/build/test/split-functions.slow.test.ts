import { BUILTIN_WASM, readBuiltinWasm } from '@aos/air'
import { callGuest, compileGuest, inspectModule, makeGuest, rewriteModule } from '@aos/wasm'
import type { Entry } from '@aos/wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { takeApart, writeParts } from '../src/quickjs/module-parts.ts'
import { splitFunctions } from '../src/quickjs/split-functions.ts'
import type { SplitOptions } from '../src/quickjs/split-functions.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 19)

/** Real modules of another compiler. */
const MODULES = [...BUILTIN_WASM.values()].map(({ wasmHash }) => {
  const bytes = readBuiltinWasm(wasmHash)
  if (bytes === undefined) throw new Error('a built-in module without bytes')
  return bytes
})

function split(bytes: Uint8Array, options: SplitOptions): Uint8Array {
  const parts = takeApart(bytes, () => new Uint8Array())
  splitFunctions(parts, options)
  const { module } = parts
  const exports = module.exports.flatMap(({ name, kind, index }) =>
    kind === 'func' ? [{ name, functionIndex: index }] : [],
  )
  const { min = 0, max = 256 } = module.memory ?? {}
  return writeParts(parts, { exports, memoryPages: min, memoryPagesMax: max, data: module.data, names: [] })
}

function makeCaller(bytes: Uint8Array): (input: Uint8Array) => string {
  const rewritten = rewriteModule(bytes)
  const guest = makeGuest(rewritten, compileGuest(rewritten))
  const entry: Entry = rewritten.step === undefined ? 'run' : 'step'
  return (input) => {
    const { outcome, output } = callGuest(guest, { entry, input, fuelLimit: 50_000_000 })
    return `${outcome} ${Buffer.from(output).toString('hex')}`
  }
}

/** Envelopes that get far into a pure module, and others. */
const INPUTS: readonly Uint8Array[] = [
  'a0',
  'a26776657273696f6e0165696e70757443d9d9f7a0',
  'a26776657273696f6e0165696e70757444d9d9f7f6',
  'a26776657273696f6e0165696e7075745820d9d9f7a26163a0616183636162636364656666676869a1616a626b6c6161616263',
].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))

describe('splitting functions', () => {
  it('keeps what modules compute, however finely they are cut', () => {
    const sizes = fc.record({
      functionBytesMax: fc.integer({ min: 20, max: 400 }),
      regionMin: fc.integer({ min: 1, max: 12 }),
      regionMax: fc.integer({ min: 12, max: 120 }),
    })
    const originals = MODULES.map((bytes) => ({ bytes, call: makeCaller(bytes) }))
    const inputs = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 })
    fc.assert(
      fc.property(fc.nat({ max: originals.length - 1 }), sizes, inputs, (index, options, random) => {
        const original = originals[index]
        if (original === undefined) return
        const { bytes, call } = original
        const cut = split(bytes, options)
        expect(inspectModule(cut).issues).toEqual([])
        const callCut = makeCaller(cut)
        for (const input of [...INPUTS, ...random]) expect(callCut(input)).toBe(call(input))
      }),
      { seed: SEED, numRuns: 30 },
    )
  })

  it('cuts: there are more functions, and the largest is smaller', () => {
    const [bytes = new Uint8Array()] = MODULES
    const largest = (module: Uint8Array): number => {
      const { bodies } = takeApart(module, () => new Uint8Array())
      return Math.max(...bodies.map((body) => body.length))
    }
    const cut = split(bytes, { functionBytesMax: 200, regionMin: 4, regionMax: 40 })
    expect(largest(cut)).toBeLessThan(largest(bytes) / 2)
  })
})
