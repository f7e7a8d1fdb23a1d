/** Built-in definitions by the section of a manifest that may list them (spec/03-air.md, "Built-in definitions"). */
import type { Hash, Sha256Port } from '@aos/cbor'
import { hashDefinition } from '../definitions/node.ts'
import type { ReferenceSection } from '../definitions/parse-manifest.ts'
import type { Definition } from '../model.ts'
import { BUILTIN_CAP_HASHES, BUILTIN_CAPS } from './caps.ts'
import { BUILTIN_EFFECT_HASHES, BUILTIN_EFFECTS } from './effects.ts'
import { BUILTIN_MODULES } from './modules.ts'
import { BUILTIN_SCHEMA_HASHES, BUILTIN_SCHEMAS } from './schemas.ts'

/** The built-in definition of a name in a section; there are no built-in plans, policies and secrets. */
export function builtinDefinition(section: ReferenceSection, name: string): Definition | undefined {
  switch (section) {
    case 'schemas':
      return BUILTIN_SCHEMAS.get(name)
    case 'modules':
      return BUILTIN_MODULES.get(name)
    case 'effects':
      return BUILTIN_EFFECTS.get(name)
    case 'caps':
      return BUILTIN_CAPS.get(name)
    default:
      return undefined
  }
}

/** The hash of the built-in definition of a name in a section. */
export function builtinHash(sha256: Sha256Port, section: ReferenceSection, name: string): Hash | undefined {
  switch (section) {
    case 'schemas':
      return BUILTIN_SCHEMA_HASHES.get(name)
    case 'effects':
      return BUILTIN_EFFECT_HASHES.get(name)
    case 'caps':
      return BUILTIN_CAP_HASHES.get(name)
    case 'modules': {
      const module = BUILTIN_MODULES.get(name)
      return module && hashDefinition(sha256, module)
    }
    default:
      return undefined
  }
}
