import { hashText } from '@aos/cbor'
import { beforeAll, describe, expect, it } from 'vitest'
import { createModuleRuntime, decodeSourceMap, rewriteModule } from '../src/index.ts'
import { traceModule } from '../src/rewrite-module.ts'
import { FIXTURE_NAMES, SHA256, fixtureText } from './_guests.ts'
import { loadAssembler } from './_wat.ts'
import type { Assembler } from './_wat.ts'

let assembler: Assembler

beforeAll(async () => {
  assembler = await loadAssembler()
})

/** The first byte of the input chooses what goes wrong. `unreachable` (0x00) and the like are found again by their bytes. */
const TRAPS = `(module (memory (export "memory") 1)
  (func $alloc (export "alloc") (param i32) (result i32) (i32.const 0))
  (func $lib/stop (param i32) (if (local.get 0) (then (drop (i32.const 11111)) (unreachable))))
  (func $lib/middle (param i32) (call $lib/stop (local.get 0)))
  (func $lib/deep (param i32) (result i32) (i32.add (call $lib/deep (i32.add (local.get 0) (i32.const 33333))) (i32.const 1)))
  (func $main/step (export "step") (param i32 i32) (result i32 i32)
    (local i32)
    (local.set 2 (i32.load8_u (local.get 0)))
    (if (i32.eq (local.get 2) (i32.const 1)) (then (call $lib/middle (i32.const 1))))
    (if (i32.eq (local.get 2) (i32.const 2)) (then (drop (i32.div_u (i32.const 22222) (i32.const 0)))))
    (if (i32.eq (local.get 2) (i32.const 3)) (then (drop (call $lib/deep (i32.const 0)))))
    (if (i32.eq (local.get 2) (i32.const 4)) (then (loop (drop (i32.const 44444)) (br 0))))
    (if (i32.eq (local.get 2) (i32.const 5)) (then (memory.copy (i32.const -1) (i32.const 0) (i32.const 55555))))
    (i32.const 0) (i32.const 0)))`

/** Where the instruction `i32.const value` begins. */
function offsetOfConstant(bytes: Uint8Array, value: number): number {
  const digits = [value & 127, (value >> 7) & 127, value >> 14]
  const pattern = Buffer.from([0x41, (digits[0] ?? 0) | 128, (digits[1] ?? 0) | 128, digits[2] ?? 0])
  const at = Buffer.from(bytes).indexOf(pattern)
  if (at < 0 || Buffer.from(bytes).indexOf(pattern, at + 1) >= 0) throw new Error(`${value} does not stand there once`)
  return at
}

const CONSTANT_BYTES = 4

function noteOf(bytes: Uint8Array, choice: number, sourceMap?: string): string | undefined {
  const runtime = createModuleRuntime({ sha256: SHA256, sourceMap: () => sourceMap })
  const module = runtime.load({ wasmHash: hashText(SHA256, bytes), bytes, entry: 'step' })
  return module.call(Uint8Array.of(choice), 100_000).note
}

describe('the note of a call that did not end ok', () => {
  it('names functions and the offsets of their instructions in the original', () => {
    const bytes = assembler.assemble('traps', TRAPS, { names: true })
    const stop = offsetOfConstant(bytes, 11111) + CONSTANT_BYTES + 1 // past a `drop`
    expect(noteOf(bytes, 1)).toMatch(
      new RegExp(
        `^unreachable in lib/stop at byte ${stop}, called from lib/middle at byte \\d+, main/step at byte \\d+$`,
      ),
    )
    const divide = offsetOfConstant(bytes, 22222) + CONSTANT_BYTES + 2
    expect(noteOf(bytes, 2)).toBe(`divide by zero in main/step at byte ${divide}`)
    const recursion = offsetOfConstant(bytes, 33333) - 2 // `local.get 0` is the first instruction
    expect(noteOf(bytes, 3)).toMatch(
      new RegExp(`^stack overflow in lib/deep at byte ${recursion}, called from lib/deep`),
    )
    expect(noteOf(bytes, 4)).toBe(`out of fuel in main/step at byte ${offsetOfConstant(bytes, 44444)}`)
    const copy = offsetOfConstant(bytes, 55555) + CONSTANT_BYTES
    expect(noteOf(bytes, 5)).toMatch(new RegExp(`^memory access out of bounds in main/step at byte ${copy}$`))
  })

  it('uses a source map that covers the offset, and names no folder of another machine', () => {
    const bytes = assembler.assemble('traps', TRAPS, { names: true })
    const divide = offsetOfConstant(bytes, 22222)
    const mappings = `${encodeField(divide)}AOG,${encodeField(CONSTANT_BYTES + 2)}AAC,CCAA,C`
    const map = (sources: readonly string[]): string => JSON.stringify({ version: 3, sources, names: [], mappings })
    const sources = ['src/lib.rs', 'b']
    expect(noteOf(bytes, 2, map(sources))).toBe('divide by zero at src/lib.rs:8:5 (in step)')
    expect(noteOf(bytes, 2, map(['/home/me/x/src/lib.rs', 'b']))).toBe('divide by zero at lib.rs:8:5 (in step)')
    expect(noteOf(bytes, 2, map(['../x/lib.rs', 'b']))).toBe('divide by zero at lib.rs:8:5 (in step)')
    expect(noteOf(bytes, 2, map(['file:///x/lib.rs', 'b']))).toBe('divide by zero at lib.rs:8:5 (in step)')
    // The mapping is that of another function, so it says nothing of this one.
    expect(noteOf(bytes, 1, map(sources))).toBe(noteOf(bytes, 1))
  })

  it('is the same as without a map when the map is damaged or of another module', () => {
    const bytes = assembler.assemble('traps', TRAPS, { names: true })
    const plain = noteOf(bytes, 2)
    const whole = { version: 3, sources: ['a'], names: [], mappings: `${encodeField(10)}AAA` }
    const damaged: readonly unknown[] = [
      { ...whole, version: 2 },
      { ...whole, mappings: '' },
      { ...whole, mappings: 'A' + '~' },
      { ...whole, mappings: 'AC' },
      { ...whole, mappings: 'ACAA' },
      { ...whole, mappings: 'gggggggggggggggggg' },
      { ...whole, mappings: `${encodeField(bytes.length)}AAA` },
      { ...whole, mappings: 7 },
      { ...whole, sources: undefined },
      [],
      null,
    ]
    for (const map of damaged) expect(noteOf(bytes, 2, JSON.stringify(map)), JSON.stringify(map)).toBe(plain)
    for (const text of ['', '{', '\u0000']) expect(noteOf(bytes, 2, text)).toBe(plain)
  })
})

/** One base 64 VLQ field. */
function encodeField(value: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  let text = ''
  for (let rest = value * 2; ; rest = Math.floor(rest / 32)) {
    const last = rest < 32
    text += letters[(rest % 32) + (last ? 0 : 32)] ?? ''
    if (last) return text
  }
}

describe('decodeSourceMap', () => {
  it('finds the author’s last place before code of a library', () => {
    const mappings = ['UAAA', 'UCAA', 'U', 'UDCC'].join(',') // offsets 10, 20, 30 (no source), 40
    const text = JSON.stringify({ version: 3, sources: ['me.ts', '~lib/array.ts'], mappings, ignoreList: [1] })
    const map = decodeSourceMap(text, 100)
    expect(map?.find(9, 0)).toBeUndefined()
    expect(map?.find(10, 0)).toEqual({ source: 'me.ts', line: 1, column: 1, foreign: false })
    expect(map?.find(25, 0)).toEqual({ source: '~lib/array.ts', line: 1, column: 1, foreign: true })
    expect(map?.findAuthored(25, 0)).toEqual({ source: 'me.ts', line: 1, column: 1, foreign: false })
    expect(map?.findAuthored(25, 15)).toBeUndefined()
    expect(map?.find(30, 0)).toBeUndefined()
    expect(map?.find(99, 0)).toEqual({ source: 'me.ts', line: 2, column: 2, foreign: false })
  })
})

describe('the record of positions', () => {
  it('changes no byte of the rewritten module', () => {
    for (const name of FIXTURE_NAMES) {
      const bytes = assembler.assemble(name, fixtureText(name))
      expect(Buffer.compare(traceModule(bytes)?.rewritten.bytes ?? bytes, rewriteModule(bytes).bytes), name).toBe(0)
    }
  })
})
