/** What a push must not take back, and what it notes (spec/22-sync.md, "Definitions"). */
import { decodeDefinition } from '@aos/air'
import type { Definition, Manifest } from '@aos/air'
import { AosError } from '@aos/cbor'
import type { SigningWorld, WorldFacts } from '../daemon/signing-world.ts'
import { readDefinitionSet } from '../governance/definition-set.ts'
import type { Assembly } from '../push/assemble.ts'
import { readAgreement, writeAgreement } from './agreement.ts'
import type { Agreement } from './agreement.ts'
import { compareItems } from './compare-items.ts'
import { itemsOf } from './items.ts'
import type { Items } from './items.ts'
import { sideOf, sideOfSet } from './plan-pull.ts'
import { listItems, withoutImplied } from './report-items.ts'
import { refuseUnfinished } from './pull.ts'

/** A push or a proposal that may go on, and what is to be noted of it. */
export interface GuardedPush {
  /** Before it is sent: whoever is cut off finds out later whether it arrived. */
  begun(facts: WorldFacts): void
  /** It is in force. */
  inForce(facts: WorldFacts): void
  /** It waits for a decision. */
  proposed(facts: WorldFacts, proposal: number): void
}

/** What a folder says, and how it is to be brought to a world. */
export interface GuardOptions {
  readonly facts: WorldFacts
  readonly assembly: Assembly
  /** Take back what others changed. */
  readonly overwrite: boolean
  readonly by: 'push' | 'proposal'
}

/**
 * Throws `sync.conflict` when the folder would take back what was changed in the world since they agreed, `sync.unfinished`, `sync.bad_state`. Without
 * notes there is nothing to compare with.
 */
export async function guardPush(
  host: SigningWorld,
  { facts, assembly, overwrite, by }: GuardOptions,
): Promise<GuardedPush> {
  refuseUnfinished(host)
  const agreement = await readAgreement(host, facts)
  const items = itemsOfAssembly(assembly)
  const isMoved = facts.manifestHash !== undefined && facts.manifestHash !== assembly.manifestHash
  if (agreement?.items !== undefined && facts.manifestHash !== undefined && isMoved && !overwrite) {
    const inForce = itemsOf(sideOfSet(await readDefinitionSet(host, facts.manifestHash)))
    refuseTakingBack({ folder: items, inForce, last: agreement.items }, by)
  }
  const note = ({ id: world }: WorldFacts, noted: Omit<Agreement, 'world'>): void => {
    if (world !== undefined) writeAgreement(host.folder, { world, ...noted })
  }
  const last = agreement?.items
  const pending = agreement?.pending ?? []
  const manifest = assembly.manifestHash
  return {
    begun: (at) => {
      note(at, { items: last, pending: [...pending, { manifest, proposal: undefined, items }] })
    },
    inForce: (at) => {
      note(at, { items, pending })
    },
    proposed: (at, proposal) => {
      note(at, { items: last, pending: [...pending, { manifest, proposal, items }] })
    },
  }
}

function itemsOfAssembly({ manifest, nodes }: Pick<Assembly, 'manifest' | 'nodes'>): Items {
  const definitions = nodes.map((node) => decodeDefinition(node))
  return itemsOf(sideOf(manifest, definitions.filter(isNamed)))
}

function isNamed(definition: Definition): definition is Exclude<Definition, Manifest> {
  return definition.kind !== 'manifest'
}

interface PushSides {
  readonly folder: Items
  readonly inForce: Items
  readonly last: Items
}

/** A push brings all that the folder says, so that whatever the world has otherwise must be as it was. */
function refuseTakingBack({ folder, inForce, last }: PushSides, by: GuardOptions['by']): void {
  const verdicts = compareItems({ from: folder, to: inForce, last, folder: 'from' })
  const paths = [...verdicts].flatMap(([item, verdict]) => (verdict === 'kept' || verdict === 'conflict' ? [item] : []))
  if (paths.length === 0) return
  throw new AosError('sync.conflict', `this ${by} would take back what changed in the world: ${listItems(paths)}`, {
    details: { paths: withoutImplied(paths) },
    hint: `nothing was written; \`aos pull\` brings it into the folder. \`${COMMANDS[by]} --overwrite\` takes it back`,
  })
}

const COMMANDS: Readonly<Record<GuardOptions['by'], string>> = { push: 'aos push', proposal: 'aos gov propose' }
