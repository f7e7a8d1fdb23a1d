import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromHex, toHex } from '@aos/cbor'
import { expect, test } from 'vitest'
import { readSegments, writeSegment } from '../src/checkpoints/checkpoint-segment.ts'
import { readKeyFile } from '../src/keys/key-pair.ts'

interface Vectors {
  readonly bodies: readonly { readonly body: string }[]
  readonly files: {
    readonly seed: string
    readonly public_key: string
    readonly files: readonly { readonly name: string; readonly file: string; readonly bodies: readonly number[] }[]
  }
}

const VECTORS = join(import.meta.dirname, '../../../spec/vectors/snapshots/checkpoints.json')
const { bodies, files } = JSON.parse(readFileSync(VECTORS, 'utf8')) as Vectors // the form is stated above
const publicKey = fromHex(files.public_key)

test.each(files.files)('a file of checkpoints: $name', ({ file, bodies: expected }) => {
  const read = readSegments(fromHex(file), () => ({ publicKey }))
  expect(read.bodies.map(toHex)).toEqual(expected.map((at) => bodies[at]?.body))
  expect(readSegments(fromHex(file), () => undefined).bodies).toEqual([])
})

test('the same bodies under the same key are the same file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aos-key-'))
  try {
    writeFileSync(join(folder, 'seed.key'), fromHex(files.seed), { mode: 0o600 })
    const key = readKeyFile(join(folder, 'seed.key'))
    if (key === undefined) throw new Error('there is no key')
    expect(toHex(key.publicKey)).toBe(files.public_key)
    const [first, second] = [1, 2].map((at) => fromHex(bodies[at]?.body ?? ''))
    if (first === undefined || second === undefined) throw new Error('there are no bodies')
    const one = writeSegment(key, [first], undefined)
    const two = writeSegment(key, [second.subarray(0, 7), second.subarray(7)], one.bodyHash)
    expect(toHex(Uint8Array.from([...one.bytes, ...two.bytes]))).toBe(files.files[0]?.file)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
