/** What is admitted, and what each kind of ingress does (K13, K14; spec/06-kernel.md, "Ingress"). */
import { EMPTY_MANIFEST, hashDefinition } from '@aos/air'
import { compareBytes, encode, formatHash, hashBytes, sha256, toHex } from '@aos/cbor'
import type { AosError, Hash, HashBytes } from '@aos/cbor'
import type {
  EngineIngress,
  EventIngress,
  GenesisIngress,
  Ingress,
  KeyIngress,
  ManifestIngress,
  Stamp,
  VerifiedSignature,
} from './api.ts'
import { admitEffect, doDueWork } from './admission-effects.ts'
import { EMPTY_CATALOG, loadCatalog } from './catalog.ts'
import { KIND_NUMBER } from './codes.ts'
import type { IngressParts } from './entry-writer.ts'
import { encodeApproval, encodeIntentCommand, encodeName, encodeReceipt } from './effect-commands.ts'
import type { KernelSemantics } from './engine.ts'
import { kernelError } from './errors.ts'
import { checkTime } from './clock.ts'
import { encodeClock, encodeGenesis, encodeKeyChange, encodeSetEngine, encodeSetManifest } from './commands.ts'
import { LIMITS } from './limits.ts'
import type { KernelPorts } from './ports.ts'
import { routeEvent } from './routing.ts'
import type { Delivery, RoutedEvent } from './routing.ts'
import type { RegisteredKey, WorldState } from './state.ts'
import type { EffectTurn } from './turn-effects.ts'

/** An ingress that will have an entry. */
export interface Admitted {
  readonly parts: IngressParts
  readonly deliveries: readonly Delivery[]
  /** The event, for plans that wait for it or start with it. */
  readonly event: RoutedEvent | undefined
  /** What it does to plans and intents before its turn runs. */
  readonly prepare: ((effects: EffectTurn) => void) | undefined
  /** Set by entries that change what is in force. */
  readonly manifest: Hash | undefined
  readonly engine: Hash | undefined
  /** Changes the state once the entry stands. */
  readonly apply: (height: number) => void
}

export interface AdmissionPorts extends KernelPorts {
  /** The newest of this release, and all that it can run. */
  readonly engineDigest: Hash
  readonly engines: ReadonlyMap<Hash, KernelSemantics>
}

const NO_DELIVERIES: readonly Delivery[] = []
const NO_BLOBS: readonly HashBytes[] = []
const NO_AUTH: readonly VerifiedSignature[] = []

/** Admits or throws the AosError of the refusal; changes nothing. */
export function admit(
  ports: AdmissionPorts,
  state: WorldState,
  { ingress, stamp }: { readonly ingress: Ingress; readonly stamp: Stamp },
): Admitted {
  if (ingress.kind === 'genesis') return admitGenesis(ports, state, ingress)
  if (state.id === undefined) throw kernelError('kernel.no_genesis', `expected genesis first, found ${ingress.kind}`)
  checkTime(state, ingress, stamp)
  switch (ingress.kind) {
    case 'event':
      return admitEvent(state, ingress)
    case 'manifest':
      return admitManifest(ports, state, ingress)
    case 'key':
      return admitKey(ports, state, ingress)
    case 'engine':
      return admitEngine(ports, state, ingress)
    case 'clock':
      return admitted({ parts: { ...baseParts(ingress), command: encodeClock(ingress) } })
    case 'tick':
      return admitted({
        parts: baseParts(ingress),
        prepare: state.hasGate ? (turn) => doDueWork(state, turn) : undefined,
      })
    case 'receipt':
    case 'start':
    case 'cancel':
    case 'requeue':
    case 'signal':
    case 'approval': {
      const { prepare, ...parts } = admitEffect(ports, state, ingress)
      return admitted({ parts: { ...baseParts(ingress), ...parts }, prepare })
    }
  }
}

const PRINCIPAL = /^(local|token|key|adapter|host):[^\u0000-\u001f\u007f]+$/

/** What every kind needs, before anything else is looked at. Throws `kernel.bad_ingress`. */
export function checkCommon(ingress: Ingress): void {
  if (!PRINCIPAL.test(ingress.principal)) {
    throw kernelError('kernel.bad_ingress', 'expected a principal of the form method:id', { path: ['principal'] })
  }
  checkShortText(ingress.principal, 'principal')
  if (ingress.idempotencyKey !== undefined) checkShortText(ingress.idempotencyKey, 'idempotencyKey')
  if (ingress.trace !== undefined && ingress.trace.length !== 16) {
    throw kernelError('kernel.bad_ingress', `expected a trace of 16 bytes, found ${ingress.trace.length}`, {
      path: ['trace'],
    })
  }
}

function checkShortText(text: string, field: string): void {
  if (!text.isWellFormed()) throw kernelError('kernel.bad_ingress', 'the text has a lone surrogate', { path: [field] })
  // One UTF-16 unit takes three bytes at most.
  if (text.length > 0 && text.length * 3 <= LIMITS.shortTextBytesMax) return
  const size = utf8Length(text)
  if (size > 0 && size <= LIMITS.shortTextBytesMax) return
  throw kernelError('kernel.bad_ingress', `expected 1 to ${LIMITS.shortTextBytesMax} bytes, found ${size}`, {
    path: [field],
  })
}

function utf8Length(text: string): number {
  let size = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    size += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return size
}

function baseParts(ingress: Ingress): IngressParts {
  return {
    kindNumber: KIND_NUMBER[ingress.kind],
    principal: ingress.principal,
    auth: NO_AUTH,
    trace: ingress.trace,
    idempotencyKey: ingress.idempotencyKey,
    blobs: NO_BLOBS,
    schema: undefined,
    value: undefined,
    key: undefined,
    command: undefined,
  }
}

function admitted(given: Partial<Admitted> & { readonly parts: IngressParts }): Admitted {
  return {
    deliveries: NO_DELIVERIES,
    event: undefined,
    prepare: undefined,
    manifest: undefined,
    engine: undefined,
    apply: changeNothing,
    ...given,
  }
}

function changeNothing(): void {
  // Events change cells, which the turn does.
}

/** What an idempotency key stands for (K15): kind, schema, key, and the value or the command. */
export function hashBody(ports: KernelPorts, ingress: Ingress): HashBytes {
  const event = ingress.kind === 'event' ? ingress : undefined
  return sha256(
    ports.sha256,
    encode([
      KIND_NUMBER[ingress.kind],
      event?.schema ?? null,
      event?.key ?? null,
      event === undefined ? bodyOfCommand(ingress) : event.value,
    ]),
  )
}

function bodyOfCommand(ingress: Ingress): Uint8Array | null {
  switch (ingress.kind) {
    case 'genesis':
      return ingress.nonce
    case 'manifest':
      return encodeSetManifest(ingress)
    case 'key':
      return encodeKeyChange(ingress)
    case 'engine':
      return encodeSetEngine(ingress)
    case 'clock':
      return encodeClock(ingress)
    case 'receipt':
      return encodeReceipt(ingress.receipt)
    case 'start':
      return encode([ingress.plan, ingress.input])
    case 'cancel':
      return encodeName(ingress.instance)
    case 'requeue':
      return encodeIntentCommand(ingress.intent)
    case 'signal':
      return encodeIntentCommand(ingress.intent, ingress.code)
    case 'approval':
      return encodeApproval(ingress.approval)
    case 'event':
    case 'tick':
      return null
  }
}

function admitEvent(state: WorldState, ingress: EventIngress): Admitted {
  const { schema, value, key } = ingress
  const codec = state.catalog.codec(schema)
  if (codec === undefined) {
    throw kernelError('kernel.unknown_schema', `the manifest in force lists no schema ${schema}`, { path: ['schema'] })
  }
  if (value.length > LIMITS.eventBytesMax) {
    throw kernelError('kernel.too_large', `an event may have ${LIMITS.eventBytesMax} bytes, found ${value.length}`, {
      path: ['value'],
    })
  }
  codec.validate(value)
  const deliveries: Delivery[] = []
  routeEvent(state.catalog, { schema, value, key }, 0, deliveries)
  if (key !== undefined && deliveries.length === 0) checkFreeKey(key)
  // Written out: this is the way of every event.
  const parts: IngressParts = {
    kindNumber: KIND_NUMBER.event,
    principal: ingress.principal,
    auth: NO_AUTH,
    trace: ingress.trace,
    idempotencyKey: ingress.idempotencyKey,
    blobs: ingress.blobs === undefined ? NO_BLOBS : sortBlobs(ingress.blobs),
    schema,
    value,
    key,
    command: undefined,
  }
  const event = state.hasGate ? { schema, value, key } : undefined
  return { parts, deliveries, event, prepare: undefined, manifest: undefined, engine: undefined, apply: changeNothing }
}

function checkFreeKey(key: Uint8Array): void {
  if (key.length > LIMITS.keyBytesMax) {
    throw kernelError('kernel.too_large', `a key may have ${LIMITS.keyBytesMax} bytes, found ${key.length}`, {
      path: ['key'],
    })
  }
  throw kernelError('kernel.key_unexpected', 'no route of this event takes a key', { path: ['key'] })
}

function sortBlobs(blobs: readonly Hash[]): readonly HashBytes[] {
  if (blobs.length === 0) return NO_BLOBS
  if (blobs.length > LIMITS.blobsPerIngressMax) {
    throw kernelError(
      'kernel.too_large',
      `an ingress may list ${LIMITS.blobsPerIngressMax} blobs, found ${blobs.length}`,
      { path: ['blobs'] },
    )
  }
  return [...new Set(blobs)].map(hashBytes).sort(compareBytes)
}

function admitGenesis(ports: AdmissionPorts, state: WorldState, ingress: GenesisIngress): Admitted {
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

function admitManifest(ports: KernelPorts, state: WorldState, ingress: ManifestIngress): Admitted {
  requireOwner(state, ingress.auth)
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
  const catalog = loadCatalog(ports, ingress.manifest, (hash) => {
    if (listed.has(hash)) return ports.content.get(hash)
    throw kernelError('kernel.unlisted_blob', `the manifest relies on ${hash}, which the ingress does not list`, {
      path: ['blobs'],
    })
  })
  const parts = {
    ...baseParts(ingress),
    auth: ingress.auth,
    blobs: sortBlobs(ingress.blobs),
    command: encodeSetManifest(ingress),
  }
  return admitted({
    parts,
    manifest: ingress.manifest,
    apply: (height) => {
      state.manifestHash = ingress.manifest
      state.manifestHeight = height
      state.catalog = catalog
    },
  })
}

function admitKey(ports: KernelPorts, state: WorldState, ingress: KeyIngress): Admitted {
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

function admitEngine(ports: AdmissionPorts, state: WorldState, ingress: EngineIngress): Admitted {
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

function putEngine(ports: AdmissionPorts, state: WorldState, engine: Hash): void {
  state.engine = engine
  state.hasGate = semanticsOf(ports, state) >= 2
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
