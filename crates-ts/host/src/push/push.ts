/** `aos push`: the folder into the world, as a signed manifest entry (K1, G2). */
import { EMPTY_MANIFEST } from '@aos/air'
import type { Manifest } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { encodeSetManifest } from '@aos/kernel'
import type { GenesisIngress, ManifestIngress, TurnResult } from '@aos/kernel'
import { randomBytes } from 'node:crypto'
import type { HostWorld } from '../host-world.ts'
import { createHostKey, ensureOwnerKey, readOwnerKey } from '../keys/key-ring.ts'
import { signRequest } from '../keys/request.ts'
import { keepModuleMap } from '../module-maps.ts'
import { ownerPrincipal } from '../principal.ts'
import { readSettings } from '../settings.ts'
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
  readonly message: string | undefined
  readonly onProgress: (line: string) => void
}

/** What a push did to the manifest in force, or would have done. */
export interface PushReport {
  /** `pushed`, or why there is no entry. */
  readonly outcome: 'pushed' | 'unchanged' | 'dry_run'
  readonly manifest: Hash
  /** Of the new entry, or of the one that put this manifest in force. */
  readonly height: number | undefined
  readonly changes: readonly Change[]
  readonly warnings: readonly FileIssue[]
  /** File of the owner key, when this push made it: the person had none and the world has no owner yet (G2). */
  readonly ownerKeyMade: string | undefined
}

/** Throws what `assemble` throws, `wasm.*` for a module that is refused, `key.missing`, and the kernel's refusals. */
export async function push(host: HostWorld, options: PushOptions): Promise<PushReport> {
  const sync = readSyncFile(host.folder.syncFile)
  const assembly = await assemble({
    folder: host.folder,
    sync,
    builder: options.builder,
    forceBuild: options.forceBuild,
    stored: (hash) => host.store.content.get(hash),
    onProgress: options.onProgress,
  })
  const rewritten = admitModules(host, assembly)
  const changes = compareManifests(manifestInForce(host), assembly.manifest)
  const report = { manifest: assembly.manifestHash, changes, warnings: assembly.warnings, ownerKeyMade: undefined }
  if (!options.dryRun) {
    await options.builder.installForEditors({ hidden: host.folder.hidden, builds: assembly.builds })
    for (const { bytes, sourceMap } of assembly.modules) {
      if (sourceMap !== undefined) keepModuleMap(host.folder, bytes, sourceMap)
    }
  }
  if (host.kernel.manifestHash === assembly.manifestHash) {
    return { ...report, outcome: 'unchanged', height: host.kernel.manifestHeight }
  }
  if (options.dryRun) return { ...report, outcome: 'dry_run', height: undefined }
  await host.store.content.put([...assembly.nodes, ...assembly.modules.map(({ bytes }) => bytes), ...rewritten])
  const ownerKeyMade = await ensureGenesis(host)
  const pushed = { ...report, outcome: 'pushed', ownerKeyMade } as const
  // A manifest of nothing is what genesis puts in force.
  if (host.kernel.manifestHash === assembly.manifestHash) return { ...pushed, height: 0 }
  const height = await setManifest(host, assembly, options.message)
  return { ...pushed, height }
}

function manifestInForce(host: HostWorld): Manifest {
  return host.kernel.manifestHash === undefined ? EMPTY_MANIFEST : host.definitions.manifest
}

/** Refuses what the runtime refuses before anything is written; returns the bytes that will really run. */
function admitModules(host: HostWorld, assembly: Assembly): readonly Uint8Array[] {
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

/** Height 0, when the journal is empty. Returns the file of the owner key if it had to be made. */
async function ensureGenesis(host: HostWorld): Promise<string | undefined> {
  if (host.kernel.head !== undefined) return undefined
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
  needAccepted(await host.send(genesis))
  return created ? owner.file : undefined
}

async function setManifest(host: HostWorld, assembly: Assembly, message: string | undefined): Promise<number> {
  const owner = readOwnerKey(host.keyFolder)
  const base = host.kernel.manifestHash
  if (base === undefined) throw new AosError('host.no_genesis', 'the world has no genesis yet')
  const command = {
    manifest: assembly.manifestHash,
    base,
    baseHeight: host.kernel.manifestHeight,
    ...(message === undefined ? {} : { message }),
  }
  const ingress: ManifestIngress = {
    kind: 'manifest',
    principal: ownerPrincipal(owner),
    ...command,
    blobs: assembly.blobs,
    auth: [signRequest(owner, { world: host.id, command: encodeSetManifest(command) })],
  }
  return needAccepted(await host.send(ingress))
}

/** The height; throws the refusal. */
export function needAccepted(result: TurnResult): number {
  if (result.kind === 'refused') throw result.error
  return result.height
}
