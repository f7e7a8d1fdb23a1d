/** What the tests of this package share. */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import type { Sha256Port } from '@aos/cbor'

export const NODE_SHA256: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}

export const SEED = Number(process.env['AOS_SEED'] ?? 20261121)

const VECTORS = new URL('../../../spec/vectors/air/', import.meta.url)

/** The parsed JSON of a vector file; the caller says what it holds. */
export function readVectors<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, VECTORS), 'utf8')) as T // the vectors' shape is the caller's claim
}

export function listVectors(folder: string): readonly string[] {
  const files = readdirSync(new URL(folder, VECTORS)).filter((file) => file.endsWith('.json'))
  return files.toSorted((left, right) => (left < right ? -1 : 1)).map((file) => `${folder}/${file}`)
}
