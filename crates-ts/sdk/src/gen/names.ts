/** From AIR names to AssemblyScript identifiers: stable, readable, without collisions. */

const WORDS =
  'arguments async await break case catch class const constructor continue default delete do else enum eval export ' +
  'extends false finally for function if implements import in instanceof interface let new null of package private ' +
  'protected public readonly return static super switch this throw true try typeof undefined var void while with yield'

/** Words that cannot name a parameter, a field or an enum's member. */
const RESERVED_WORDS: ReadonlySet<string> = new Set(WORDS.split(' '))

const MEMBERS = 'encode decode fromBytes schemaName initial tag slot name length prototype toString valueOf'

/** What the generated classes have themselves, so that no field or arm may be called so. */
const RESERVED_MEMBERS: ReadonlySet<string> = new Set(MEMBERS.split(' '))

const GLOBALS =
  'any bool boolean f32 f64 i16 i32 i64 i8 isize number object string symbol u16 u32 u64 u8 usize v128 ' +
  'Array ArrayBuffer Boolean DataView Date Error Function Infinity Int8Array JSON Map Math NaN Number Object Output ' +
  'ItemSorter RegExp Set Some SortedMap SortedSet StaticArray String Symbol Uint8Array ' +
  'abort alloc changetype encodeTextKey encodeValue heap memory reduce run step trace unreachable'

/** Names of the SDK and of the language's library, which no generated class may have. */
const RESERVED_CLASSES: ReadonlySet<string> = new Set(GLOBALS.split(' '))

/** Keeps letters, digits and underscores; an identifier never starts with a digit. */
export function identifierOf(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_]/g, '_')
  return plain === '' || /^[0-9]/.test(plain) ? `_${plain}` : plain
}

/** The first letter of each part in upper case: `retry_count` becomes `RetryCount`. */
export function pascalOf(text: string): string {
  const parts = text.split(/[^A-Za-z0-9]+/).filter((part) => part !== '')
  return identifierOf(parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join(''))
}

/**
 * Member names for keys. A key that can be a name is one; of the others, in their order, reserved words and repeated names get
 * underscores, so that a key that is added takes no name from one that was there.
 */
export function memberNames(keys: readonly string[]): ReadonlyMap<string, string> {
  const isName = (key: string): boolean => identifierOf(key) === key && !isReservedMember(key)
  const names = new Map(keys.filter(isName).map((key) => [key, key]))
  const taken = new Set(names.values())
  for (const key of keys) {
    if (names.has(key)) continue
    let name = identifierOf(key)
    while (isReservedMember(name) || taken.has(name)) name += '_'
    taken.add(name)
    names.set(key, name)
  }
  return new Map(keys.map((key) => [key, names.get(key) ?? key]))
}

function isReservedMember(name: string): boolean {
  return RESERVED_WORDS.has(name) || RESERVED_MEMBERS.has(name)
}

/** Hands out class names, each once. */
export class ClassNames {
  private readonly taken = new Set<string>()

  /** The name, or the name with the first number that makes it free. */
  claim(wanted: string): string {
    let name = wanted
    for (let number = 2; this.taken.has(name) || isReservedClass(name); number += 1) name = `${wanted}${number}`
    this.taken.add(name)
    return name
  }
}

function isReservedClass(name: string): boolean {
  return RESERVED_CLASSES.has(name) || RESERVED_WORDS.has(name)
}

interface SchemaNameParts {
  readonly full: string
  readonly namespace: string
  readonly base: string
  readonly version: string
}

function splitSchemaName(full: string): SchemaNameParts {
  const slash = full.indexOf('/')
  const at = full.lastIndexOf('@')
  const end = at < 0 ? full.length : at
  return {
    full,
    namespace: pascalOf(full.slice(0, Math.max(slash, 0))),
    base: identifierOf(full.slice(slash + 1, end)),
    version: identifierOf(full.slice(end + 1)).replace(/^_/, ''),
  }
}

/**
 * A class name for each schema: `demo/CounterState@1` is `CounterState`. When two schemas would have the same name,
 * both get their version (`CounterStateV1`), and if that does not tell them apart also their namespace.
 */
export function nameSchemas(schemas: readonly string[], classes: ClassNames): ReadonlyMap<string, string> {
  const parts = [...schemas].sort(compareText).map(splitSchemaName)
  const plain = countBy(parts, (part) => part.base)
  const versioned = countBy(parts, (part) => `${part.base}V${part.version}`)
  const names = new Map<string, string>()
  for (const part of parts) {
    const withVersion = `${part.base}V${part.version}`
    let name = part.base
    if ((plain.get(part.base) ?? 0) > 1 || isReservedClass(part.base)) name = withVersion
    if (name === withVersion && (versioned.get(withVersion) ?? 0) > 1) name = `${part.namespace}${withVersion}`
    names.set(part.full, classes.claim(name))
  }
  return names
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return counts
}

export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
