import { encode } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  NULL_VALUE,
  boolValue,
  bytesValue,
  decodeStateForm,
  encodeStateForm,
  integerValue,
  isEqual,
  listValue,
  mapValue,
  recordValue,
  setValue,
  textValue,
  variantValue,
} from './index.ts'
import type { ExprValue } from './index.ts'

const integers = fc.tuple(
  fc.constantFrom('int', 'nat', 'time', 'duration'),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
)
const texts = fc.tuple(fc.constantFrom('text', 'hash', 'uuid', 'dec128'), fc.string({ unit: 'grapheme' }))
const keys = fc.oneof(
  fc.tuple(fc.constantFrom('int', 'nat'), fc.bigInt({ min: 0n, max: 99n })).map(([sort, n]) => integerValue(sort, n)),
  fc.tuple(fc.constantFrom('text', 'hash'), fc.string()).map(([sort, text]) => textValue(sort, text)),
)

const values: fc.Arbitrary<ExprValue> = fc.letrec<{ value: ExprValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(NULL_VALUE),
    fc.boolean().map(boolValue),
    integers.map(([sort, value]) => integerValue(sort, value)),
    texts.map(([sort, value]) => textValue(sort, value)),
    fc.uint8Array({ maxLength: 40 }).map(bytesValue),
    fc.array(tie('value'), { maxLength: 4 }).map(listValue),
    fc.array(keys, { maxLength: 4 }).map(setValue),
    fc
      .uniqueArray(fc.tuple(keys, tie('value')), { maxLength: 4, selector: ([key]) => `${key.sort} ${nameOf(key)}` })
      .map((pairs) => mapValue(pairs.map(([key, value]) => ({ key, value })))),
    fc
      .dictionary(fc.string(), tie('value'), { maxKeys: 4 })
      .map((record) => recordValue(new Map(Object.entries(record)))),
    fc.tuple(fc.string(), fc.option(tie('value'), { nil: undefined })).map(([tag, value]) => variantValue(tag, value)),
  ),
})).value

function nameOf(value: ExprValue): string {
  return 'value' in value ? String(value.value) : ''
}

describe('the state form', () => {
  it('gives back every value with its sorts', () => {
    fc.assert(
      fc.property(values, (value) => {
        const back = decodeStateForm(encodeStateForm(value))
        expect(isEqual(back, value)).toBe(true)
        expect(back.bytes).toBe(value.bytes)
        expect(back.depth).toBe(value.depth)
        expect(encodeStateForm(back)).toEqual(encodeStateForm(value))
      }),
      { numRuns: 300, seed: Number(process.env['AOS_SEED'] ?? 20261128) },
    )
  })

  it('takes values that are nested as deep as values may be', () => {
    let value = textValue('text', 'deep')
    for (let depth = value.depth; depth < 128; depth += 1) value = listValue([value])
    expect(decodeStateForm(encodeStateForm(value)).depth).toBe(128)
  })

  it('is refused when it is none', () => {
    const forms: readonly Data[] = [
      1,
      [],
      [99, 1],
      [1, 'one'],
      [5, 7],
      [10, 1],
      [10, [8], 1],
      [11, 1, 2],
      [12],
      new Map(),
    ]
    for (const form of forms) {
      expect(() => decodeStateForm(encode(form))).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^expr\./) }),
      )
    }
  })
})
