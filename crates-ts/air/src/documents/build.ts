/** Building blocks of document schemas. */
import { Type, type TObject, type TProperties, type TSchema } from '@sinclair/typebox'

/** Keys that mean nothing wherever an object has fixed keys (spec/03-air.md, "Annotations"). */
export const ANNOTATION_PATTERN = '^(\\$comment|description|x-[\\s\\S]*)$'

/** A JSON pointer to a part, also its `$id` while TypeBox checks. */
export function partId(name: string): string {
  return `#/$defs/${name}`
}

/** What stands under `$defs`. */
export function partRef(name: string): TSchema {
  return Type.Ref(partId(name))
}

/**
 * An object with these members, annotations, and no others; `others` is the pattern of keys that are passed over. TypeBox
 * knows keys of two sorts only as an intersection; the file has the plain form that `plainClosed` gives.
 */
export function closedObject(properties: TProperties, others: string = ANNOTATION_PATTERN): TSchema {
  const members = Type.Object(properties)
  const names = Object.keys(properties).map((name) => name.replaceAll(/[$.*+?^(){}|[\]\\]/g, '\\$&'))
  const pattern = names.length === 0 ? others : `${others}|^(${names.join('|')})$`
  const keys = Type.Record(Type.String({ pattern }), Type.Unknown(), { additionalProperties: false })
  return Type.Intersect([members, keys], { closed: { ...members, patternProperties: { [others]: {} } } })
}

/** A replacer for JSON.stringify: closed objects as every JSON Schema tool knows them. */
export function plainClosed(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('closed' in value)) return value
  const { allOf: _, closed, ...rest } = value as { readonly allOf: unknown; readonly closed: object } // by `closedObject`
  return { ...rest, ...closed, additionalProperties: false }
}

/** An object that may get more members in a later version. */
export function openObject(properties: TProperties): TObject {
  return Type.Object(properties)
}

/** Entries whose keys the author chooses: any text but the empty one. */
export function entries(value: TSchema, options: { readonly maxProperties?: number } = {}): TSchema {
  return Type.Record(Type.String({ pattern: '^[\\s\\S]+$' }), value, { ...options, additionalProperties: false })
}

/** One of the words. */
export function oneOf(words: readonly string[]): TSchema {
  return Type.Union(words.map((word) => Type.Literal(word)))
}

/** `sha256:` and 64 digits. */
export function hashText(): TSchema {
  return Type.String({ pattern: '^sha256:[0-9a-f]{64}$' })
}
