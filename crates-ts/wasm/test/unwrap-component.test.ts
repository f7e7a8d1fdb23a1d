/** Components that hold one core module become that module; the others are refused with a code. */
import { isAosError } from '@aos/cbor'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  ByteWriter,
  callGuest,
  compileGuest,
  inspectModule,
  isComponent,
  makeGuest,
  rewriteModule,
  unwrapComponent,
} from '../src/index.ts'
import { loadAssembler } from './_wat.ts'
import type { Assembler } from './_wat.ts'

/** Answers with its input, in the canonical ABI. */
const ECHO = `(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    global.get $next
    global.get $next local.get 3 i32.add i32.const 7 i32.add i32.const -8 i32.and global.set $next)
  (func $step (export "NAME") (param i32 i32) (result i32)
    i32.const 16 local.get 0 i32.store
    i32.const 20 local.get 1 i32.store
    i32.const 16)
  (func (export "cabi_post_step") (param i32) unreachable))`

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]

type Section = readonly [id: number, content: Uint8Array]

function component(...sections: readonly Section[]): Uint8Array {
  const out = new ByteWriter().op(...HEADER)
  for (const [id, content] of sections) out.byte(id).sized(content)
  return out.take()
}

let assembler: Assembler

beforeAll(async () => {
  assembler = await loadAssembler()
})

function core(text: string): Section {
  return [1, assembler.assemble('core', text, { names: true })]
}

function codeOf(bytes: Uint8Array): readonly string[] {
  try {
    unwrapComponent(bytes)
    return ['accepted']
  } catch (error) {
    if (!isAosError(error)) throw error
    return [error.code, error.message]
  }
}

describe('a component', () => {
  it.each(['step', 'aos:reducer/guest#step'])('with the export %s becomes a module that answers', (name) => {
    const bytes = component([0, Uint8Array.of(1, 97, 7)], core(ECHO.replace('NAME', name)), [2, Uint8Array.of(0)])
    expect(isComponent(bytes)).toBe(true)
    const module = unwrapComponent(bytes)
    expect(isComponent(module)).toBe(false)
    expect(unwrapComponent(bytes)).toEqual(module)
    expect(inspectModule(module)).toMatchObject({
      ok: true,
      exports: [{ name: 'memory' }, { name: 'alloc' }, { name: 'step' }],
      entries: [{ name: 'step', convention: 'multi_value' }],
    })
    const rewritten = rewriteModule(module)
    const guest = makeGuest(rewritten, compileGuest(rewritten))
    for (const input of [Uint8Array.of(1, 2, 3), new Uint8Array(5000).fill(9), new Uint8Array()]) {
      const { outcome, output } = callGuest(guest, { entry: 'step', input, fuelLimit: 1_000_000 })
      expect([outcome, output.slice()]).toEqual(['ok', input])
    }
  })

  it.each<readonly [string, () => Uint8Array, string]>([
    ['imports', () => component([10, Uint8Array.of(1, 0, 3, 97, 58, 98, 5, 0)], core(ECHO)), 'it imports a:b'],
    ['no module', () => component([2, Uint8Array.of(0)]), 'expected one core module in it, found 0'],
    ['two modules', () => component(core(ECHO), core(ECHO)), 'expected one core module in it, found 2'],
    ['a component inside', () => component([4, Uint8Array.of()], core(ECHO)), 'another component'],
    ['no entry', () => component(core(ECHO)), 'expected one of the exports step and run, found 0'],
    [
      'an import of the module',
      () => component(core('(module (import "a" "b" (func)))')),
      'its core module imports a.b',
    ],
    ['start-up', () => component(core('(module (func (export "_initialize")))')), '_initialize'],
    [
      'another signature',
      () => component(core('(module (memory (export "memory") 1) (func (export "step") (param i32)))')),
      'step is not a function (list<u8>) -> list<u8>',
    ],
    [
      'no realloc',
      () => component(core(ECHO.replace('cabi_realloc', 'malloc').replace('NAME', 'step'))),
      'no cabi_realloc',
    ],
    ['a module that is none', () => component([1, Uint8Array.of(1, 2, 3)]), 'malformed'],
  ])('with %s is refused', (_, make, message) => {
    const [code, said] = codeOf(make())
    expect(code).toBe('wasm.bad_component')
    expect(said).toContain(message)
  })

  it('that is cut anywhere is refused with a code', () => {
    const whole = component(core(ECHO.replace('NAME', 'step')))
    for (let end = HEADER.length; end < whole.length; end += 1) {
      expect(codeOf(whole.subarray(0, end))[0]).toMatch(/^wasm\.(bad_component|malformed)$/)
    }
  })
})
