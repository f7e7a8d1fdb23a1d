/** Constants and slots as JSON of AIR, by the type of the place where they stand (spec/03-air.md, "Slots"). */
import { formatBase64, parseDuration, parseInstant } from '@aos/air'
import { AosError, formatPath } from '@aos/cbor'
import type { ErrorPath } from '@aos/cbor'
import type { AirType, Fields, PrimitiveName } from './air-type.ts'
import { computedOf, resolved, shown } from './computed.ts'
import type { Computed, ComputedType } from './computed.ts'
import type { ExprJson, Json } from './expression-json.ts'
import { isSecret } from './secret.ts'
import type { Secret } from './secret.ts'

/** How what is written becomes JSON. */
export interface Lowering {
  /** `expression` in plans; `literal` where nothing may be computed, which spells variants another way. */
  readonly form: 'expression' | 'literal'
  /** Where the value stands, for messages. */
  readonly path: ErrorPath
  /** Told of every secret that a slot names. */
  readonly onSecret: (secret: Secret) => void
}

/** Throws `author.bad_value` with the path of what does not fit. */
export function lower(value: unknown, type: ComputedType, lowering: Lowering): ExprJson {
  const computed = computedOf(value)
  if (computed !== undefined) return lowerTerm(computed, lowering)
  if (type.kind === 'schema' && type.name === 'sys/SecretRef@1' && isSecret(value)) {
    lowering.onSecret(value)
    return { record: { alias: { text: value.alias }, version: { nat: value.version } } }
  }
  const plain = resolved(type)
  switch (plain.kind) {
    case 'record':
      return lowerRecord(value, plain.fields, lowering)
    case 'variant':
      return lowerVariant(value, plain.arms, lowering)
    case 'list':
    case 'set':
      return { [plain.kind]: itemsOf(value, lowering).map((item, at) => lower(item, plain.item, below(lowering, at))) }
    case 'map':
      return { map: lowerEntries(value, plain, lowering) }
    case 'option':
      return value === null ? { null: {} } : lower(value, plain.inner, lowering)
    case 'merged':
    case 'parts':
    case 'items':
    case 'unknown':
      throw mismatch('a term, because no schema says what stands here', value, lowering)
    default:
      return { [CONSTANTS[plain.kind]]: lowerPlain(value, plain.kind, lowering) }
  }
}

function lowerTerm(computed: Computed, lowering: Lowering): ExprJson {
  if (lowering.form === 'expression') return computed.json
  throw new AosError('author.not_a_value', `${at(lowering)}expected a constant, found ${shown(computed)}`)
}

function lowerRecord(value: unknown, fields: Fields, lowering: Lowering): ExprJson {
  const members = objectOf(value, lowering)
  const given = Object.keys(members).filter((name) => members[name] !== undefined)
  const unknown = given.find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined) {
    throw mismatch(`one of the fields ${Object.keys(fields).join(', ')}`, unknown, lowering)
  }
  const written = Object.entries(fields).flatMap(([name, type]): readonly (readonly [string, ExprJson])[] => {
    const inside = below(lowering, name)
    if (Object.hasOwn(members, name) && members[name] !== undefined) return [[name, lower(members[name], type, inside)]]
    if (resolved(type).kind !== 'option') throw mismatch('a value', undefined, inside)
    // A constant has every field; what computes may leave out what is optional.
    return lowering.form === 'literal' ? [[name, { null: {} }]] : []
  })
  return { record: Object.fromEntries(written) }
}

function lowerVariant(value: unknown, arms: Fields, lowering: Lowering): ExprJson {
  const [tag, payload] = armOf(value, arms, lowering)
  const type = Object.hasOwn(arms, tag) ? arms[tag] : undefined
  if (type === undefined) throw mismatch(`one of the arms ${Object.keys(arms).join(', ')}`, tag, lowering)
  const inside = below(lowering, tag)
  if (resolved(type).kind === 'unit' && payload !== null) throw mismatch('null', payload, inside)
  const body = resolved(type).kind === 'unit' ? { tag } : { tag, value: lower(payload, type, inside) }
  return lowering.form === 'literal' ? body : { variant: body }
}

/** `'Arm'`, or an object with one member. */
function armOf(value: unknown, arms: Fields, lowering: Lowering): readonly [tag: string, payload: unknown] {
  if (typeof value === 'string') return [value, null]
  const members = Object.entries(objectOf(value, lowering)).filter(([, payload]) => payload !== undefined)
  const [only, ...others] = members
  if (only !== undefined && others.length === 0) return only
  throw mismatch(`exactly one of the arms ${Object.keys(arms).join(', ')}`, value, lowering)
}

function lowerEntries(
  value: unknown,
  { key, value: type }: { readonly key: AirType; readonly value: AirType },
  lowering: Lowering,
): readonly Json[] {
  const pairs = Array.isArray(value) ? value.map(pairOf) : Object.entries(objectOf(value, lowering))
  return pairs.map((pair: readonly unknown[], index) => {
    const [first, second] = pair
    const inside = below(lowering, typeof first === 'string' ? first : index)
    if (pair.length !== 2) throw mismatch('a pair of key and value', pair, inside)
    return { key: lower(first, key, inside), value: lower(second, type, inside) }
  })
}

function pairOf(item: unknown): readonly unknown[] {
  return Array.isArray(item) ? item : []
}

/** The form of each sort's constant. */
const CONSTANTS: Readonly<Record<PrimitiveName, string>> = {
  bool: 'bool',
  int: 'int',
  nat: 'nat',
  dec128: 'dec128',
  bytes: 'bytes_b64',
  text: 'text',
  time: 'time_ns',
  duration: 'duration_ns',
  hash: 'hash',
  uuid: 'uuid',
  unit: 'null',
}

function lowerPlain(value: unknown, kind: PrimitiveName, lowering: Lowering): Json {
  switch (kind) {
    case 'bool':
      if (typeof value === 'boolean') return value
      throw mismatch('true or false', value, lowering)
    case 'int':
    case 'nat':
      return lowerInteger(value, `a whole number for ${kind}`, lowering)
    case 'time':
      return lowerNanoseconds(value, parseInstant, 'a time such as 2030-01-01T00:00:00Z or nanoseconds', lowering)
    case 'duration':
      return lowerNanoseconds(value, parseDuration, 'a duration such as 5s or nanoseconds', lowering)
    case 'bytes':
      if (value instanceof Uint8Array) return formatBase64(value)
      return lowerText(value, 'base64 or bytes', lowering)
    case 'unit':
      if (value === null) return {}
      throw mismatch('null', value, lowering)
    default:
      return lowerText(value, `a text for ${kind}`, lowering)
  }
}

function lowerText(value: unknown, expected: string, lowering: Lowering): string {
  if (typeof value === 'string') return value
  throw mismatch(expected, value, lowering)
}

/** Exact: a number that a double may have rounded is refused. */
function lowerInteger(value: unknown, expected: string, lowering: Lowering): Json {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  if (typeof value === 'bigint') return integerJson(value)
  const hint = typeof value === 'number' && Number.isInteger(value) ? ' (write 1n for numbers over 2^53)' : ''
  throw mismatch(`${expected}${hint}`, value, lowering)
}

/** A number where JSON's are exact, else a text. */
export function integerJson(value: bigint): Json {
  return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

function lowerNanoseconds(
  value: unknown,
  parse: (text: string) => bigint | undefined,
  expected: string,
  lowering: Lowering,
): Json {
  if (typeof value !== 'string') return lowerInteger(value, expected, lowering)
  const found = parse(value)
  if (found === undefined) throw mismatch(expected, value, lowering)
  return integerJson(found)
}

function itemsOf(value: unknown, lowering: Lowering): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw mismatch('a list', value, lowering)
}

function objectOf(value: unknown, lowering: Lowering): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>> // an object, of whatever members
  }
  throw mismatch('an object', value, lowering)
}

/** The same for a part. */
export function below(lowering: Lowering, part: string | number): Lowering {
  return { ...lowering, path: [...lowering.path, part] }
}

function mismatch(expected: string, found: unknown, lowering: Lowering): AosError {
  const { path } = lowering
  return new AosError('author.bad_value', `${at(lowering)}expected ${expected}, found ${describe(found)}`, { path })
}

function at({ path }: Lowering): string {
  return path.length === 0 ? '' : `${formatPath(path)}: `
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  return (JSON.stringify(value) ?? typeof value).slice(0, 80)
}
