import { toHex } from '@aos/cbor'
import { beforeAll, describe, expect, it } from 'vitest'
import { inspectModule, rewriteModule } from '../src/index.ts'
import { fixtureText, FIXTURE_NAMES, FUEL, loadPooled, makeRandom, SEED } from './_guests.ts'
import { loadAssembler, type Assembler } from './_wat.ts'

let assembler: Assembler
beforeAll(async () => {
  assembler = await loadAssembler()
})

function assemble(name: string): Uint8Array {
  return assembler.assemble(name, fixtureText(name), { names: true })
}

function inputs(): readonly Uint8Array[] {
  const random = makeRandom(SEED)
  return [0, 1, 2, 3, 9, 255].map((first) =>
    Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? first : random(256))),
  )
}

describe('rewritten modules', () => {
  it.each(FIXTURE_NAMES)('%s: pool, fresh instance and the original agree', (name) => {
    const guest = loadPooled(assemble(name))
    for (const input of inputs()) guest.callExact(input)
    guest.callExact(new Uint8Array(16))
  })

  it.each(FIXTURE_NAMES)('%s: with any too small limit, and only then, fuel runs out', (name) => {
    const guest = loadPooled(assemble(name))
    const input = inputs()[1] ?? new Uint8Array(16)
    const { fuel } = guest.call(input)
    expect(guest.call(input, fuel)).toMatchObject({ outcome: 'ok', fuel })
    for (const limit of [fuel - 1, Math.floor(fuel / 2), 1, 0]) {
      expect(guest.call(input, limit)).toMatchObject({ outcome: 'out_of_fuel', fuel: limit })
    }
  })

  it('is a function of the bytes', () => {
    for (const name of FIXTURE_NAMES) {
      expect(toHex(rewriteModule(assemble(name)).bytes)).toBe(toHex(rewriteModule(assemble(name)).bytes))
    }
  })

  it('charges by the table: echo, counted by hand', () => {
    // alloc: 2 for p, 9 for the heap (get get add const add const and: 7, set: 1, the p in between 0), 1 for the result
    // step: two local.get
    const alloc =
      ['global.get', 'local.set'].length +
      ['local.get', 'local.get', 'i32.add', 'i32.const', 'i32.add', 'i32.const', 'i32.and', 'global.set'].length +
      ['local.get'].length
    const step = ['local.get', 'local.get'].length
    expect(loadPooled(assemble('echo')).call(new Uint8Array(16)).fuel).toBe(alloc + step)
  })

  it('charges len / 8 for bulk operations', () => {
    const guest = loadPooled(assemble('bulk'))
    const fuelFor = (length: number): number =>
      guest.call(Uint8Array.from({ length: 16 }, (_, at) => [length & 255, length >> 8][at] ?? 0)).fuel
    expect(fuelFor(8_000) - fuelFor(0)).toBe(2 * 1_000)
    expect(fuelFor(7) - fuelFor(0)).toBe(0)
  })

  it('offers both conventions and both entries', () => {
    const bytes = assemble('return-pointer')
    expect(inspectModule(bytes).entries).toEqual([
      { name: 'step', convention: 'return_pointer' },
      { name: 'run', convention: 'multi_value' },
    ])
    const input = Uint8Array.of(1, 2, 3)
    expect(toHex(loadPooled(bytes, 'step').callExact(input).output)).toBe('010203')
    expect(toHex(loadPooled(bytes, 'run').callExact(input).output)).toBe('720203')
    expect(() => loadPooled(assemble('echo'), 'run')).toThrow(expect.objectContaining({ code: 'wasm.missing_export' }))
  })

  it('takes inputs of any length', () => {
    const guest = loadPooled(assemble('echo'))
    expect(guest.call(new Uint8Array(0))).toMatchObject({ outcome: 'ok' })
    const long = Uint8Array.from({ length: 300_000 }, (_, at) => at & 255)
    expect(toHex(guest.call(long).output)).toBe(toHex(long))
    expect(guest.call(Uint8Array.of(7)).output).toEqual(Uint8Array.of(7))
    expect(guest.call(new Uint8Array(17_000_000)).outcome).toBe('bad_output')
  })

  it('names the function of a trap for people', () => {
    const text = `(module (memory (export "memory") 1)
      (func $alloc (export "alloc") (param i32) (result i32) (i32.const 0))
      (func $inner unreachable)
      (func $assembly/index/step (export "step") (param i32 i32) (result i32 i32)
        (call $inner) (i32.const 0) (i32.const 0)))`
    const guest = loadPooled(assembler.assemble('names', text, { names: true }))
    const result = guest.call(new Uint8Array(1))
    expect(result).toMatchObject({ outcome: 'trap', fuel: FUEL })
    expect(result.note).toContain('inner')
    expect(result.note).toContain('assembly/index/step')
  })

  it('refuses limits that are no whole numbers', () => {
    const guest = loadPooled(assemble('echo'))
    for (const limit of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => guest.call(new Uint8Array(1), limit)).toThrow(
        expect.objectContaining({ code: 'wasm.bad_fuel_limit' }),
      )
    }
    expect(guest.call(new Uint8Array(1), Number.MAX_SAFE_INTEGER)).toMatchObject({ outcome: 'ok' })
  })
})
