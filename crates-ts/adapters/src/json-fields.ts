/** Members of JSON objects that people or drivers wrote, each read with what it must be. */
import { isJsonArray, isJsonNumber, isJsonObject } from '@aos/air'
import type { JsonNode, JsonObject } from '@aos/air'
import type { ErrorPath } from '@aos/cbor'
import { RECEIPT_STATUSES } from '@aos/effects'
import type { ReceiptStatus } from '@aos/effects'

/** What is wrong with a member, and where. Who reads the document gives it a code. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault'
  readonly path: ErrorPath

  constructor(path: ErrorPath, message: string) {
    super(message)
    this.path = path
  }
}

/** An object with no other members than those. */
export function readObject(node: JsonNode | undefined, path: ErrorPath, known?: readonly string[]): JsonObject {
  if (!isJsonObject(node)) throw new JsonFault(path, 'expected an object')
  const other = known === undefined ? undefined : [...node.keys()].find((name) => !known.includes(name))
  if (other !== undefined) throw new JsonFault([...path, other], 'there is no such member')
  return node
}

/** The items of an array. */
export function readArray(node: JsonNode | undefined, path: ErrorPath): readonly JsonNode[] {
  if (!isJsonArray(node)) throw new JsonFault(path, 'expected an array')
  return node
}

/** A text as it stands. */
export function readText(node: JsonNode | undefined, path: ErrorPath): string {
  if (typeof node !== 'string') throw new JsonFault(path, 'expected a text')
  return node
}

/** `true` or `false`; an absent one is false. */
export function readFlag(node: JsonNode | undefined, path: ErrorPath): boolean {
  if (node === undefined) return false
  if (typeof node !== 'boolean') throw new JsonFault(path, 'expected true or false')
  return node
}

/** An integer from 0 to 2^53-1 without fraction or exponent. */
export function readNat(node: JsonNode | undefined, path: ErrorPath): number {
  const number = isJsonNumber(node) && /^[0-9]{1,16}$/.test(node.text) ? Number(node.text) : undefined
  if (number === undefined || !Number.isSafeInteger(number)) {
    throw new JsonFault(path, 'expected an integer from 0 to 2^53-1')
  }
  return number
}

/** Amounts by dimension; `calls: 1` when there are none. */
export function readCost(node: JsonNode | undefined, path: ErrorPath): ReadonlyMap<string, number> {
  if (node === undefined) return new Map([['calls', 1]])
  return new Map([...readObject(node, path)].map(([name, item]) => [name, readNat(item, [...path, name])]))
}

/** One of the statuses of a receipt. */
export function readStatus(node: JsonNode | undefined, path: ErrorPath): ReceiptStatus {
  const status = RECEIPT_STATUSES.find((known) => known === node)
  if (status === undefined) throw new JsonFault(path, `expected one of ${RECEIPT_STATUSES.join(', ')}`)
  return status
}
