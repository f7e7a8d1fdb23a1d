/**
 * A validator of its own for the JSON Schema files: only the keywords that they use, straight from the text. It shows that
 * a file says what the TypeBox definition behind it checks.
 */
type Schema = Readonly<Record<string, unknown>>

const SILENT: ReadonlySet<string> = new Set(['$schema', '$id', '$defs', 'title'])

/** True when the value is as the schema says; throws for a keyword that it does not know. */
export function isValid(root: Schema, value: unknown): boolean {
  return judge(root, root, value).ok
}

/** Whether it fits, and which keys of an object were looked at. */
interface Judgement {
  readonly ok: boolean
  readonly seen: ReadonlySet<string>
}

function judge(root: Schema, schema: Schema, value: unknown): Judgement {
  const seen = new Set<string>()
  let ok = true
  for (const [keyword, rule] of Object.entries(schema)) {
    if (SILENT.has(keyword) || keyword === 'unevaluatedProperties' || keyword === 'additionalProperties') continue
    const judgement = applied({ root, keyword, rule, value })
    ok &&= judgement.ok
    for (const key of judgement.seen) seen.add(key)
  }
  const closed = schema['unevaluatedProperties'] === false || schema['additionalProperties'] === false
  if (closed && isObject(value)) ok &&= Object.keys(value).every((key) => seen.has(key))
  return { ok, seen }
}

interface Application {
  readonly root: Schema
  readonly keyword: string
  readonly rule: unknown
  readonly value: unknown
}

function applied(application: Application): Judgement {
  const { root, keyword, rule, value } = application
  switch (keyword) {
    case '$ref': {
      const name = String(rule).replace('#/$defs/', '')
      return judge(root, schemaOf(schemaOf(root['$defs'])[name]), value)
    }
    case 'allOf': {
      const all = listOf(rule).map((part) => judge(root, schemaOf(part), value))
      return { ok: all.every(({ ok }) => ok), seen: new Set(all.flatMap(({ seen }) => [...seen])) }
    }
    case 'anyOf': {
      const fitting = listOf(rule)
        .map((part) => judge(root, schemaOf(part), value))
        .filter(({ ok }) => ok)
      return { ok: fitting.length > 0, seen: new Set(fitting.flatMap(({ seen }) => [...seen])) }
    }
    case 'properties':
    case 'patternProperties':
      return isObject(value) ? judgeMembers(application, value) : { ok: true, seen: new Set() }
    default:
      return { ok: holds(application), seen: new Set() }
  }
}

function judgeMembers({ root, keyword, rule }: Application, value: Schema): Judgement {
  const seen = new Set<string>()
  let ok = true
  for (const [name, part] of Object.entries(schemaOf(rule))) {
    const isMeant = (key: string): boolean =>
      keyword === 'properties' ? key === name : new RegExp(name, 'u').test(key)
    for (const key of Object.keys(value).filter(isMeant)) {
      seen.add(key)
      ok &&= judge(root, schemaOf(part), value[key]).ok
    }
  }
  return { ok, seen }
}

function holds({ root, keyword, rule, value }: Application): boolean {
  const limit = Number(rule)
  switch (keyword) {
    case 'type':
      return typeHolds(String(rule), value)
    case 'const':
      return value === rule
    case 'required':
      return !isObject(value) || listOf(rule).every((key) => Object.hasOwn(value, String(key)))
    case 'items':
      return !Array.isArray(value) || value.every((item) => judge(root, schemaOf(rule), item).ok)
    case 'pattern':
      return typeof value !== 'string' || new RegExp(String(rule), 'u').test(value)
    case 'maxLength':
      return typeof value !== 'string' || [...value].length <= limit
    case 'minLength':
      return typeof value !== 'string' || [...value].length >= limit
    case 'maxItems':
      return !Array.isArray(value) || value.length <= limit
    case 'maxProperties':
      return !isObject(value) || Object.keys(value).length <= limit
    case 'minimum':
      return typeof value !== 'number' || value >= limit
    case 'multipleOf':
      return typeof value !== 'number' || value % limit === 0
    default:
      throw new Error(`the keyword ${keyword} is unknown here`)
  }
}

function typeHolds(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isObject(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function schemaOf(value: unknown): Schema {
  if (isObject(value)) return value
  throw new Error('expected an object in the schema')
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new Error('expected a list in the schema')
}
