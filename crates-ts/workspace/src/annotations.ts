/** Annotations of a path: names for content by hash (spec/19-workspaces.md, "Annotations"). */
import { decode, encodeNode, isAosError, isHash } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { workspaceError } from './errors.ts'
import { WORKSPACE_LIMITS } from './limits.ts'
import { checkNodeSize } from './tree.ts'

/** What was remarked on a path, each by the hash of its content. */
export type Annotations = ReadonlyMap<string, Hash>

/** What becomes of annotations: a hash sets one, null takes it away. */
export type AnnotationsPatch = ReadonlyMap<string, Hash | null>

/** Prefixed canonical bytes of their node. Throws `workspace.too_large`. */
export function encodeAnnotations(annotations: Annotations): Uint8Array {
  const bytes = encodeNode(annotations)
  checkNodeSize(bytes)
  return bytes
}

/** Strict. Throws `workspace.bad_node`. */
export function decodeAnnotations(bytes: Uint8Array): Annotations {
  const data = decodeNode(bytes)
  if (!(data instanceof Map)) throw badNode('they are no map')
  const annotations = new Map<string, Hash>()
  const entries: ReadonlyMap<Data, Data> = data
  for (const [name, hash] of entries) {
    if (typeof name !== 'string' || !isHash(hash)) throw badNode('an entry is no text with a hash')
    annotations.set(name, hash)
  }
  return annotations
}

/** The annotations with the patch applied to them. */
export function patchAnnotations(annotations: Annotations, patch: AnnotationsPatch): Annotations {
  const patched = new Map(annotations)
  for (const [name, hash] of patch) {
    if (hash === null) patched.delete(name)
    else patched.set(name, hash)
  }
  return patched
}

function decodeNode(bytes: Uint8Array): Data {
  if (bytes.length > WORKSPACE_LIMITS.treeNodeBytesMax) throw badNode('they are too large')
  try {
    return decode(bytes, { prefix: 'required', depthMax: 1 })
  } catch (error) {
    if (!isAosError(error)) throw error
    throw badNode(error.message)
  }
}

function badNode(what: string): Error {
  return workspaceError('workspace.bad_node', `the bytes are no annotations: ${what}`)
}
