/** The definitions that every world has, under their names without `sys/` (spec/03-air.md, "Built-in definitions"). */
import { AosError } from '@aos/cbor'
import type { AirType, KeyType, Schema } from './air-type.ts'
import { CAP_LINES, EFFECT_LINES, MODULE_LINES, SCHEMA_LINES } from './builtin-lines.generated.ts'
import type { BuiltinCaps, BuiltinEffects, BuiltinModules, BuiltinSchemas } from './builtin-types.generated.ts'
import type { ModuleDefinition } from './module.ts'
import type { Cap, Effect, Scope } from './power.ts'

/** The built-in definitions: `sys.effect('http.request@1')`, `sys.cap('http.out@1')`. Each is made once. */
export interface Builtins {
  readonly schema: <N extends keyof BuiltinSchemas>(name: N) => BuiltinSchemas[N]
  readonly effect: <N extends keyof BuiltinEffects>(name: N) => BuiltinEffects[N]
  readonly cap: <N extends keyof BuiltinCaps>(name: N) => BuiltinCaps[N]
  readonly module: <N extends keyof BuiltinModules>(name: N) => BuiltinModules[N]
}

/** A type as a line has it: a `ref` is a name behind `sys/`. */
type LineType =
  | { readonly kind: 'record'; readonly fields: { readonly [name: string]: LineType } }
  | { readonly kind: 'variant'; readonly arms: { readonly [name: string]: LineType } }
  | { readonly kind: 'list' | 'set'; readonly item: LineType }
  | { readonly kind: 'map'; readonly key: KeyType; readonly value: LineType }
  | { readonly kind: 'option'; readonly inner: LineType }
  | { readonly kind: 'ref'; readonly name: string }
  | { readonly kind: Exclude<AirType['kind'], 'record' | 'variant' | 'list' | 'set' | 'map' | 'option' | 'schema'> }

const schemaOf = catalog(SCHEMA_LINES, (name, rest): Schema => {
  return { kind: 'schema', name: `sys/${name}`, type: typeOf(JSON.parse(rest)), place: '' }
})

const moduleOf = catalog(MODULE_LINES, (name, rest): ModuleDefinition => {
  const schemas = rest.split(' ').map((each) => schemaOf(each))
  return { kind: 'module', name: `sys/${name}`, schemas, effects: [], json: null, place: '' }
})

const capOf = catalog(CAP_LINES, (name, rest): Cap => {
  const [capType = '', enforcer = ''] = rest.split(' ', 2)
  const type: LineType = JSON.parse(rest.slice(rest.indexOf('{')))
  return {
    kind: 'cap',
    name: `sys/${name}`,
    capType,
    params: typeOf(type),
    enforcer: enforcer === 'CapAllowAll@1' ? undefined : moduleOf(enforcer),
    json: null,
    place: '',
  }
})

const effectOf = catalog(EFFECT_LINES, (name, rest): Effect => {
  const [effectKind = '', params = '', receipt = '', capType = '', scope = ''] = rest.split(' ')
  return {
    kind: 'effect',
    name: `sys/${name}`,
    effectKind,
    params: schemaOf(params),
    receipt: schemaOf(receipt),
    capType,
    scope: scope as Scope, // the generator writes nothing else
    json: null,
    place: '',
  }
})

/** The built-in definitions by their names without `sys/`; an unknown name is a compile-time error, and `author.unknown_member`. */
// Both files are generated from one catalog: what the lines say is what the types say.
export const sys: Builtins = { schema: schemaOf, effect: effectOf, cap: capOf, module: moduleOf } as unknown as Builtins

/** Reads a line when its name is asked for first; the same definition ever after. */
function catalog<T>(lines: string, read: (name: string, rest: string) => T): (name: string) => T {
  const unread = new Map(lines.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line]))
  const known = new Map<string, T>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    const line = unread.get(name)
    if (line === undefined) throw new AosError('author.unknown_member', `there is no built-in definition sys/${name}`)
    const made = read(name, line.slice(name.length + 1))
    known.set(name, made)
    return made
  }
}

function typeOf(type: LineType): AirType {
  switch (type.kind) {
    case 'ref':
      return schemaOf(type.name)
    case 'record':
      return { kind: 'record', fields: membersOf(type.fields) }
    case 'variant':
      return { kind: 'variant', arms: membersOf(type.arms) }
    case 'list':
    case 'set':
      return { kind: type.kind, item: typeOf(type.item) }
    case 'map':
      return { kind: 'map', key: type.key, value: typeOf(type.value) }
    case 'option':
      return { kind: 'option', inner: typeOf(type.inner) }
    default:
      return { kind: type.kind }
  }
}

function membersOf(members: { readonly [name: string]: LineType }): { readonly [name: string]: AirType } {
  return Object.fromEntries(Object.entries(members).map(([name, type]) => [name, typeOf(type)]))
}
