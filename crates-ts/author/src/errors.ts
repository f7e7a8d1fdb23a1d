/** What each code of the builders means (spec/08-errors.md). */
export const AUTHOR_ERRORS = {
  'author.bad_value': 'A value in a world file does not fit the type that is expected there.',
  'author.unknown_member': 'An expression asks for a field, an arm or a part that its type does not have.',
  'author.not_a_value': 'A world file uses as a value what is computed only when the plan runs.',
  'author.bad_plan': 'The steps of a plan do not hold together: an id or a variable twice, or a step of another plan.',
  'author.bad_path': 'A key or a correlation is no path of fields.',
  'author.no_world': 'The default export of a world file is not what `world` returns.',
} as const

/** The codes of the table. */
export type AuthorErrorCode = keyof typeof AUTHOR_ERRORS
