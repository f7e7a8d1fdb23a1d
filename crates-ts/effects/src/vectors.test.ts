import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, parseHash, sha256, toHex } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import {
  KnownBatch,
  approvalStatement,
  batchSigningBytes,
  hashIntent,
  hashRequest,
  makeBatch,
  receiptSigningBytes,
  signingBytes,
} from './index.ts'
import type { BatchPlace, EffectOrigin, ReceiptStatus } from './index.ts'

const port: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}

function readVectors<T>(name: string): readonly T[] {
  const text = readFileSync(new URL(`../../../spec/vectors/receipts/${name}`, import.meta.url), 'utf8')
  return JSON.parse(text) as readonly T[] // the shapes of spec/12-receipts.md
}

interface RequestVector {
  readonly name: string
  readonly effect_kind: string
  readonly params: string
  readonly grant: string
  readonly author_key: string | null
  readonly origin: readonly [number, string, string?]
  readonly ordinal: number
  readonly request_hash: string
  readonly world: string
  readonly height: number
  readonly index: number
  readonly intent_hash: string
}

function originOf([kind, name, rest]: RequestVector['origin']): EffectOrigin {
  if (kind === 0) return { kind: 'plan', instance: name, step: rest ?? '' }
  return { kind: 'reducer', reducer: name, key: rest === undefined ? undefined : fromHex(rest) }
}

test.each(readVectors<RequestVector>('requests.json'))('request: $name', (vector) => {
  const requestHash = hashRequest(port, {
    effectKind: vector.effect_kind,
    params: fromHex(vector.params),
    grant: vector.grant,
    authorKey: vector.author_key === null ? undefined : fromHex(vector.author_key),
    origin: originOf(vector.origin),
    ordinal: vector.ordinal,
  })
  expect(toHex(requestHash)).toBe(vector.request_hash)
  const { height, index } = vector
  expect(toHex(hashIntent(port, { world: parseHash(vector.world), height, index, requestHash }))).toBe(
    vector.intent_hash,
  )
})

interface StatementVector {
  readonly name: string
  readonly purpose: 'receipt' | 'approval'
  readonly statement: Readonly<Record<string, string>> & { readonly cost: Readonly<Record<string, string>> }
  readonly statement_hex: string
  readonly signing_hex: string
}

/** The canonical bytes of a statement are seen by the port that hashes them. */
class Seeing implements Sha256Port {
  seen: string[] = []

  sha256Into(input: Uint8Array, output: Uint8Array, offset: number): void {
    this.seen.push(toHex(input))
    port.sha256Into(input, output, offset)
  }
}

function signed(seeing: Seeing, { purpose, statement }: StatementVector): Uint8Array {
  const text = (name: string): string => statement[name] ?? ''
  const world = parseHash(text('world'))
  if (purpose === 'approval') {
    const approval = approvalStatement({
      world,
      intentHash: fromHex(text('intent_hash')),
      manifest: fromHex(text('manifest_hash')),
      decision: text('decision') === 'approve' ? 'approve' : 'reject',
      expiresNs: BigInt(text('expires_ns')),
    })
    return signingBytes(seeing, purpose, approval)
  }
  return receiptSigningBytes(seeing, {
    world,
    height: Number(text('height')),
    intentHash: fromHex(text('intent_hash')),
    paramsHash: fromHex(text('params_hash')),
    decisionHash: fromHex(text('decision_hash')),
    adapterId: text('adapter_id'),
    status: text('status') as ReceiptStatus, // the vectors name only statuses
    payloadHash: fromHex(text('payload_hash')),
    cost: new Map(Object.entries(statement.cost).map(([dimension, amount]) => [dimension, Number(amount)])),
    startedNs: BigInt(text('started_ns')),
    finishedNs: BigInt(text('finished_ns')),
  })
}

test.each(readVectors<StatementVector>('statements.json'))('statement: $name', (vector) => {
  const seeing = new Seeing()
  const bytes = toHex(signed(seeing, vector))
  expect(seeing.seen).toEqual([vector.statement_hex])
  expect(bytes).toBe(vector.signing_hex)
})

/** What a signature covers that counts for the message at this place. */
function signedAt(world: Hash, message: Uint8Array, place: BatchPlace): Uint8Array {
  const root = new KnownBatch(port, place.size).rootOf(message, place)
  return batchSigningBytes(port, { world, size: place.size, root })
}

interface BatchVector {
  readonly name: string
  readonly world: string
  readonly messages: readonly string[]
  readonly root: string
  readonly paths: readonly (readonly string[])[]
  readonly signing_hex: string
}

describe.each(readVectors<BatchVector>('batches.json'))('batch: $name', (vector) => {
  const world = parseHash(vector.world)
  const messages = vector.messages.map(fromHex)

  test('has the root and the paths', () => {
    const batch = makeBatch(port, messages)
    expect(toHex(batch.root)).toBe(vector.root)
    expect(batch.places.map(({ path }) => path.map(toHex))).toEqual(vector.paths)
    expect(toHex(batchSigningBytes(port, { world, size: messages.length, root: batch.root }))).toBe(vector.signing_hex)
  })

  test('every place leads to the signed bytes, and no other place or message does', () => {
    const { places } = makeBatch(port, messages)
    for (const [index, message] of messages.entries()) {
      for (const [other, place] of places.entries()) {
        let found = ''
        try {
          found = toHex(signedAt(world, message, place))
        } catch {
          found = 'refused'
        }
        expect(found === vector.signing_hex).toBe(other === index)
      }
    }
  })
})

test('a place whose numbers do not belong together is refused', () => {
  const world = parseHash(`sha256:${'1'.repeat(64)}`)
  const message = Uint8Array.of(1)
  const hash = sha256(port, message)
  const bad = [
    { index: 1, size: 1, path: [] },
    { index: 0, size: 0, path: [] },
    { index: -1, size: 2, path: [hash] },
    { index: 0.5, size: 2, path: [hash] },
    { index: 0, size: 1, path: [hash] },
    { index: 0, size: 2, path: [] },
    { index: 0, size: 3, path: [hash] },
    { index: 2, size: 3, path: [hash, hash] },
    { index: 0, size: 2, path: [hash.subarray(1)] },
    { index: 0, size: 70_000, path: [hash] },
  ]
  for (const place of bad) {
    expect(() => signedAt(world, message, place)).toThrow(expect.objectContaining({ code: 'effects.bad_batch' }))
  }
  expect(() => makeBatch(port, [])).toThrow(expect.objectContaining({ code: 'effects.bad_batch' }))
})
