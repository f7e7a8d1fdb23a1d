/** The words of type expressions (spec/03-air.md, "Type expressions"). */
import type { MapKeyType, PrimitiveType } from '../model.ts'

/** Every primitive. */
export const PRIMITIVE_WORDS: readonly PrimitiveType[] = [
  'bool',
  'int',
  'nat',
  'dec128',
  'bytes',
  'text',
  'time',
  'duration',
  'hash',
  'uuid',
  'unit',
]

/** Every sort of key. */
export const MAP_KEY_WORDS: readonly MapKeyType[] = ['int', 'nat', 'text', 'uuid', 'hash']

const PRIMITIVES: ReadonlySet<string> = new Set(PRIMITIVE_WORDS)

const MAP_KEYS: ReadonlySet<string> = new Set(MAP_KEY_WORDS)

const FORMS: ReadonlySet<string> = new Set(['record', 'variant', 'list', 'set', 'map', 'option', 'ref'])

export function isPrimitiveType(word: string): word is PrimitiveType {
  return PRIMITIVES.has(word)
}

/** True for the sorts that may be keys of maps and keys of cells. */
export function isMapKeyType(word: string): word is MapKeyType {
  return MAP_KEYS.has(word)
}

/** True for a word that may be the one key of a type expression. */
export function isTypeWord(word: string): boolean {
  return PRIMITIVES.has(word) || FORMS.has(word)
}
