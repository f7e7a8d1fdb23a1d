/** Records of keys, idempotency, modules and budgets (spec/16-snapshots.md, "Records"). */
import { encode, hashBytes } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { RecordCodec } from '../collections/collection.ts'
import type { Ledger } from '../gate/budgets.ts'
import type { IdempotencyRecord } from '../idempotency.ts'
import type { RegisteredKey } from '../state.ts'
import { Fields } from './fields.ts'

/** [public key, role, kinds, height of registration, height of revocation or null] */
export const KEY_RECORDS: RecordCodec<RegisteredKey> = {
  encode: ({ publicKey, role, kinds, from, revoked }) => encode([publicKey, role, kinds, from, revoked ?? null]),
  decode: (bytes) => {
    const fields = Fields.of(bytes)
    const key = {
      publicKey: fields.bytes().slice(),
      role: fields.text(),
      kinds: fields.each((each) => each.text()),
      from: fields.count(),
      revoked: fields.optional((each) => each.count()),
    }
    fields.end()
    return key
  },
}

/** [hash of the body, height, logical time] */
export const IDEMPOTENCY_RECORDS: RecordCodec<IdempotencyRecord> = {
  encode: ({ body, height, logicalNs }) => encode([body, height, logicalNs]),
  decode: (bytes) => {
    const fields = Fields.of(bytes)
    const record = { body: fields.bytes().slice(), height: fields.count(), logicalNs: fields.uint() }
    fields.end()
    return record
  },
}

/** [hash of the bytes that run] */
export const MODULE_RECORDS: RecordCodec<Hash> = {
  encode: (rewritten) => encode([hashBytes(rewritten)]),
  decode: (bytes) => {
    const fields = Fields.of(bytes)
    const rewritten = fields.hash()
    fields.end()
    return rewritten
  },
}

const EMPTY_RECORD: Uint8Array = encode([])

/** [] for what is only known to be there. */
export const PRESENCE_RECORDS: RecordCodec<true> = {
  encode: () => EMPTY_RECORD,
  decode: (bytes) => {
    Fields.of(bytes).end()
    return true
  },
}

/** An ascending array of the names of the workspaces whose history holds the tree. */
export const TREE_RECORDS: RecordCodec<readonly string[]> = {
  encode: (workspaces) => encode(workspaces),
  decode: (bytes) => {
    const fields = Fields.of(bytes)
    const workspaces: string[] = []
    while (fields.isLeft) workspaces.push(fields.text())
    return workspaces
  },
}

/** [dimension, reserved, [time, amount, ...], ...] in the order in which they were first used */
export const LEDGER_RECORDS: RecordCodec<Ledger> = {
  encode: (ledger) =>
    encode(
      [...ledger].flatMap(([dimension, { spent, reserved }]) => [
        dimension,
        reserved,
        spent.flatMap(({ atNs, amount }) => [atNs, amount]),
      ]),
    ),
  decode: (bytes) => {
    const fields = Fields.of(bytes)
    const ledger = new Map<string, { reserved: bigint; spent: readonly { atNs: bigint; amount: bigint }[] }>()
    while (fields.isLeft) {
      const dimension = fields.text()
      const reserved = fields.uint()
      ledger.set(dimension, {
        reserved,
        spent: fields.each((each) => ({ atNs: each.uint(), amount: each.uint() })),
      })
    }
    return ledger
  },
}
