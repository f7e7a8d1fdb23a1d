import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { WASM_ERRORS } from './errors.ts'
import { WASM_LIMITS } from './limits.ts'
import { FUEL_ROWS, OPCODES } from './opcode-table.ts'

const SPEC = readFileSync(new URL('../../../spec/05-determinism.md', import.meta.url), 'utf8')

function opcode(text: string): number {
  return text.startsWith('fc ') ? 0x100 + Number.parseInt(text.slice(3), 16) : Number.parseInt(text, 16)
}

describe('spec/05-determinism.md', () => {
  it('has the fuel table', () => {
    const rows = [...SPEC.matchAll(/^\| ((?:fc )?[0-9a-f]{2}) \| ((?:fc )?[0-9a-f]{2}) \| .* \| (\d+) \|$/gm)]
    expect(rows.map(([, first = '', last = '', fuel]) => [opcode(first), opcode(last), Number(fuel)])).toEqual(
      FUEL_ROWS,
    )
  })

  it('has the limits', () => {
    const rows = [...SPEC.matchAll(/^\| ([a-z][A-Za-z]{3,}) \| (\d+) \| .* \|$/gm)]
    expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual(WASM_LIMITS)
  })

  it('names no code that does not exist, and every one of admission', () => {
    const named = new Set([...SPEC.matchAll(/`(wasm\.\w+)`/g)].map(([, code]) => code))
    const known = Object.keys(WASM_ERRORS)
    expect([...named].filter((code) => code === undefined || !known.includes(code))).toEqual([])
    const host = ['wasm.hash_mismatch', 'wasm.bad_fuel_limit']
    expect(known.filter((code) => !named.has(code) && !host.includes(code))).toEqual([])
  })
})

describe('the opcode table', () => {
  it('has rows that do not overlap, and nothing else', () => {
    const listed = FUEL_ROWS.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at))
    expect(new Set(listed).size).toBe(listed.length)
    expect(OPCODES.flatMap((entry, code) => (entry === undefined ? [] : [code]))).toEqual(
      listed.toSorted((left, right) => left - right),
    )
  })
})
