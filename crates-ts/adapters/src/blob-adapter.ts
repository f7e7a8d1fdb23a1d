/** `blob.put` and `blob.get` (spec/13-adapters.md, "Blobs"). */
import { createHash } from 'node:crypto'
import { AdapterFailure, failureResult } from './failures.ts'
import type { Adapter, AdapterCall, AdapterResult } from './port.ts'
import { badParams, fieldOf, hashField, makeRecord } from './values.ts'

/** `id` is `blob` unless given. */
export interface BlobAdapterOptions {
  readonly id?: string
}

/** Stores and fetches through the content that the call was given; it has none of its own. */
export function makeBlobAdapter(options: BlobAdapterOptions = {}): Adapter {
  return {
    id: options.id ?? 'blob',
    kinds: ['blob.put', 'blob.get'],
    async perform(call) {
      try {
        return call.effectKind === 'blob.put' ? await putBlob(call) : getBlob(call)
      } catch (error) {
        if (error instanceof AdapterFailure) return failureResult(error.code, error.message, new Map([['calls', 1]]))
        throw error
      }
    },
    close: () => Promise.resolve(),
  }
}

async function putBlob({ params, blobs }: AdapterCall): Promise<AdapterResult> {
  const bytes = fieldOf(params, 'bytes')
  const said = hashField(params, 'blob_ref')
  if (!(bytes instanceof Uint8Array)) throw badParams('bytes', 'bytes')
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (found !== said) throw new AdapterFailure('blob_mismatch', `the bytes have the hash ${found}`)
  const hash = await blobs.put(bytes)
  const cost = new Map([
    ['calls', 1],
    ['bytes', bytes.length],
  ])
  return { status: 'ok', payload: makeRecord({ blob_ref: hash, size: bytes.length }), cost }
}

function getBlob({ params, blobs }: AdapterCall): AdapterResult {
  const hash = hashField(params, 'blob_ref')
  if (hash === undefined) throw badParams('blob_ref', 'a hash')
  const bytes = blobs.get(hash)
  if (bytes === undefined) throw new AdapterFailure('blob_missing', `no bytes have the hash ${hash}`)
  const cost = new Map([
    ['calls', 1],
    ['bytes', bytes.length],
  ])
  return { status: 'ok', payload: makeRecord({ blob_ref: hash, size: bytes.length, bytes }), cost }
}
