/** What structures are made of (spec/03-air.md, "Definitions"). */
import { Type, type ArrayOptions, type ObjectOptions, type TSchema } from '@sinclair/typebox'
import { AIR_LIMITS } from '../limits.ts'
import { DEFINITION_NAME_LENGTH_MAX, DEFINITION_NAME_PATTERN, SECRET_NAME_PATTERN, WORD_PATTERN } from '../names.ts'

/** No key but those of the structure and annotations. */
export const CLOSED: ObjectOptions = { additionalProperties: false }
const UNSUPPORTED = { code: 'air.unsupported' }
/** A list as long as lists of definitions may be. */
export const BOUNDED: ArrayOptions = { maxItems: AIR_LIMITS.listEntriesMax, code: 'air.too_large' }

/** How a definition is called, `space/Name@version`. */
export const Name: TSchema = Type.String({
  pattern: DEFINITION_NAME_PATTERN,
  maxLength: DEFINITION_NAME_LENGTH_MAX,
  code: 'air.bad_name',
})

/** Names that are not of definitions: effect kinds, slots, cap types, field paths. */
export const Word: TSchema = Type.String({ minLength: 1, maxLength: DEFINITION_NAME_LENGTH_MAX, code: 'air.bad_name' })

/** A word without a dot, so that a reference can name it. */
export const Id: TSchema = Type.String({
  pattern: WORD_PATTERN,
  maxLength: DEFINITION_NAME_LENGTH_MAX,
  code: 'air.bad_name',
  want: 'a word of 1 to 256 characters without a dot',
})

/** How a secret is called, `alias@version`. */
export const SecretName: TSchema = Type.String({
  pattern: SECRET_NAME_PATTERN,
  maxLength: DEFINITION_NAME_LENGTH_MAX,
  code: 'air.bad_name',
  want: 'a name like mail/key@1',
})

/** Read by the grammar of expressions. */
export const Expression: TSchema = Type.Unknown({ part: 'expression' })
/** Read by the schema that its place in a plan has. */
export const Slot: TSchema = Type.Unknown({ part: 'slot' })
/** A nat, read from the text of the number. */
export const Natural: TSchema = Type.Unknown({ part: 'natural' })
/** A whole number from 1, read from its text. */
export const Count: TSchema = Type.Unknown({ part: 'count' })

/** A list of names that are not of definitions. */
export const Words: TSchema = Type.Array(Word, BOUNDED)

/** A text that is exactly one of these words. */
export function choice(...words: readonly string[]): TSchema {
  return Type.Union(words.map((word) => Type.Literal(word)))
}

/** A section that is not carried out. */
export const EmptyList: TSchema = Type.Array(Type.Unknown(), { maxItems: 0, ...UNSUPPORTED })
