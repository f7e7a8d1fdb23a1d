/** Names of definitions (spec/03-air.md, "Names"). */

/** `namespace/Name@version`. Also given to TypeBox as text. */
export const DEFINITION_NAME_PATTERN = '^[a-z][a-z0-9._-]*/[A-Za-z][A-Za-z0-9._-]*@[1-9][0-9]*$'

/** Characters of a name; all of them are ASCII. */
export const DEFINITION_NAME_LENGTH_MAX = 256

const DEFINITION_NAME = new RegExp(DEFINITION_NAME_PATTERN)

/** True for `namespace/Name@version` with a version of at least 1 and no leading zero. */
export function isDefinitionName(text: string): boolean {
  return text.length <= DEFINITION_NAME_LENGTH_MAX && DEFINITION_NAME.test(text)
}

/** `alias@version`: the name of a secret. */
export const SECRET_NAME_PATTERN = '^[A-Za-z][A-Za-z0-9._/-]*@[1-9][0-9]{0,9}$'

/** Steps, variables and grants: what a reference names ends at its first dot. */
export const WORD_PATTERN = '^[^.]+$'

/** An effect kind, or its beginning and `*`. */
export const EFFECT_PATTERN_PATTERN = '^([^*]+|([^*]+\\.)?\\*)$'

const SECRET_NAME = new RegExp(SECRET_NAME_PATTERN)

/** True for `alias@version`. */
export function isSecretName(text: string): boolean {
  return text.length <= DEFINITION_NAME_LENGTH_MAX && SECRET_NAME.test(text)
}

/** True for a name that belongs to the system; only the built-ins have such names. */
export function isReservedName(name: string): boolean {
  return name.startsWith('sys/')
}

/** Keys that are read and forgotten wherever an object has fixed keys: `$comment`, `description`, `x-…`. */
export function isAnnotationKey(key: string): boolean {
  return key === '$comment' || key === 'description' || key.startsWith('x-')
}
