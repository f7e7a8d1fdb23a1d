/** The codes of patches beside those of definitions (spec/18-patches.md, "Strictness"). */
export const PATCH_ERRORS = {
  'air.bad_operation': 'An entry of a patch is not an object with exactly one operation.',
  'air.def_exists': 'A patch adds a definition that is there already.',
  'air.def_unknown': 'A patch replaces, removes or lists a definition that is not there.',
  'air.no_effect': 'A patch, or an operation of it, changes nothing.',
  'air.patch_conflict': 'Two operations of a patch are about the same thing.',
  'air.patch_node': 'An operation has another kind or name than its node.',
  'air.patch_order': 'The order that a patch gives a section does not name exactly what it lists.',
  'air.pre_hash': 'What a patch takes the place of has another hash than it says.',
  'air.stale_base': 'A patch was made for another manifest than the one that it is to change.',
} as const

/** Codes that reading and applying a patch can end with, beside those of definitions. */
export type PatchErrorCode = keyof typeof PATCH_ERRORS
