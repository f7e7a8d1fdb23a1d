import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeNode, toHex } from '@aos/cbor'
import { encodeHashForm, hashForm } from './hash-form.ts'
import {
  NULL_VALUE,
  boolValue,
  bytesValue,
  integerValue,
  listValue,
  mapValue,
  recordValue,
  setValue,
  textValue,
  variantValue,
} from './value.ts'
import type { ExprValue } from './value.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_250_707)

const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
const name = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'b', 'aa', 'ab', '', 'é', '$tag', '$value', 'longer_than_those'), fc.string({ unit: 'binary', maxLength: 3 })) // prettier-ignore
const leaf: fc.Arbitrary<ExprValue> = fc.oneof(
  fc.constant(NULL_VALUE),
  fc.boolean().map(boolValue),
  fc
    .tuple(fc.constantFrom('int', 'nat', 'time', 'duration'), integer)
    .map(([sort, value]) => integerValue(sort, value)),
  fc.tuple(fc.constantFrom('text', 'hash', 'uuid', 'dec128'), name).map(([sort, value]) => textValue(sort, value)),
  fc.uint8Array({ maxLength: 40 }).map(bytesValue),
)
const key = fc.oneof(
  integer.map((value) => integerValue('int', value)),
  name.map((value) => textValue('text', value)),
)
const keyOrder = (value: ExprValue): string => `${value.sort} ${'value' in value ? String(value.value) : ''}`
const { value } = fc.letrec<{ value: ExprValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }).map(listValue),
    fc.array(key, { maxLength: 4 }).map(setValue),
    fc.uniqueArray(fc.tuple(key, tie('value')), { maxLength: 4, selector: ([one]) => keyOrder(one) }).map((entries) => mapValue(entries.map(([one, item]) => ({ key: one, value: item })))), // prettier-ignore
    fc.uniqueArray(fc.tuple(name, tie('value')), { maxLength: 4, selector: ([one]) => one }).map((fields) => recordValue(new Map(fields))), // prettier-ignore
    fc.tuple(name, tie('value')).map(([tag, payload]) => variantValue(tag, payload)),
  ),
}))

test('the written form is the encoded one, for every value', () => {
  fc.assert(
    fc.property(value, (given) => {
      expect(toHex(encodeHashForm(given))).toBe(toHex(encodeNode(hashForm(given))))
    }),
    { seed: SEED, numRuns: 2000 },
  )
})

test('what is nested too deeply is refused as the encoder refuses it', () => {
  let nested: ExprValue = NULL_VALUE
  for (let depth = 0; depth < 100; depth += 1) nested = listValue([nested])
  expect(() => encodeHashForm(nested)).toThrow(expect.objectContaining({ code: 'cbor.depth' }))
})
