/** What every ingress has and is held to before its kind is looked at (K13, K15, K16; spec/06-kernel.md, "Ingress"). */
import { compareBytes, encode, hashBytes, sha256 } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import type { Ingress, VerifiedSignature } from './ingress.ts'
import { KIND_NUMBER } from './codes.ts'
import { encodeClock, encodeKeyChange, encodeSetEngine, encodeSetManifest, encodeSnapshotRoot } from './commands.ts'
import { encodeApproval, encodeIntentCommand, encodeName, encodeReceipt } from './effect-commands.ts'
import type { KernelSemantics } from './engine.ts'
import { encodeGovernance } from './governance/command.ts'
import type { IngressParts } from './entry-writer.ts'
import { kernelError } from './errors.ts'
import { LIMITS } from './limits.ts'
import type { KernelPorts } from './ports.ts'
import { NO_DELIVERIES } from './routing.ts'
import type { Delivery, RoutedEvent } from './routing.ts'
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

/** What admission needs beyond the ports of a turn. */
export interface AdmissionPorts extends KernelPorts {
  /** The newest of this release, and all that it can run. */
  readonly engineDigest: Hash
  readonly engines: ReadonlyMap<Hash, KernelSemantics>
}

/** Shared: most ingress has none. */
export const NO_BLOBS: readonly HashBytes[] = []
/** Shared: most ingress is not signed. */
export const NO_AUTH: readonly VerifiedSignature[] = []

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

/** Throws `kernel.bad_ingress` for a text that is empty, too long or not well-formed. */
export function checkShortText(text: string, field: string): void {
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

/** The parts of an entry that every ingress gives. */
export function baseParts(ingress: Ingress): IngressParts {
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

/** Fills in what most kinds do not have. */
export function admitted(given: Partial<Admitted> & { readonly parts: IngressParts }): Admitted {
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

/** For ingress that changes state only through its turn. */
export function changeNothing(): void {
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
    case 'snapshot_root':
      return encodeSnapshotRoot(ingress)
    case 'governance':
      return encodeGovernance(ingress.command)
    case 'event':
    case 'tick':
    case 'snapshot_cut':
      return null
  }
}

/** Ascending and without repetition, as they stand in the entry. Throws `kernel.too_large`. */
export function sortBlobs(blobs: readonly Hash[]): readonly HashBytes[] {
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
