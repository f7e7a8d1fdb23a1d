/**
 * The signatures of a journal, each with the keys of its height (spec/07-journal.md, "Verification"): requests of owners, receipts
 * of adapters, answers of approvers.
 */
import { encode, equalBytes, formatHash, hashBytes, isAosError, sha256, toHex } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { receiptSigningBytes } from '@aos/effects'
import type { Receipt } from '@aos/effects'
import { KIND_NUMBER, decodeApproval, decodeGovernance, decodeReceipt } from '@aos/kernel'
import type { DecodedEntry, VerifiedSignature } from '@aos/kernel'
import type { JournalRecord } from '@aos/store'
import { manifestSetBy } from './journal-scan.ts'
import { checkApproval } from './keys/approval.ts'
import { checkGovernance } from './keys/governance-command.ts'
import { keyIdOf, verifySignature } from './keys/key-pair.ts'
import { approverKeys } from './keys/known-key.ts'
import { checkPublicKey } from './keys/public-key.ts'
import { checkRequest } from './keys/request.ts'
import { CheckedBatch } from './receipts/checked-batch.ts'
import { nodeSha256 } from './sha256.ts'

/** What does not hold. */
export interface SignatureDifference {
  readonly path: string
  readonly expected: string
  readonly found: string
}

/** Content by hash; undefined on a miss. */
export type FindContent = (hash: Hash) => Uint8Array | undefined

type Command = ReadonlyMap<Data, Data>

interface KnownKey {
  readonly publicKey: Uint8Array
  readonly role: string
}

const REGISTER = 0

/** Commands that an owner signs; others are signed otherwise, or by nobody. */
const REQUESTS: ReadonlySet<number> = new Set([KIND_NUMBER.manifest, KIND_NUMBER.key, KIND_NUMBER.engine])

/** The keys as genesis and key entries made them, and the manifest in force, from one entry to the next. */
export class SignatureHistory {
  readonly #find: FindContent
  #world: Hash | undefined
  /** That of the receipt before, if it was one of a batch. */
  #batch: CheckedBatch | undefined
  #manifest: Hash | undefined
  readonly #keys = new Map<string, KnownKey>()

  /** Approvers stand in manifests, so their answers are checked with what `find` has. */
  constructor(find: FindContent) {
    this.#find = find
  }

  /** The entry for itself; what it changes counts from the next one on. */
  verify(entry: DecodedEntry, record: JournalRecord): SignatureDifference | undefined {
    const bad = this.#verifyEntry(entry, record)
    // Whatever puts a manifest in force, the header names it.
    const manifest = entry.header.get(4)
    if (manifest instanceof Uint8Array) this.#manifest = formatHash(manifest)
    return bad
  }

  #verifyEntry(entry: DecodedEntry, record: JournalRecord): SignatureDifference | undefined {
    const command = entry.ingress.get(10)
    if (!(command instanceof Map)) return undefined
    const fields: Command = command
    const kind = entry.header.get(1)
    if (kind === KIND_NUMBER.genesis) return this.#begin(fields, formatHash(record.leaf))
    // Nobody signs what time it is; the command names the time of the stamp.
    if (kind === KIND_NUMBER.clock) return compareTime(entry.header.get(2), fields.get(0))
    if (kind === KIND_NUMBER.receipt) return this.#verifyReceipt(entry, fields)
    if (kind === KIND_NUMBER.approval) return this.#verifyApproval(entry, fields)
    if (kind === KIND_NUMBER.governance) return this.#verifyGovernance(entry, fields)
    if (typeof kind !== 'number' || !REQUESTS.has(kind)) return undefined
    const bad = this.#verifyRequest(entry, encode(fields))
    if (bad !== undefined) return bad
    return kind === KIND_NUMBER.key ? this.#changeKey(fields) : undefined
  }

  /** Of any entry, also one of which nothing is left to verify: what its header puts in force counts from the next one on. */
  passed(record: JournalRecord): void {
    this.#manifest = manifestSetBy(record.bytes) ?? this.#manifest
  }

  #begin(command: Command, world: Hash): SignatureDifference | undefined {
    this.#world = world
    for (const [field, role] of [
      [6, 'owner'],
      [7, 'host'],
    ] as const) {
      const keys: unknown = command.get(field)
      for (const key of Array.isArray(keys) ? keys : []) {
        const bad = key instanceof Uint8Array ? this.#register(key, role) : undefined
        if (bad !== undefined) return bad
      }
    }
    return undefined
  }

  #changeKey(command: Command): SignatureDifference | undefined {
    const publicKey = command.get(1)
    if (!(publicKey instanceof Uint8Array)) return { path: 'ingress.command', expected: 'a public key', found: 'none' }
    if (command.get(0) === REGISTER) return this.#register(publicKey, String(command.get(2)))
    this.#keys.delete(toHex(keyIdOf(publicKey)))
    return undefined
  }

  #register(publicKey: Uint8Array, role: string): SignatureDifference | undefined {
    try {
      checkPublicKey(publicKey)
    } catch (error) {
      if (!isAosError(error)) throw error
      return { path: 'ingress.command', expected: 'a key that may be registered', found: error.message }
    }
    this.#keys.set(toHex(keyIdOf(publicKey)), { publicKey: publicKey.slice(), role })
    return undefined
  }

  #verifyRequest(entry: DecodedEntry, command: Uint8Array): SignatureDifference | undefined {
    return forEachSignature(entry, (given, path) => {
      const key = this.#keys.get(toHex(given.keyId))
      if (key === undefined) return { path, expected: 'a registered key', found: formatHash(given.keyId) }
      const world = this.#world ?? formatHash(given.keyId)
      return holds(path, () => checkRequest(key.publicKey, { world, command }, given))
    })
  }

  #verifyReceipt(entry: DecodedEntry, command: Command): SignatureDifference | undefined {
    return forEachSignature(entry, (given, path) => {
      const receipt = decodeReceipt(command)
      const payload = entry.ingress.has(8) ? entry.bodies?.values[0] : undefined
      if (payload !== undefined && !equalBytes(sha256(nodeSha256, payload), receipt.payloadHash)) {
        return { path: 'bodies', expected: formatHash(receipt.payloadHash), found: 'another payload' }
      }
      if (receipt.world !== this.#world) {
        return { path: 'ingress.command', expected: String(this.#world), found: receipt.world }
      }
      const key = this.#keys.get(toHex(given.keyId))
      if (key?.role !== receipt.adapterId && key?.role !== 'host') {
        return { path, expected: `a key of ${receipt.adapterId}`, found: formatHash(given.keyId) }
      }
      return holds(path, () => {
        const message = this.#messageOf(receipt, given)
        return message === undefined || verifySignature(key.publicKey, message, given.signature) ? given : undefined
      })
    })
  }

  /** undefined: the signature is over a batch that an earlier receipt has shown it to hold for. Throws `effects.bad_batch`. */
  #messageOf(receipt: Receipt, given: VerifiedSignature): Uint8Array | undefined {
    const { place } = given
    const message = receiptSigningBytes(nodeSha256, receipt)
    if (place === undefined) return message
    if (this.#batch?.isOf(receipt, given) !== true) this.#batch = new CheckedBatch(receipt, given)
    return this.#batch.messageOf(message, place)
  }

  #verifyApproval(entry: DecodedEntry, command: Command): SignatureDifference | undefined {
    const approval = decodeApproval(command)
    const inForce = this.#manifest
    if (inForce === undefined || !equalBytes(hashBytes(inForce), approval.manifest)) {
      return { path: 'ingress.command', expected: String(inForce), found: formatHash(approval.manifest) }
    }
    const approvers = this.#approvers()
    return forEachSignature(entry, (given, path) => {
      const id = toHex(given.keyId)
      const publicKey = approvers.get(id) ?? this.#keys.get(id)?.publicKey
      if (publicKey === undefined) return { path, expected: 'the key of an approver', found: formatHash(given.keyId) }
      return holds(path, () => checkApproval(publicKey, approval, given))
    })
  }

  /** Nobody signs a review: what is in flight is the host's to say, as the time is. */
  #verifyGovernance(entry: DecodedEntry, fields: Command): SignatureDifference | undefined {
    const command = decodeGovernance(fields)
    if (command.op === 'review') return undefined
    const approvers = this.#approvers()
    return forEachSignature(entry, (given, path) => {
      const id = toHex(given.keyId)
      const publicKey = this.#keys.get(id)?.publicKey ?? approvers.get(id)
      if (publicKey === undefined) {
        return { path, expected: 'a registered key, or that of an approver', found: formatHash(given.keyId) }
      }
      const world = this.#world ?? formatHash(given.keyId)
      return holds(path, () => checkGovernance(publicKey, { world, command }, given))
    })
  }

  /** By key id. Without the content of the manifest nobody but the keys of the journal is known. */
  #approvers(): ReadonlyMap<string, Uint8Array> {
    return this.#manifest === undefined ? new Map() : approverKeys(this.#manifest, this.#find)
  }
}

function compareTime(stamp: Data | undefined, named: unknown): SignatureDifference | undefined {
  if (stamp === named) return undefined
  return { path: 'ingress.command', expected: String(stamp), found: String(named) }
}

type CheckOne = (given: VerifiedSignature, path: string) => SignatureDifference | undefined

/** The first that does not hold; none at all is one, too. */
function forEachSignature(entry: DecodedEntry, check: CheckOne): SignatureDifference | undefined {
  const auth = entry.ingress.get(2)
  const items: readonly Data[] = Array.isArray(auth) ? (auth as readonly Data[]) : [] // an array, as just checked
  if (items.length === 0) return { path: 'ingress.auth', expected: 'a signature', found: 'none' }
  for (const [index, item] of items.entries()) {
    const path = `ingress.auth[${index}]`
    const given = readSignature(item)
    if (given === undefined) return { path, expected: 'key and signature', found: 'something else' }
    const bad = check(given, path)
    if (bad !== undefined) return bad
  }
  return undefined
}

function readSignature(item: Data): VerifiedSignature | undefined {
  if (!(item instanceof Map)) return undefined
  const fields: Command = item
  const keyId = fields.get(0)
  const signature = fields.get(2)
  if (!(keyId instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined
  if (fields.get(1) !== 1) return { keyId, signature }
  const [index, size, path] = [fields.get(3), fields.get(4), fields.get(5)]
  if (typeof index !== 'number' || typeof size !== 'number' || !Array.isArray(path)) return undefined
  const hashes = (path as readonly Data[]).filter((hash) => hash instanceof Uint8Array) // an array, as just checked
  return hashes.length === path.length ? { keyId, signature, place: { index, size, path: hashes } } : undefined
}

function holds(path: string, check: () => VerifiedSignature | undefined): SignatureDifference | undefined {
  const expected = 'a signature that verifies'
  try {
    return check() === undefined ? { path, expected, found: 'one that does not' } : undefined
  } catch (error) {
    if (!isAosError(error)) throw error
    return { path, expected, found: error.message }
  }
}
