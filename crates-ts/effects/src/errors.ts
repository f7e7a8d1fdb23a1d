/** Codes of the effects package (spec/08-errors.md). */
export const EFFECTS_ERRORS = {
  'effects.bad_batch': 'index, size and path of a batch signature do not belong together',
} as const

export type EffectsErrorCode = keyof typeof EFFECTS_ERRORS
