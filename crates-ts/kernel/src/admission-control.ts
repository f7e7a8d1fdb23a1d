/** Ingress that changes what is in force: genesis, manifest, keys, engine (G2; spec/06-kernel.md, "Ingress"). */
import { EMPTY_MANIFEST, hashDefinition } from '@aos/air'
import { formatHash, hashBytes, sha256, toHex } from '@aos/cbor'
import type { AosError, Hash } from '@aos/cbor'
import { admitted, baseParts, checkShortText, sortBlobs } from './admission-common.ts'
import type { Admitted, AdmissionPorts } from './admission-common.ts'
import type { EngineIngress, GenesisIngress, KeyIngress, ManifestIngress, VerifiedSignature } from './ingress.ts'
import { EMPTY_CATALOG } from './catalog.ts'
import type { Catalog } from './catalog.ts'
import { encodeGenesis, encodeKeyChange, encodeSetEngine, encodeSetManifest } from './commands.ts'
import { kernelError } from './errors.ts'
import { loadCandidate, planChange, putInForce } from './governance/manifest-change.ts'
import { isGoverned } from './governance/quorum.ts'
import { compareIntents } from './intents/effects-state.ts'
import type { KernelPorts } from './ports.ts'
import type { RegisteredKey, WorldState } from './state.ts'
import type { EffectTurn } from './turn-effects.ts'

/** Throws `kernel.genesis_exists`, `kernel.bad_genesis`, `engine.unsupported`. */
export function admitGenesis(ports: AdmissionPorts, state: WorldState, ingress: GenesisIngress): Admitted {
  if (state.id !== undefined)
    throw kernelError('kernel.genesis_exists', `the world ${state.id} has its genesis already`)
  if (ingress.nonce.length !== 16)
    throw kernelError('kernel.bad_genesis', 'expected a nonce of 16 bytes', { path: ['nonce'] })
  if (ingress.ownerKeys.length === 0)
    throw kernelError('kernel.bad_genesis', 'expected an owner key', { path: ['ownerKeys'] })
  const engine = ingress.engine ?? ports.engineDigest
  if (!ports.engines.has(engine)) throw unsupportedEngine(engine, ports.engineDigest)
  const keys = [...ingress.ownerKeys, ...ingress.hostKeys]
  for (const key of keys) if (key.length !== 32) throw kernelError('kernel.bad_genesis', 'expected keys of 32 bytes')
  const emptyManifest = hashDefinition(ports.sha256, EMPTY_MANIFEST)
  const command = encodeGenesis({
    ingress,
    engine: hashBytes(engine),
    emptyManifest: hashBytes(emptyManifest),
  })
  return admitted({
    parts: { ...baseParts(ingress), command },
    manifest: emptyManifest,
    engine,
    apply: () => {
      for (const publicKey of ingress.ownerKeys)
        register(ports, state, { publicKey, role: 'owner', kinds: [], from: 0 })
      for (const publicKey of ingress.hostKeys) register(ports, state, { publicKey, role: 'host', kinds: [], from: 0 })
      state.manifestHash = emptyManifest
      state.manifestHeight = 0
      state.clock = ingress.clock
      state.entropy = ingress.entropy
      putEngine(ports, state, engine)
      state.catalog = EMPTY_CATALOG
    },
  })
}

function register(ports: KernelPorts, state: WorldState, key: Omit<RegisteredKey, 'revoked'>): void {
  const publicKey = key.publicKey.slice()
  state.keys.set(toHex(sha256(ports.sha256, publicKey)), { ...key, publicKey, revoked: undefined })
}

/** Throws `kernel.not_authorized`, `kernel.manifest_in_force`, `kernel.stale_base` and what `loadCatalog` throws. */
export function admitManifest(ports: KernelPorts, state: WorldState, ingress: ManifestIngress): Admitted {
  requireOwner(state, ingress.auth)
  if (state.hasGovernance && isGoverned(state.catalog.actions)) {
    throw kernelError('gov.governed', 'the manifest in force names approvers, so an owner alone does not change it', {
      path: ['auth'],
      hint: 'propose the change with `aos gov propose`',
    })
  }
  if (ingress.manifest === state.manifestHash) {
    throw kernelError('kernel.manifest_in_force', `${ingress.manifest} is in force already`, { path: ['manifest'] })
  }
  if (ingress.base !== state.manifestHash || ingress.baseHeight !== state.manifestHeight) {
    throw kernelError(
      'kernel.stale_base',
      `made against ${ingress.base} of height ${ingress.baseHeight}; in force is ${state.manifestHash ?? 'none'} of height ${state.manifestHeight}`,
      { path: ['base'] },
    )
  }
  if (ingress.message !== undefined) checkShortText(ingress.message, 'message')
  const listed = new Set<string>(ingress.blobs)
  const read = (hash: Hash): Uint8Array => {
    if (listed.has(hash)) return ports.content.get(hash)
    throw kernelError('kernel.unlisted_blob', `the manifest relies on ${hash}, which the ingress does not list`, {
      path: ['blobs'],
    })
  }
  const candidate = loadCandidate(ports, state, { manifest: ingress.manifest, get: read })
  const { catalog } = candidate
  const parts = {
    ...baseParts(ingress),
    auth: ingress.auth,
    blobs: sortBlobs(ingress.blobs),
    command: encodeSetManifest(ingress),
  }
  if (state.hasGovernance) {
    const change = planChange(ports, state, candidate)
    return admitted({
      parts,
      prepare({ governance }) {
        governance.putInForce(change, { inFlight: undefined, watch: undefined })
      },
    })
  }
  return admitted({
    parts,
    manifest: ingress.manifest,
    prepare: state.hasGate ? (turn) => rejudgeParked(state, turn, catalog) : undefined,
    apply: (height) => {
      putInForce(state, { manifest: ingress.manifest, catalog, generations: new Map(), upcasters: new Map() }, height)
    },
  })
}

/** G8: what waits for an approval is judged again by what comes into force, in the entry that puts it there. */
function rejudgeParked(state: WorldState, turn: EffectTurn, catalog: Catalog): void {
  const parked = [...state.effects.intents.values()].filter(({ status }) => status === 'parked')
  for (const intent of parked.sort(compareIntents)) turn.rejudge(intent, catalog, { isApproved: false })
}

/** Throws `kernel.not_authorized`, `kernel.stale_base`, `kernel.key_exists`, `kernel.key_unknown`, `kernel.last_owner`. */
export function admitKey(ports: KernelPorts, state: WorldState, ingress: KeyIngress): Admitted {
  requireOwner(state, ingress.auth)
  if (ingress.baseHeight !== state.keysHeight) {
    throw kernelError(
      'kernel.stale_base',
      `made against the keys of height ${ingress.baseHeight}; the newest change is of height ${state.keysHeight}`,
      { path: ['baseHeight'] },
    )
  }
  if (ingress.publicKey.length !== 32)
    throw kernelError('kernel.bad_ingress', 'expected a key of 32 bytes', { path: ['publicKey'] })
  checkShortText(ingress.role, 'role')
  const id = toHex(sha256(ports.sha256, ingress.publicKey))
  const known = state.keys.get(id)
  if (ingress.change === 'register' && known !== undefined && known.revoked === undefined) {
    throw kernelError('kernel.key_exists', `${id} is registered already`, { path: ['publicKey'] })
  }
  if (ingress.change === 'revoke') {
    if (known === undefined || known.revoked !== undefined) {
      throw kernelError('kernel.key_unknown', `${id} is not registered`, { path: ['publicKey'] })
    }
    if (known.role === 'owner' && countOwners(state) === 1) {
      throw kernelError('kernel.last_owner', `${id} is the last owner key`, { path: ['publicKey'] })
    }
  }
  return admitted({
    parts: { ...baseParts(ingress), auth: ingress.auth, command: encodeKeyChange(ingress) },
    apply: (height) => {
      state.keysHeight = height
      if (known !== undefined && ingress.change === 'revoke') state.keys.set(id, { ...known, revoked: height })
      else
        register(ports, state, {
          publicKey: ingress.publicKey,
          role: ingress.role,
          kinds: ingress.kinds ?? [],
          from: height,
        })
    },
  })
}

function countOwners(state: WorldState): number {
  let count = 0
  for (const key of state.keys.values()) if (key.role === 'owner' && key.revoked === undefined) count += 1
  return count
}

/** Throws `kernel.not_authorized`, `kernel.engine_in_force`, `kernel.engine_older`, `engine.unsupported`. */
export function admitEngine(ports: AdmissionPorts, state: WorldState, ingress: EngineIngress): Admitted {
  requireOwner(state, ingress.auth)
  if (ingress.engine === state.engine) {
    throw kernelError('kernel.engine_in_force', `${ingress.engine} is in force already`, { path: ['engine'] })
  }
  const semantics = ports.engines.get(ingress.engine)
  if (semantics === undefined) throw unsupportedEngine(ingress.engine, ports.engineDigest)
  if (semantics < semanticsOf(ports, state)) {
    throw kernelError('kernel.engine_older', 'a world never goes back to an older engine', { path: ['engine'] })
  }
  return admitted({
    parts: { ...baseParts(ingress), auth: ingress.auth, command: encodeSetEngine(ingress) },
    engine: ingress.engine,
    apply: () => {
      putEngine(ports, state, ingress.engine)
    },
  })
}

function semanticsOf(ports: AdmissionPorts, state: WorldState): number {
  return state.engine === undefined ? 0 : (ports.engines.get(state.engine) ?? 0)
}

/** What the engine in force has. Throws nothing: an engine that is not known has nothing. */
export function putEngine(ports: AdmissionPorts, state: WorldState, engine: Hash): void {
  state.engine = engine
  const semantics = semanticsOf(ports, state)
  state.hasGate = semantics >= 2
  state.hasSnapshots = semantics >= 3
  state.hasGovernance = semantics >= 3
  state.effects.settled.areByHeight = semantics >= 4
}

/** The error with which a host leaves a world alone that needs another engine (spec/06-kernel.md, "Engine"). */
export function unsupportedEngine(wanted: Hash, ours: Hash): AosError {
  return kernelError('engine.unsupported', `the world needs the engine ${wanted}; this release has ${ours}`, {
    path: ['engine'],
  })
}

/** G2: one signature of an owner key that is registered and not revoked. The host has verified the signatures themselves. */
function requireOwner(state: WorldState, auth: readonly VerifiedSignature[]): void {
  for (const { keyId } of auth) {
    const key = state.keys.get(toHex(keyId))
    if (key !== undefined && key.role === 'owner' && key.revoked === undefined) return
  }
  const found = auth.map(({ keyId }) => formatHash(keyId)).join(', ')
  throw kernelError('kernel.not_authorized', `expected an owner's signature, found ${found === '' ? 'none' : found}`, {
    path: ['auth'],
  })
}
