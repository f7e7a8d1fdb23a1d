/** A store in memory, and trees as plain maps: what the package is held to. */
import { createHash } from 'node:crypto'
import { formatHash, sha256 } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import fc from 'fast-check'
import type { FileMode, TreeEdit, TreeStore, WorkspacePort } from '../src/index.ts'

export const port: Sha256Port = {
  sha256Into: (input, output, offset) => output.set(createHash('sha256').update(input).digest(), offset),
}

/** Counts what is read. */
export class MemoryStore implements WorkspacePort {
  readonly blobs: Map<Hash, Uint8Array> = new Map()
  readonly histories: Map<string, Uint8Array> = new Map()
  reads: Hash[] = []

  read(hash: Hash): Uint8Array | undefined {
    this.reads.push(hash)
    return this.blobs.get(hash)
  }

  write(bytes: Uint8Array): Hash {
    const hash = formatHash(sha256(port, bytes))
    this.blobs.set(hash, bytes)
    return hash
  }

  history(workspace: string): Uint8Array | undefined {
    return this.histories.get(workspace)
  }
}

export interface ModelFile {
  readonly content: string
  readonly mode: FileMode
}

/** Files by path; `undefined`: a directory. Every directory above a path is in it. */
export type Model = ReadonlyMap<string, ModelFile | undefined>

export function parentsOf(path: string): readonly string[] {
  const segments = path.split('/')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
}

/** Few names, so that paths meet; with those that sort before and behind a slash. */
const segment = fc.constantFrom('a', 'a-b', 'a.b', 'a0', 'b', 'Z', '~', '_', '-')
export const path: fc.Arbitrary<string> = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'))

const file: fc.Arbitrary<ModelFile> = fc.record({
  content: fc.constantFrom('', 'x', 'y', 'zz'),
  mode: fc.constantFrom<FileMode>(0o644, 0o755),
})

/** Models in which no path is below a file. */
export const model: fc.Arbitrary<Model> = fc
  .array(fc.tuple(path, fc.option(file, { nil: undefined })), { maxLength: 12 })
  .map((pairs) => {
    const found = new Map<string, ModelFile | undefined>()
    for (const [at, content] of pairs) {
      if (parentsOf(at).some((parent) => found.get(parent) !== undefined)) continue
      if (found.has(at) || [...found.keys()].some((known) => known.startsWith(`${at}/`))) continue
      for (const parent of parentsOf(at)) found.set(parent, undefined)
      found.set(at, content)
    }
    return found
  })

/** The edits that make a model from nothing. */
export function editsOf(store: TreeStore, files: Model): readonly TreeEdit[] {
  return [...files].map(([at, content]) =>
    content === undefined ? { kind: 'directory', path: at } : writeOf(store, at, content),
  )
}

export function writeOf(store: TreeStore, at: string, { content, mode }: ModelFile): TreeEdit {
  const bytes = new TextEncoder().encode(content)
  return { kind: 'write', path: at, hash: store.write(bytes), size: bytes.length, mode }
}
