/** A signed receipt as JSON, for adapters that are not of this host (spec/12-receipts.md, "Files"). */
import { formatJson, isJsonArray, isJsonNumber, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode, JsonObject } from '@aos/air'
import { AosError, formatHash, fromHex, hashBytes, isAosError, isHash, toHex } from '@aos/cbor'
import type { ErrorPath, Hash, HashBytes } from '@aos/cbor'
import { RECEIPT_STATUSES } from '@aos/effects'
import type { BatchPlace, Receipt } from '@aos/effects'
import type { SignedReceipt } from './signed-receipt.ts'

const MEMBERS = ['receipt', 'payload', 'signature']
const FIELDS = [
  'world',
  'height',
  'intent_hash',
  'params_hash',
  'decision_hash',
  'adapter_id',
  'status',
  'payload_hash',
  'cost',
  'started_ns',
  'finished_ns',
]
const SIGNATURE = ['key_id', 'sig', 'index', 'size', 'path']

/** The file form: what `parseReceiptFile` reads. */
export function formatReceiptFile({ receipt, payload, signature }: SignedReceipt): string {
  const { place } = signature
  const batch: readonly (readonly [string, JsonNode])[] =
    place === undefined
      ? []
      : [
          ['index', number(place.index)],
          ['size', number(place.size)],
          ['path', place.path.map((hash) => toHex(hash))],
        ]
  return formatJson(
    new Map<string, JsonNode>([
      ['receipt', statementNode(receipt)],
      ['payload', toHex(payload)],
      [
        'signature',
        new Map<string, JsonNode>([['key_id', toHex(signature.keyId)], ['sig', toHex(signature.signature)], ...batch]),
      ],
    ]),
  )
}

function statementNode(receipt: Receipt): JsonNode {
  return new Map<string, JsonNode>([
    ['world', receipt.world],
    ['height', number(receipt.height)],
    ['intent_hash', formatHash(receipt.intentHash)],
    ['params_hash', formatHash(receipt.paramsHash)],
    ['decision_hash', formatHash(receipt.decisionHash)],
    ['adapter_id', receipt.adapterId],
    ['status', receipt.status],
    ['payload_hash', formatHash(receipt.payloadHash)],
    ['cost', new Map([...receipt.cost].map(([dimension, amount]) => [dimension, number(amount)]))],
    ['started_ns', number(receipt.startedNs)],
    ['finished_ns', number(receipt.finishedNs)],
  ])
}

function number(value: number | bigint): JsonNode {
  return { kind: 'number', text: value.toString() }
}

/** Throws `receipt.bad_form` with the path of what is wrong. The signature is not looked at. */
export function parseReceiptFile(text: string): SignedReceipt {
  const file = objectAt(parse(text), [], MEMBERS)
  const fields = objectAt(file.get('receipt'), ['receipt'], FIELDS)
  const at = (name: string): Place => ({ node: fields.get(name), path: ['receipt', name] })
  const status = RECEIPT_STATUSES.find((known) => known === fields.get('status'))
  if (status === undefined) throw badForm(['receipt', 'status'], `expected one of ${RECEIPT_STATUSES.join(', ')}`)
  const receipt: Receipt = {
    world: hashAt(at('world')),
    height: Number(natAt(at('height'))),
    intentHash: hashBytes(hashAt(at('intent_hash'))),
    paramsHash: hashBytes(hashAt(at('params_hash'))),
    decisionHash: hashBytes(hashAt(at('decision_hash'))),
    adapterId: textAt(at('adapter_id')),
    status,
    payloadHash: hashBytes(hashAt(at('payload_hash'))),
    cost: costAt(at('cost')),
    startedNs: natAt(at('started_ns')),
    finishedNs: natAt(at('finished_ns')),
  }
  const signature = objectAt(file.get('signature'), ['signature'], SIGNATURE)
  const place = placeOf(signature)
  return {
    receipt,
    payload: bytesAt({ node: file.get('payload'), path: ['payload'] }),
    signature: {
      keyId: bytesAt({ node: signature.get('key_id'), path: ['signature', 'key_id'] }, 32),
      signature: bytesAt({ node: signature.get('sig'), path: ['signature', 'sig'] }, 64),
      ...(place === undefined ? {} : { place }),
    },
  }
}

interface Place {
  readonly node: JsonNode | undefined
  readonly path: ErrorPath
}

function parse(text: string): JsonNode {
  try {
    return parseJson(text)
  } catch (error) {
    if (isAosError(error)) throw badForm([], error.message)
    throw error
  }
}

function placeOf(signature: JsonObject): BatchPlace | undefined {
  if (!signature.has('index') && !signature.has('size') && !signature.has('path')) return undefined
  const path = signature.get('path')
  if (!isJsonArray(path)) throw badForm(['signature', 'path'], 'expected a list of hashes')
  return {
    index: Number(natAt({ node: signature.get('index'), path: ['signature', 'index'] })),
    size: Number(natAt({ node: signature.get('size'), path: ['signature', 'size'] })),
    path: path.map((node, index): HashBytes => bytesAt({ node, path: ['signature', 'path', index] }, 32)),
  }
}

function objectAt(node: JsonNode | undefined, path: ErrorPath, known: readonly string[]): JsonObject {
  if (!isJsonObject(node)) throw badForm(path, 'expected an object')
  for (const name of node.keys()) {
    if (!known.includes(name)) throw badForm([...path, name], `expected one of ${known.join(', ')}`)
  }
  return node
}

function textAt({ node, path }: Place): string {
  if (typeof node !== 'string') throw badForm(path, 'expected a text')
  return node
}

function hashAt(place: Place): Hash {
  const text = textAt(place)
  if (!isHash(text)) throw badForm(place.path, 'expected a hash: sha256: and 64 hexadecimal digits')
  return text
}

function natAt({ node, path }: Place): bigint {
  if (isJsonNumber(node) && /^(0|[1-9][0-9]{0,18})$/.test(node.text)) return BigInt(node.text)
  throw badForm(path, 'expected an integer from 0')
}

function costAt({ node, path }: Place): ReadonlyMap<string, number> {
  if (!isJsonObject(node)) throw badForm(path, 'expected an object')
  return new Map([...node].map(([name, item]) => [name, Number(natAt({ node: item, path: [...path, name] }))]))
}

function bytesAt(place: Place, length?: number): Uint8Array {
  const text = textAt(place)
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) throw badForm(place.path, 'expected hexadecimal digits')
  if (length !== undefined && text.length !== 2 * length) throw badForm(place.path, `expected ${length} bytes`)
  return fromHex(text)
}

function badForm(path: ErrorPath, message: string): AosError {
  return new AosError('receipt.bad_form', `the file holds no signed receipt: ${message}`, { path })
}
