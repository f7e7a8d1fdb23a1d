/** What a journal says of its world, without running it. */
import { formatHash, toHex } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { KIND_NUMBER, decodeEntry } from '@aos/kernel'
import type { DecodedEntry } from '@aos/kernel'
import type { JournalPort } from '@aos/store'
import { entryKind } from '../journal-scan.ts'

/** Facts as of the head. */
export interface WorldFacts {
  /** Engine digest in force. */
  readonly engine: Hash | undefined
  readonly manifest: Hash | undefined
  /** Public keys of owners, as hexadecimal digits. */
  readonly owners: ReadonlySet<string>
  /** Time moves only when somebody moves it. */
  readonly isVirtual: boolean
  /** Stamp of the last entry. */
  readonly lastNowNs: bigint | undefined
}

const HEADER_NOW = 2
const HEADER_MANIFEST = 4
const COMMAND = 10
const GENESIS_ENGINE = 2
const GENESIS_CLOCK = 4
const GENESIS_OWNERS = 6
const ENGINE_ENGINE = 0
const KEY = { change: 0, publicKey: 1, role: 2 } as const
const REGISTER = 0
const VIRTUAL = 1

/** Decodes genesis, control entries and the last entry; the rest is passed over. Throws `kernel.bad_entry`. */
export function readWorldFacts(journal: JournalPort): WorldFacts {
  const owners = new Set<string>()
  let engine: Hash | undefined
  let isVirtual = false
  let manifest: Hash | undefined
  let lastNowNs: bigint | undefined
  const head = journal.head?.height
  for (const batch of head === undefined ? [] : journal.readHeaders({ from: 0 })) {
    for (const { height, bytes, isCompacted } of batch) {
      // What tells of keys, engines and manifests is whole.
      if (isCompacted) continue
      const kind = entryKind(bytes)
      if (kind === KIND_NUMBER.event && height !== head) continue
      const entry = decodeEntry(bytes)
      if (height === head) lastNowNs = wholeOf(entry.header.get(HEADER_NOW))
      manifest = hashOf(entry.header.get(HEADER_MANIFEST)) ?? manifest
      if (kind === KIND_NUMBER.genesis) {
        engine = hashOf(commandOf(entry)?.get(GENESIS_ENGINE))
        isVirtual = commandOf(entry)?.get(GENESIS_CLOCK) === VIRTUAL
      }
      if (kind === KIND_NUMBER.engine) engine = hashOf(commandOf(entry)?.get(ENGINE_ENGINE)) ?? engine
      noteOwners(entry, kind, owners)
    }
  }
  return { engine, manifest, owners, isVirtual, lastNowNs }
}

function noteOwners(entry: DecodedEntry, kind: number, owners: Set<string>): void {
  const command = commandOf(entry)
  if (kind === KIND_NUMBER.genesis) {
    const keys: unknown = command?.get(GENESIS_OWNERS)
    for (const key of Array.isArray(keys) ? keys : []) if (key instanceof Uint8Array) owners.add(toHex(key))
  }
  if (kind !== KIND_NUMBER.key || command?.get(KEY.role) !== 'owner') return
  const publicKey = command.get(KEY.publicKey)
  if (!(publicKey instanceof Uint8Array)) return
  if (command.get(KEY.change) === REGISTER) owners.add(toHex(publicKey))
  else owners.delete(toHex(publicKey))
}

function commandOf(entry: DecodedEntry): ReadonlyMap<Data, Data> | undefined {
  const command = entry.ingress.get(COMMAND)
  return command instanceof Map ? (command as ReadonlyMap<Data, Data>) : undefined // decode makes Maps of Data
}

function hashOf(data: Data | undefined): Hash | undefined {
  return data instanceof Uint8Array ? formatHash(data) : undefined
}

function wholeOf(data: Data | undefined): bigint | undefined {
  return typeof data === 'number' || typeof data === 'bigint' ? BigInt(data) : undefined
}
