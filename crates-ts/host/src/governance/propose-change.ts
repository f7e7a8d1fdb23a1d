/** `aos gov propose|revert`, and `aos push` to a world with approvers: a change is put up for decision (spec/17-governance.md, "Propose"). */
import {
  applyPatch,
  compareAuthority,
  completePatch,
  decodeDefinition,
  definitionsOf,
  encodeDefinition,
  encodePatch,
  hashDefinition,
  hashPatch,
  makeDefinitionSet,
  makePatch,
  parsePatch,
  patchText,
} from '@aos/air'
import type { AuthorityReport, DefinitionSet, JsonNode, Patch } from '@aos/air'
import { AosError, formatPath, hashText } from '@aos/cbor'
import type { Hash, Issue } from '@aos/cbor'
import type { SigningWorld, WorldFacts } from '../daemon/signing-world.ts'
import { signGovernance } from '../keys/governance-command.ts'
import type { KeyPair } from '../keys/key-pair.ts'
import { builtinModules } from '../push/assemble.ts'
import type { Assembly } from '../push/assemble.ts'
import { nodeSha256 } from '../sha256.ts'
import { checkMigrations } from './check-migrations.ts'
import { readDefinitionSet } from './definition-set.ts'

/** What is known of a world that has begun. */
export type KnownFacts = WorldFacts & { readonly id: Hash; readonly manifestHash: Hash }

/** A change that fits what is in force. */
export interface PreparedChange {
  /** Of the world when it was prepared: it is proposed for what was in force then. */
  readonly facts: KnownFacts
  readonly patch: Patch
  readonly patchHash: Hash
  readonly base: DefinitionSet
  readonly next: DefinitionSet
  readonly manifest: Hash
  /** What has to be content before it is proposed. */
  readonly content: readonly Uint8Array[]
  readonly authority: AuthorityReport
  /** In words, for people. */
  readonly text: string
}

/** A document in one of the two lenses; hashes may be left to be filled in. Throws `gov.bad_patch` with details.issues, `host.bad_migration`. */
export async function preparePatch(world: SigningWorld, document: JsonNode): Promise<PreparedChange> {
  const facts = needFacts(await world.facts())
  const base = await readDefinitionSet(world, facts.manifestHash)
  const parsed = parsePatch(document, { base })
  if (!parsed.ok) throw badPatch(parsed.issues)
  const patch = completePatch({ sha256: nodeSha256, base, patch: parsed.value })
  return prepare({ facts, base, patch, known: [] })
}

/** The difference between what is in force, as the facts say, and what a push of the folder would put in force. Throws `host.no_genesis`, `host.bad_migration`. */
export async function prepareFolder(
  world: SigningWorld,
  { assembly, facts: given }: { readonly assembly: Assembly; readonly facts: WorldFacts },
): Promise<PreparedChange> {
  const facts = needFacts(given)
  const base = await readDefinitionSet(world, facts.manifestHash)
  const patch = makePatch({ sha256: nodeSha256, base, next: definitionSetOf(assembly) })
  return prepare({ facts, base, patch, known: [...assembly.nodes, ...assembly.modules.map(({ bytes }) => bytes)] })
}

/** What a push of the folder would put in force. */
export function definitionSetOf({ manifest, nodes }: Pick<Assembly, 'manifest' | 'nodes'>): DefinitionSet {
  return makeDefinitionSet(
    manifest,
    nodes.map((node) => decodeDefinition(node)),
  )
}

/** From what is in force back to the base of a proposal. Throws `gov.unknown_proposal`. */
export async function prepareRevert(world: SigningWorld, number: number): Promise<PreparedChange> {
  const facts = needFacts(await world.facts())
  const proposal = await world.proposal({ number })
  if (proposal.status !== 'applied') {
    throw new AosError('host.not_applied', `proposal ${number} is ${proposal.status}, so there is nothing to take back`)
  }
  const base = await readDefinitionSet(world, facts.manifestHash)
  const next = await readDefinitionSet(world, proposal.base)
  return prepare({ facts, base, patch: makePatch({ sha256: nodeSha256, base, next }), known: [] })
}

interface Preparing extends Pick<PreparedChange, 'facts' | 'base' | 'patch'> {
  /** More that has to be content. */
  readonly known: readonly Uint8Array[]
}

function prepare({ facts, base, patch, known }: Preparing): PreparedChange {
  const applied = applyPatch({ sha256: nodeSha256, base, patch })
  if (!applied.ok) throw badPatch(applied.issues)
  const next = applied.value
  checkMigrations({ base, next })
  const builtins = builtinModules(next.manifest)
  const definitions = [...definitionsOf(next), ...builtins.map(({ module }) => module), next.manifest]
  const nodes = definitions.map((definition) => encodeDefinition(definition))
  return {
    facts,
    patch,
    patchHash: hashPatch(nodeSha256, patch),
    base,
    next,
    manifest: hashDefinition(nodeSha256, next.manifest),
    content: [encodePatch(patch), ...nodes, ...builtins.map(({ bytes }) => bytes), ...known],
    authority: compareAuthority({ base, next }),
    text: patchText({ base, next }),
  }
}

/** What is said of a proposal beside its patch. */
export interface ProposeOptions {
  readonly description?: string | undefined
  readonly reverts?: number | undefined
  readonly key: KeyPair
}

/**
 * Stores what the change relies on, signs and submits. Returns number and height. Throws the kernel's refusals: `kernel.stale_base` when something else was put
 * in force since it was prepared.
 */
export async function proposeChange(
  world: SigningWorld,
  change: PreparedChange,
  { description, reverts, key }: ProposeOptions,
): Promise<{ readonly height: number; readonly number: number }> {
  const { id, manifestHash, manifestHeight } = change.facts
  await world.put(change.content)
  const command = {
    op: 'propose',
    patch: change.patchHash,
    manifest: change.manifest,
    base: manifestHash,
    baseHeight: manifestHeight,
    ...(description === undefined ? {} : { description }),
    ...(reverts === undefined ? {} : { reverts }),
  } as const
  const height = await world.submit(signGovernance(key, { world: id, command, blobs: blobsOf(change) }))
  const { number } = await world.proposal({ height })
  return { height, number }
}

/** Patch, nodes, and the modules that they name; each once. */
function blobsOf({ content, next }: PreparedChange): readonly Hash[] {
  const modules = [...next.modules.values()].map(({ wasmHash }) => wasmHash)
  return [...new Set([...content.map((bytes) => hashText(nodeSha256, bytes)), ...modules])]
}

/** Throws `host.no_genesis`. */
export function needFacts(facts: WorldFacts): KnownFacts {
  const { id, manifestHash } = facts
  if (id !== undefined && manifestHash !== undefined) return { ...facts, id, manifestHash }
  throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
}

function badPatch(issues: readonly Issue[]): AosError {
  const [first] = issues
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  const said = first === undefined ? 'it does not hold' : `${first.message} [${first.code}]`
  return new AosError('gov.bad_patch', `the patch does not fit what is in force: ${said}${more}`, {
    path: first?.path,
    details: { issues: issues.map((issue) => ({ ...issue, path: formatPath(issue.path) })) },
  })
}
