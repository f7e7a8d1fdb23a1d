/** Commands about plans and effects as they stand in ingress (spec/journal.cddl), and back. */
import { encode, formatHash, hashBytes, takeWritten } from '@aos/cbor'
import type { CanonicalBytes, Data, Hash, HashBytes } from '@aos/cbor'
import { RECEIPT_STATUSES, writeCost } from '@aos/effects'
import type { Approval, Receipt } from '@aos/effects'
import { kernelError } from './errors.ts'

/** A journaled command. */
export type CommandFields = ReadonlyMap<Data, Data>

/** The receipt statement, its keys by position (spec/12-receipts.md, "Receipt statement"). */
export function encodeReceipt(receipt: Receipt): CanonicalBytes {
  return takeWritten((writer) => {
    writer.map(11)
    writer.uint(0)
    writer.bytes(hashBytes(receipt.world))
    writer.uint(1)
    writer.uint(receipt.height)
    writer.uint(2)
    writer.bytes(receipt.intentHash)
    writer.uint(3)
    writer.bytes(receipt.paramsHash)
    writer.uint(4)
    writer.bytes(receipt.decisionHash)
    writer.uint(5)
    writer.text(receipt.adapterId)
    writer.uint(6)
    writer.uint(RECEIPT_STATUSES.indexOf(receipt.status))
    writer.uint(7)
    writer.bytes(receipt.payloadHash)
    writer.uint(8)
    writeCost(writer, receipt.cost)
    writer.uint(9)
    writer.uint(receipt.startedNs)
    writer.uint(10)
    writer.uint(receipt.finishedNs)
  })
}

/** Throws `kernel.bad_entry`. */
export function decodeReceipt(fields: CommandFields): Receipt {
  const status = RECEIPT_STATUSES[Number(fields.get(6))]
  if (status === undefined) throw badField(6)
  return {
    world: formatHash(bytesAt(fields, 0)),
    height: Number(uintAt(fields, 1)),
    intentHash: bytesAt(fields, 2),
    paramsHash: bytesAt(fields, 3),
    decisionHash: bytesAt(fields, 4),
    adapterId: textAt(fields, 5),
    status,
    payloadHash: bytesAt(fields, 7),
    cost: costAt(fields, 8),
    startedNs: uintAt(fields, 9),
    finishedNs: uintAt(fields, 10),
  }
}

/** The approval statement, its keys by position (spec/12-receipts.md, "Approval statement"). */
export function encodeApproval(approval: Approval): CanonicalBytes {
  return encodePositions([
    hashBytes(approval.world),
    approval.intentHash,
    approval.manifest,
    approval.decision === 'approve' ? 0 : 1,
    approval.expiresNs,
  ])
}

/** Throws `kernel.bad_entry`. */
export function decodeApproval(fields: CommandFields): Approval {
  return {
    world: formatHash(bytesAt(fields, 0)),
    intentHash: bytesAt(fields, 1),
    manifest: bytesAt(fields, 2),
    decision: fields.get(3) === 0 ? 'approve' : 'reject',
    expiresNs: uintAt(fields, 4),
  }
}

/** `start` names a plan, `cancel` an instance. */
export function encodeName(name: string): CanonicalBytes {
  return encodePositions([name])
}

/** Throws `kernel.bad_entry`. */
export function decodeName(fields: CommandFields): string {
  return textAt(fields, 0)
}

/** `requeue` names an intent, `signal` one and why it is given up. */
export function encodeIntentCommand(intent: Hash, code?: string): CanonicalBytes {
  return encodePositions(code === undefined ? [hashBytes(intent)] : [hashBytes(intent), code])
}

/** Throws `kernel.bad_entry`. */
export function decodeIntentHash(fields: CommandFields): Hash {
  return formatHash(bytesAt(fields, 0))
}

/** Throws `kernel.bad_entry`. */
export function decodeCode(fields: CommandFields): string {
  return textAt(fields, 1)
}

function encodePositions(fields: readonly Data[]): CanonicalBytes {
  return encode(new Map(fields.map((field, index) => [index, field])))
}

function bytesAt(fields: CommandFields, position: number): HashBytes {
  const value = fields.get(position)
  if (value instanceof Uint8Array) return value
  throw badField(position)
}

function textAt(fields: CommandFields, position: number): string {
  const value = fields.get(position)
  if (typeof value === 'string') return value
  throw badField(position)
}

function uintAt(fields: CommandFields, position: number): bigint {
  const value = fields.get(position)
  if ((typeof value === 'number' || typeof value === 'bigint') && value >= 0) return BigInt(value)
  throw badField(position)
}

function costAt(fields: CommandFields, position: number): ReadonlyMap<string, number> {
  const value = fields.get(position)
  if (!(value instanceof Map)) throw badField(position)
  const entries: ReadonlyMap<Data, Data> = value
  return new Map(
    [...entries].map(([dimension, amount]) => {
      if (typeof dimension !== 'string' || typeof amount !== 'number') throw badField(position)
      return [dimension, amount]
    }),
  )
}

function badField(position: number): Error {
  return kernelError('kernel.bad_entry', `field ${position} of the command is not of its form`)
}
