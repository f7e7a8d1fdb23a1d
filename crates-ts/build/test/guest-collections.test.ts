/** Maps, sets and texts as an author changes them, against the host's own; and the edges of texts and sizes. */
import type { SchemaTable, TypeExpr } from '@aos/air'
import { encodeNode, fromHex } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Trap, buildGuest, callReducer, loadGuest, reducerModule } from './_guest-driver.ts'
import type { GuestModule } from './_guest-driver.ts'

const int: TypeExpr = { kind: 'int' }
const text: TypeExpr = { kind: 'text' }

function record(fields: Record<string, TypeExpr>): TypeExpr {
  return { kind: 'record', fields: new Map(Object.entries(fields)) }
}

function variant(arms: Record<string, TypeExpr>): TypeExpr {
  return { kind: 'variant', arms: new Map(Object.entries(arms)) }
}

const SCHEMAS: SchemaTable = new Map([
  [
    'test/Box@1',
    record({ map: { kind: 'map', key: 'text', value: int }, set: { kind: 'set', item: int }, note: text }),
  ],
  [
    'test/Change@1',
    variant({
      Put: record({ key: text, value: int }),
      Drop: text,
      Add: int,
      Remove: int,
      Note: text,
      Cut: { kind: 'nat' },
      Blob: { kind: 'bytes' },
    }),
  ],
])

const SOURCE = `
import { Box, Change, ChangeTag, Output } from './generated'
export function reduce(state: Box | null, change: Change, out: Output): Box | null {
  const box = state === null ? new Box() : state
  switch (change.tag) {
    case ChangeTag.Put:
      box.map.set(change.asPut.key, change.asPut.value)
      assert(box.map.has(change.asPut.key) && box.map.get(change.asPut.key) == change.asPut.value)
      break
    case ChangeTag.Drop:
      assert(box.map.has(change.asDrop) == box.map.delete(change.asDrop))
      assert(box.map.getOr(change.asDrop, 7) == 7 && box.map.indexOf(change.asDrop) == -1)
      break
    case ChangeTag.Add:
      box.set.add(change.asAdd)
      assert(box.set.has(change.asAdd))
      break
    case ChangeTag.Remove:
      assert(box.set.has(change.asRemove) == box.set.delete(change.asRemove))
      break
    case ChangeTag.Note:
      box.note = change.asNote + box.note
      break
    case ChangeTag.Cut:
      box.note = box.note.substring(0, <i32>change.asCut)
      break
    case ChangeTag.Blob:
      out.raiseBytes('test/Blob@1', change.asBlob)
      break
  }
  return box
}
`

const seed = Number(process.env['AOS_SEED'] ?? 20_010_101)

describe('a guest with collections', () => {
  let guest: GuestModule

  beforeAll(async () => {
    const module = reducerModule({ state: 'test/Box@1', event: 'test/Change@1' })
    guest = loadGuest((await buildGuest({ module, schemas: SCHEMAS, source: SOURCE })).wasm)
  }, 120_000)

  function step(state: Uint8Array | null, tag: string, value: Data): ReturnType<typeof callReducer> {
    const event = { schema: 'test/Change@1', value: encodeNode({ $tag: tag, $value: value }) }
    return callReducer(guest, { state, event })
  }

  it('keeps maps and sets in canonical order under any changes', () => {
    const key = fc.oneof(fc.constantFrom('a', 'bb', '\uffff', '𝄞', 'é', ''), fc.string({ maxLength: 3 }))
    const number = fc.integer({ min: -5, max: 5 })
    const change = fc.oneof(
      fc.tuple(fc.constant('Put'), fc.record({ key, value: number })),
      fc.tuple(fc.constant('Drop'), key),
      fc.tuple(fc.constantFrom('Add', 'Remove'), number),
    )
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 30, size: 'max' }), (changes) => {
        const map = new Map<string, number>()
        const set = new Set<number>()
        let state: Uint8Array | null = null
        for (const [tag, value] of changes) {
          state = step(state, tag, typeof value === 'object' ? { ...value } : value).state
          if (typeof value === 'object') map.set(value.key, value.value)
          else if (typeof value === 'string') map.delete(value)
          else if (tag === 'Add') set.add(value)
          else set.delete(value)
        }
        // The host's encoder sorts the map; the set is sorted by what the spec says of integers.
        const items = [...set].sort((left, right) => (left < 0 ? 10 - left : left) - (right < 0 ? 10 - right : right))
        expect(state).toEqual(encodeNode({ map, set: items, note: '' }))
      }),
      { seed, numRuns: 60 },
    )
  })

  it.each([0, 20, 23, 24, 250, 255, 256, 65_535, 65_536, 300_000])('writes byte strings of %i bytes', (size) => {
    const blob = new Uint8Array(size).fill(0xab)
    const [event] = step(null, 'Blob', blob).domainEvents
    expect(event?.value.length).toBe(size)
    const note = 'n'.repeat(size)
    expect(step(null, 'Note', note).state).toEqual(encodeNode({ map: new Map(), set: [], note }))
  })

  it.each([
    'ascii only',
    'Größe',
    '日本語テキスト',
    '🚀🚀',
    'mixed é 漢 🚀 end',
    'abc\u0000def',
    '\u07ff\u0800\uffff\u{10ffff}',
  ])('keeps the text %j', (note) => {
    const { state } = step(null, 'Note', note)
    expect(state).toEqual(encodeNode({ map: new Map(), set: [], note }))
  })

  it.each(['80', 'c3', 'c080', 'c1bf', 'e28241', 'e08080', 'eda080', 'f0808080', 'f4908080', 'f8888080', '61626380'])(
    'traps at the malformed UTF-8 %s',
    (hex) => {
      const bytes = fromHex(hex)
      const value = Buffer.concat([encodeNode({ $tag: 'Note', $value: 'x'.repeat(bytes.length) })])
      value.set(bytes, value.length - bytes.length)
      expect(() => callReducer(guest, { state: null, event: { schema: 'test/Change@1', value } })).toThrow(Trap)
    },
  )

  it('traps instead of writing a lone surrogate', () => {
    const { state } = step(null, 'Note', '🚀')
    expect(() => step(state, 'Cut', 1)).toThrow(Trap)
    expect(step(state, 'Cut', 2).state).toEqual(state)
  })
})
