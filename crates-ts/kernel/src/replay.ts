/** From a journaled entry back to the ingress it records (spec/06-kernel.md, "Replay and verification"). */
import { formatHash } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { unsupportedEngine } from './admission-control.ts'
import type { Ingress, Stamp } from './ingress.ts'
import { ENTRY_KINDS, KIND_NUMBER } from './codes.ts'
import { decodeApproval, decodeCode, decodeIntentHash, decodeName, decodeReceipt } from './effect-commands.ts'
import { readEntry } from './entry-reader.ts'
import type { EntryView } from './entry-reader.ts'
import { kernelError } from './errors.ts'
import { decodeGovernance } from './governance/command.ts'

/** Throws `engine.unsupported` when the entry puts an engine in force that this release does not have. */
export function checkEngine(view: EntryView, engines: ReadonlyMap<Hash, unknown>, newest: Hash): void {
  if (view.command === undefined) return
  const position = view.kindNumber === KIND_NUMBER.genesis ? 2 : view.kindNumber === KIND_NUMBER.engine ? 0 : undefined
  if (position === undefined) return
  const engine = formatHash(byteField(view.command, position))
  if (!engines.has(engine)) throw unsupportedEngine(engine, newest)
}

/** The ingress of an entry, with its stamp. */
export interface RecordedIngress {
  readonly ingress: Ingress
  readonly stamp: Stamp
}

/** Throws what `rebuildIngress` throws. */
export function rebuild(view: EntryView): RecordedIngress {
  return { ingress: rebuildIngress(view), stamp: { nowNs: view.nowNs, entropy: view.entropy } }
}

/** The ingress that a journaled entry records, for whoever submits it to a fork. Throws `kernel.bad_entry`, `kernel.bodies_missing`. */
export function readIngress(entry: Uint8Array): RecordedIngress {
  return rebuild(readEntry(entry))
}

/** Throws `kernel.bad_entry` for a kind or a command that this release does not know. */
function rebuildIngress(view: EntryView): Ingress {
  if (isPlainEvent(view)) {
    // Written out: this is the way of nearly every entry.
    return { kind: 'event', principal: view.principal, schema: view.schema, value: view.value }
  }
  const base = {
    principal: view.principal,
    ...(view.trace === undefined ? {} : { trace: view.trace }),
    ...(view.idempotencyKey === undefined ? {} : { idempotencyKey: view.idempotencyKey }),
  }
  switch (view.kindNumber) {
    case KIND_NUMBER.event:
      if (view.schema === undefined || view.value === undefined) throw badCommand(view)
      return {
        kind: 'event',
        ...base,
        schema: view.schema,
        value: view.value,
        ...(view.key === undefined ? {} : { key: view.key }),
        ...(view.blobs.length === 0 ? {} : { blobs: view.blobs.map(formatHash) }),
      }
    case KIND_NUMBER.tick:
      return { kind: 'tick', ...base }
    case KIND_NUMBER.genesis:
      return { kind: 'genesis', ...base, ...genesisFields(commandOf(view)) }
    case KIND_NUMBER.manifest:
      return {
        kind: 'manifest',
        ...base,
        ...manifestFields(commandOf(view)),
        blobs: view.blobs.map(formatHash),
        auth: view.auth,
      }
    case KIND_NUMBER.key:
      return { kind: 'key', ...base, ...keyFields(commandOf(view)), auth: view.auth }
    case KIND_NUMBER.clock:
      return { kind: 'clock', ...base, nowNs: uintField(commandOf(view), 0) }
    case KIND_NUMBER.receipt: {
      const [signature] = view.auth
      if (view.value === undefined || signature === undefined) throw badCommand(view)
      return { kind: 'receipt', ...base, receipt: decodeReceipt(commandOf(view)), payload: view.value, signature }
    }
    case KIND_NUMBER.start:
      if (view.value === undefined) throw badCommand(view)
      return { kind: 'start', ...base, plan: decodeName(commandOf(view)), input: view.value }
    case KIND_NUMBER.cancel:
      return { kind: 'cancel', ...base, instance: decodeName(commandOf(view)) }
    case KIND_NUMBER.requeue:
      return { kind: 'requeue', ...base, intent: decodeIntentHash(commandOf(view)) }
    case KIND_NUMBER.signal:
      return { kind: 'signal', ...base, intent: decodeIntentHash(commandOf(view)), code: decodeCode(commandOf(view)) }
    case KIND_NUMBER.approval:
      return { kind: 'approval', ...base, approval: decodeApproval(commandOf(view)), auth: view.auth }
    case KIND_NUMBER.snapshot_cut:
      return { kind: 'snapshot_cut', ...base }
    case KIND_NUMBER.snapshot_root:
      return { kind: 'snapshot_root', ...base, ...rootFields(commandOf(view)) }
    case KIND_NUMBER.governance: {
      const command = decodeGovernance(commandOf(view))
      return { kind: 'governance', ...base, command, blobs: view.blobs.map(formatHash), auth: view.auth }
    }
    case KIND_NUMBER.engine:
      return { kind: 'engine', ...base, engine: formatHash(byteField(commandOf(view), 0)), auth: view.auth }
    default:
      throw badCommand(view)
  }
}

/** An event without any of the optional fields. */
function isPlainEvent(view: EntryView): view is EntryView & { readonly schema: string; readonly value: Uint8Array } {
  return (
    view.kindNumber === KIND_NUMBER.event &&
    view.schema !== undefined &&
    view.value !== undefined &&
    view.key === undefined &&
    view.trace === undefined &&
    view.idempotencyKey === undefined &&
    view.blobs.length === 0
  )
}

type Command = ReadonlyMap<Data, Data>

function commandOf(view: EntryView): Command {
  if (view.command === undefined) throw badCommand(view)
  return view.command
}

function genesisFields(
  command: Command,
): Pick<
  Extract<Ingress, { readonly kind: 'genesis' }>,
  'nonce' | 'engine' | 'clock' | 'entropy' | 'ownerKeys' | 'hostKeys'
> {
  return {
    nonce: byteField(command, 1),
    engine: formatHash(byteField(command, 2)),
    clock: command.get(4) === 0 ? 'real' : 'virtual',
    entropy: command.get(5) === 0 ? 'os' : 'seeded',
    ownerKeys: listField(command, 6).map(asBytes),
    hostKeys: listField(command, 7).map(asBytes),
  }
}

function manifestFields(command: Command): {
  readonly manifest: Hash
  readonly base: Hash
  readonly baseHeight: number
  readonly message?: string
} {
  const message = command.get(3)
  return {
    manifest: formatHash(byteField(command, 0)),
    base: formatHash(byteField(command, 1)),
    baseHeight: Number(command.get(2)),
    ...(typeof message === 'string' ? { message } : {}),
  }
}

function rootFields(command: Command): { readonly cut: number; readonly root: Hash } {
  return { cut: Number(uintField(command, 0)), root: formatHash(byteField(command, 1)) }
}

function keyFields(command: Command): {
  readonly change: 'register' | 'revoke'
  readonly publicKey: Uint8Array
  readonly role: string
  readonly kinds?: readonly string[]
  readonly baseHeight: number
} {
  return {
    change: command.get(0) === 0 ? 'register' : 'revoke',
    publicKey: byteField(command, 1),
    role: asText(command.get(2)),
    ...(command.has(3) ? { kinds: listField(command, 3).map(asText) } : {}),
    baseHeight: Number(command.get(4)),
  }
}

function byteField(command: Command, position: number): Uint8Array {
  return asBytes(command.get(position))
}

function uintField(command: Command, position: number): bigint {
  const value = command.get(position)
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return BigInt(value)
  throw kernelError('kernel.bad_entry', `expected a whole number in field ${position} of the command`)
}

function listField(command: Command, position: number): readonly Data[] {
  const list = command.get(position)
  // Array.isArray narrows Data to a mutable any[]; the element type is Data.
  if (Array.isArray(list)) return list as readonly Data[]
  throw kernelError('kernel.bad_entry', `expected a list in field ${position} of the command`)
}

function asBytes(value: Data | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw kernelError('kernel.bad_entry', 'expected bytes in the command')
}

function asText(value: Data | undefined): string {
  if (typeof value === 'string') return value
  throw kernelError('kernel.bad_entry', 'expected text in the command')
}

function badCommand(view: EntryView): ReturnType<typeof kernelError> {
  const kind = ENTRY_KINDS.get(view.kindNumber) ?? `number ${view.kindNumber}`
  return kernelError('kernel.bad_entry', `entry ${view.height} is of kind ${kind}, which cannot be re-derived here`)
}
