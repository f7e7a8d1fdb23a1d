/** Codes of the adapters package (spec/08-errors.md). Codes that stand in receipts are in `failures.ts`. */
export const ADAPTERS_ERRORS = {
  'adapter.bad_config': 'the configuration of an adapter is not of its form',
  'adapter.bad_params': 'parameters that reached an adapter are not of the schema of the kind',
  'adapter.bad_script': 'the script of a scripted adapter is not of its form',
  'secret.too_short': 'a secret is shorter than 8 bytes, so that removing it would remove other texts too',
} as const

export type AdaptersErrorCode = keyof typeof ADAPTERS_ERRORS
