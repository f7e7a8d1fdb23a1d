/** Whether a change narrows, keeps or widens what a world may do (spec/23-authority.md). */
import type { DefinitionSet } from '../definitions/definition-set.ts'
import { compareCaps, compareEffects } from './compare-effects.ts'
import { compareGrants } from './compare-grants.ts'
import { comparePlans, compareReducers } from './compare-origins.ts'
import { compareApprovals, compareApprovers, compareBindings, compareLimits } from './compare-people.ts'
import { compareRest } from './compare-rest.ts'
import { comparePolicy, compareSecrets } from './compare-rules.ts'
import { compareWays } from './compare-ways.ts'
import { makeReport } from './items.ts'
import type { AuthorityItem, AuthorityReport } from './port.ts'
import { makeSide, type Sides } from './side.ts'
import { TypeIds } from '../types/type-ids.ts'

/** Two complete sets that were checked: what is in force, and what is to come into force. */
export interface CompareAuthorityOptions {
  readonly base: DefinitionSet
  readonly next: DefinitionSet
}

/** The gate finds slots for secrets by these names. */
const SECRET_SLOTS: ReadonlySet<string> = new Set(['sys/TextOrSecretRef@1', 'sys/BytesOrSecretRef@1'])

const COMPARISONS: readonly ((sides: Sides) => readonly AuthorityItem[])[] = [
  compareEffects,
  compareCaps,
  compareGrants,
  comparePolicy,
  compareSecrets,
  comparePlans,
  compareReducers,
  compareWays,
  compareBindings,
  compareApprovers,
  compareApprovals,
  compareLimits,
]

/**
 * Item by item what is different, and the verdict. What is not shown to narrow or keep widens; without a difference there is no item, and the
 * verdict is `keeps`. Never throws for sets that hold; equal sets give equal reports, byte for byte (spec/23-authority.md, "Rules").
 */
export function compareAuthority({ base, next }: CompareAuthorityOptions): AuthorityReport {
  const sides: Sides = { before: makeSide(base), after: makeSide(next), types: new TypeIds(SECRET_SLOTS) }
  const items = COMPARISONS.flatMap((compare) => compare(sides))
  return makeReport([...items, ...compareRest(sides, items)])
}
