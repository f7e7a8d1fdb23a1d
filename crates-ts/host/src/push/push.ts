/** `aos push`: the folder into the world, as a signed manifest entry (K1, G2). */
import { EMPTY_MANIFEST, decodeDefinition, hashDefinition } from '@aos/air'
import type { Authority, Manifest } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { encodeSetManifest } from '@aos/kernel'
import type { GenesisIngress, ManifestIngress } from '@aos/kernel'
import { randomBytes } from 'node:crypto'
import { signingWorldOf } from '../daemon/signing-world.ts'
import type { HostWorld } from '../host-world.ts'
import type { SigningWorld, WorldFacts } from '../daemon/signing-world.ts'
import { checkMigrations } from '../governance/check-migrations.ts'
import { readDefinitionSet } from '../governance/definition-set.ts'
import { definitionSetOf, prepareFolder, proposeChange } from '../governance/propose-change.ts'
import { guardPush } from '../pull/guard-push.ts'
import { createHostKey, ensureOwnerKey, readOwnerKey } from '../keys/key-ring.ts'
import { signRequest } from '../keys/request.ts'
import { keepModuleMap } from '../module-maps.ts'
import { ownerPrincipal } from '../principal.ts'
import { readSettings } from '../settings.ts'
import { nodeSha256 } from '../sha256.ts'
import { readSyncFile } from '../sync-file.ts'
import { assemble } from './assemble.ts'
import type { Assembly } from './assemble.ts'
import type { FileIssue } from './air-folder.ts'
import { compareManifests } from './changes.ts'
import type { Change } from './changes.ts'
import type { ModuleBuilder } from './module-builder.ts'

/** What a push may do: a dry run compiles and checks but signs and appends nothing. */
export interface PushOptions {
  readonly builder: ModuleBuilder
  readonly dryRun: boolean
  readonly forceBuild: boolean
  /** Takes back what changed in the world since the folder agreed with it. */
  readonly overwrite?: boolean
  readonly message: string | undefined
  readonly onProgress: (line: string) => void
}

/** What a push did to the manifest in force, or would have done. */
export interface PushReport {
  /** `pushed`: in force by the owner's key alone. `proposed`: the manifest in force names approvers, so it waits for them. Otherwise there is no entry. */
  readonly outcome: 'pushed' | 'proposed' | 'unchanged' | 'dry_run'
  /** Of the proposal. */
  readonly proposal?: number
  readonly authority?: Authority
  /** Undefined while there is no genesis. */
  readonly world: Hash | undefined
  readonly manifest: Hash
  /** Of the new entry, or of the one that put this manifest in force. */
  readonly height: number | undefined
  readonly changes: readonly Change[]
  readonly warnings: readonly FileIssue[]
  /** File of the owner key, when this push made it: the person had none and the world has no owner yet (G2). */
  readonly ownerKeyMade: string | undefined
}

/** What a folder is assembled with. */
export interface AssembleFolderOptions extends Pick<PushOptions, 'builder' | 'forceBuild' | 'onProgress'> {
  /** Files or folders with the definitions; those of the world folder unless given. */
  readonly airPath?: string | undefined
}

/** The definitions and modules that a push would put in force. Throws what `assemble` throws, and `wasm.*` for a module that is refused. */
export async function assembleFolder(world: SigningWorld, options: AssembleFolderOptions): Promise<Assembly> {
  return (await assembleAndAdmit(world, options)).assembly
}

async function assembleAndAdmit(
  world: SigningWorld,
  options: AssembleFolderOptions,
): Promise<{ readonly assembly: Assembly; readonly rewritten: readonly Uint8Array[] }> {
  const assembly = await assemble({
    folder: world.folder,
    sync: readSyncFile(world.folder.syncFile),
    builder: options.builder,
    forceBuild: options.forceBuild,
    stored: (hash) => world.get(hash),
    onProgress: options.onProgress,
    airPath: options.airPath,
  })
  return { assembly, rewritten: admitModules(world, assembly) }
}

/** Throws what `assemble` and `guardPush` throw, `host.bad_migration`, `wasm.*` for a module that is refused, `key.missing`, and the kernel's refusals. */
export async function push(world: HostWorld | SigningWorld, options: PushOptions): Promise<PushReport> {
  const host = signingWorldOf(world)
  const before = await host.facts()
  const { assembly, rewritten } = await assembleAndAdmit(host, options)
  const guard = await guardPush(host, { facts: before, assembly, overwrite: options.overwrite === true, by: 'push' })
  const inForce = await manifestInForce(host, before.manifestHash)
  await checkMigrationsOf(host, { before, assembly })
  const changes = compareManifests(inForce, assembly.manifest)
  const report = { manifest: assembly.manifestHash, changes, warnings: assembly.warnings, ownerKeyMade: undefined }
  if (!options.dryRun) {
    await options.builder.installForEditors({ hidden: host.folder.hidden, builds: assembly.builds })
    for (const { bytes, sourceMap } of assembly.modules) {
      if (sourceMap !== undefined) keepModuleMap(host.folder, bytes, sourceMap)
    }
  }
  if (before.manifestHash === assembly.manifestHash) {
    if (!options.dryRun) guard.inForce(before)
    return { ...report, world: before.id, outcome: 'unchanged', height: before.manifestHeight }
  }
  if (options.dryRun) return { ...report, world: before.id, outcome: 'dry_run', height: undefined }
  if (inForce.approvers.length > 0) {
    const key = readOwnerKey(host.keyFolder)
    const change = await prepareFolder(host, { assembly, facts: before })
    const { height, number } = await proposeChange(host, change, { key, description: options.message })
    guard.proposed(before, number)
    return {
      ...report,
      world: before.id,
      outcome: 'proposed',
      height,
      proposal: number,
      authority: change.authority.verdict,
    }
  }
  await host.put([...assembly.nodes, ...assembly.modules.map(({ bytes }) => bytes), ...rewritten])
  const ownerKeyMade = before.height === undefined ? await makeGenesis(host) : undefined
  // Whatever was put in force since the folder was compared is not taken back.
  const facts = before.height === undefined ? await host.facts() : before
  const pushed = { ...report, world: facts.id, outcome: 'pushed', ownerKeyMade } as const
  // A manifest of nothing is what genesis puts in force.
  const isGenesis = facts.manifestHash === assembly.manifestHash
  if (!isGenesis) guard.begun(facts)
  const height = isGenesis ? 0 : await setManifest(host, { assembly, facts, message: options.message })
  guard.inForce(facts)
  return { ...pushed, height }
}

async function manifestInForce(host: SigningWorld, hash: Hash | undefined): Promise<Manifest> {
  if (hash === undefined || hash === hashDefinition(nodeSha256, EMPTY_MANIFEST)) return EMPTY_MANIFEST
  const bytes = await host.get(hash)
  const node = bytes === undefined ? undefined : decodeDefinition(bytes)
  if (node?.kind === 'manifest') return node
  throw new AosError('store.missing_blob', `the store lacks the manifest ${hash}`, { details: { hash } })
}

async function checkMigrationsOf(
  host: SigningWorld,
  { before, assembly }: { readonly before: WorldFacts; readonly assembly: Assembly },
): Promise<void> {
  const { manifestHash } = before
  const isChange = manifestHash !== undefined && manifestHash !== assembly.manifestHash
  if (!isChange || assembly.manifest.migrations.length === 0) return
  checkMigrations({ base: await readDefinitionSet(host, manifestHash), next: definitionSetOf(assembly) })
}

/** Refuses what the runtime refuses before anything is written; returns the bytes that will really run. */
function admitModules(host: SigningWorld, assembly: Assembly): readonly Uint8Array[] {
  return assembly.modules.map(({ module, bytes }) => {
    const entry = module.moduleKind === 'reducer' ? 'step' : 'run'
    try {
      return host.modules.load({ wasmHash: module.wasmHash, bytes, entry }).rewritten
    } catch (error) {
      if (!isAosError(error)) throw error
      const { hint, details } = error
      throw new AosError(error.code, `${module.name}: ${error.message}`, {
        path: ['modules', module.name],
        hint,
        details,
        cause: error,
      })
    }
  })
}

/** Height 0. Returns the file of the owner key if it had to be made. */
async function makeGenesis(host: SigningWorld): Promise<string | undefined> {
  const { key: owner, created } = ensureOwnerKey(host.keyFolder)
  const hostKey = createHostKey(host.keyFolder)
  const { clock, entropy } = readSettings(host.folder.settingsFile)
  const genesis: GenesisIngress = {
    kind: 'genesis',
    principal: ownerPrincipal(owner),
    nonce: new Uint8Array(randomBytes(16)),
    clock: clock.mode,
    entropy: entropy.mode,
    ownerKeys: [owner.publicKey],
    hostKeys: [hostKey.publicKey],
  }
  await host.submit(genesis)
  return created ? owner.file : undefined
}

interface NewManifest {
  readonly assembly: Assembly
  readonly facts: WorldFacts
  readonly message: string | undefined
}

async function setManifest(host: SigningWorld, { assembly, facts, message }: NewManifest): Promise<number> {
  const owner = readOwnerKey(host.keyFolder)
  const { id: world, manifestHash: base } = facts
  if (base === undefined || world === undefined) throw new AosError('host.no_genesis', 'the world has no genesis yet')
  const command = {
    manifest: assembly.manifestHash,
    base,
    baseHeight: facts.manifestHeight,
    ...(message === undefined ? {} : { message }),
  }
  const ingress: ManifestIngress = {
    kind: 'manifest',
    principal: ownerPrincipal(owner),
    ...command,
    blobs: assembly.blobs,
    auth: [signRequest(owner, { world, command: encodeSetManifest(command) })],
  }
  return host.submit(ingress)
}
