import { expect, test } from 'vitest'
import { makeBlobAdapter } from '../src/index.ts'
import { MemoryBlobs, expectOfSchema, fields, hashOf, makeCall } from './_world.ts'

const bytes = Uint8Array.of(1, 2, 3)
const adapter = makeBlobAdapter()

test('what is put can be got', async () => {
  const blobs = new MemoryBlobs()
  const params = { blob_ref: hashOf(bytes), bytes }
  const put = await adapter.perform(makeCall({ kind: 'blob.put', params, blobs, capType: 'blob' }))
  expectOfSchema('sys/BlobPutReceipt@1', put.payload)
  expect([put.status, { ...fields(put.payload) }]).toEqual(['ok', { blob_ref: hashOf(bytes), size: 3 }])
  const got = await adapter.perform(makeCall({ kind: 'blob.get', params: { blob_ref: hashOf(bytes) }, blobs }))
  expectOfSchema('sys/BlobGetReceipt@1', got.payload)
  expect([got.status, { ...fields(got.payload) }]).toEqual(['ok', { blob_ref: hashOf(bytes), size: 3, bytes }])
  expect(Object.fromEntries(got.cost)).toEqual({ calls: 1, bytes: 3 })
})

test('bytes under another hash are refused and not stored', async () => {
  const blobs = new MemoryBlobs()
  const params = { blob_ref: hashOf(Uint8Array.of(9)), bytes }
  const put = await adapter.perform(makeCall({ kind: 'blob.put', params, blobs }))
  expectOfSchema('sys/EffectFailure@1', put.payload)
  expect([put.status, fields(put.payload)['code'], blobs.stored.size]).toEqual(['error', 'blob_mismatch', 0])
})

test('a hash without bytes', async () => {
  const got = await adapter.perform(makeCall({ kind: 'blob.get', params: { blob_ref: hashOf(bytes) } }))
  expect([got.status, fields(got.payload)['code']]).toEqual(['error', 'blob_missing'])
})
