/** Every code that this package can produce (spec/08-errors.md). */
export const SDK_ERRORS = {
  'sdk.unknown_schema': 'A module or a schema refers to a schema that was not given to the class generator.',
  'sdk.recursive_schema': 'A schema refers to itself, which AIR does not allow.',
  'sdk.not_a_guest': 'A module definition has no ABI of its kind, so that there is nothing to generate for.',
  'sdk.sources_missing': 'The folder of the guest SDK could not be read.',
} as const
