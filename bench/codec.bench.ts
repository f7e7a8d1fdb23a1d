/**
 * What one event costs the schema codec, in ns per call. Bars: encode 600, validate 400.
 * Run: npx tsx --conditions=@aos/source bench/codec.bench.ts
 */
import { join } from 'node:path'
import { compileSchema, makeDynamicCodec, type TypeExpr, type Value } from '@aos/air'
import { encodeNode, decode, type Data } from '@aos/cbor'
import { machineFacts, machineText } from './machine.ts'

const EVENT: TypeExpr = {
  kind: 'record',
  fields: new Map<string, TypeExpr>([
    ['seq', { kind: 'nat' }],
    ['at', { kind: 'time' }],
    ['kind', { kind: 'text' }],
    ['actor', { kind: 'text' }],
    ['subject', { kind: 'text' }],
    ['parent', { kind: 'bytes' }],
    ['body', { kind: 'bytes' }],
    ['urgent', { kind: 'bool' }],
  ]),
}

const ORDER: TypeExpr = {
  kind: 'variant',
  arms: new Map<string, TypeExpr>([
    ['Cancel', { kind: 'unit' }],
    [
      'Place',
      {
        kind: 'record',
        fields: new Map<string, TypeExpr>([
          ['lines', { kind: 'list', item: { kind: 'option', inner: EVENT } }],
          ['totals', { kind: 'map', key: 'text', value: { kind: 'int' } }],
        ]),
      },
    ],
  ]),
}

const event: Value = {
  seq: 123_456,
  at: 1_760_000_000_123_456_789n,
  kind: 'order.placed',
  actor: 'customer-0000421',
  subject: 'order/2026/000017',
  parent: new Uint8Array(32).fill(7),
  body: new Uint8Array(82).fill(9),
  urgent: false,
}

const order: Value = {
  $tag: 'Place',
  $value: { lines: [event, null, event, event], totals: new Map(Object.entries({ a: 1, b: -2, total: 4_000_000 })) },
}

const ROUNDS = 300
const CALLS = 300

/** Many short rounds: the median is what a busy machine gives, the best what the code costs. */
function measure(name: string, body: () => unknown): void {
  for (let warm = 0; warm < 100; warm += 1) time(body)
  const results = Array.from({ length: ROUNDS }, () => time(body)).sort((left, right) => left - right)
  const [best = 0, middle = 0] = [results[0], results[ROUNDS >> 1]]
  console.log(`${name.padEnd(42)} ${middle.toFixed(0).padStart(7)} ns  (best ${best.toFixed(0)})`)
}

function time(body: () => unknown): number {
  const start = process.hrtime.bigint()
  for (let index = 0; index < CALLS; index += 1) body()
  return Number(process.hrtime.bigint() - start) / CALLS
}

console.log(machineText(machineFacts(join(import.meta.dirname, '..'))))
for (const [name, type, value, locate] of [
  ['event', EVENT, event, 'subject'],
  ['order', ORDER, order, '$value.totals'],
] as const) {
  const codec = compileSchema(type, new Map())
  const dynamic = makeDynamicCodec(type, new Map())
  const bytes = codec.encode(value)
  const bare = bytes.slice(3)
  const find = codec.locate(locate)
  const range = { start: 0, end: 0 }
  console.log(`${name}: ${bytes.length} bytes with prefix`)
  measure(`${name} validate`, () => codec.validate(bytes))
  measure(`${name} validateAt`, () => codec.validateAt(bare, 0))
  measure(`${name} encode`, () => codec.encode(value))
  measure(`${name} decode`, () => codec.decode(bytes))
  measure(`${name} normalize, canonical`, () => codec.normalize(bytes))
  measure(`${name} normalize, canonical without prefix`, () => codec.normalize(bare))
  measure(`${name} locate ${locate}`, () => find?.(bytes, range))
  measure(`${name} dynamic encode`, () => dynamic.encode(value))
  if (name === 'event') measure(`${name} @aos/cbor encodeNode of the same`, () => encodeNode(value as Data)) // a record of scalars is both
  measure(`${name} @aos/cbor decode`, () => decode(bytes, { prefix: 'required' }))
  measure(`${name} compileSchema and first validate`, () => compileSchema(type, new Map()).validate(bytes))
}
