/** What one event costs the schema codec: `npx tsx --conditions=@aos/source bench/codec.bench.ts`. Prints ns per call. */
import { compileSchema, makeDynamicCodec, type TypeExpr, type Value } from '@aos/air'
import { encodeNode, decode, type Data } from '@aos/cbor'

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

/** The median of several rounds, so that a busy machine does not decide. */
function measure(name: string, body: () => unknown): void {
  const rounds = 15
  let count = 1_000
  for (let warm = 0; warm < 20_000; warm += 1) body()
  const once = time(count, body)
  count = Math.max(1_000, Math.round(30_000_000 / once))
  const results = Array.from({ length: rounds }, () => time(count, body)).sort((left, right) => left - right)
  const median = results[rounds >> 1] ?? 0
  console.log(`${name.padEnd(42)} ${median.toFixed(0).padStart(7)} ns  (best ${(results[0] ?? 0).toFixed(0)})`)
}

function time(count: number, body: () => unknown): number {
  const start = process.hrtime.bigint()
  for (let index = 0; index < count; index += 1) body()
  return Number(process.hrtime.bigint() - start) / count
}

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
