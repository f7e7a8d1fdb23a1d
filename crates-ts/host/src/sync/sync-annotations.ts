/** Annotations that a sync file gives to paths (spec/22-sync.md, "The sync file"). */
import { isJsonArray, isJsonNumber, isJsonObject } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AosError, encodeNode, hashText } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { findEntry, joinPath, readAnnotations, readTree, splitPath } from '@aos/workspace'
import type { Annotations, TreeEdit, TreeReader, TreeStore } from '@aos/workspace'
import { nodeSha256 } from '../sha256.ts'

/** By path below the reference, then by name; the path of the whole is empty. */
export type AnnotationValues = ReadonlyMap<string, ReadonlyMap<string, JsonNode>>

/**
 * A JSON text as its UTF-8, any other JSON as its canonical CBOR with the prefix: whole numbers as integers, others as floats. Throws
 * `host.bad_config` for a number that neither can hold.
 */
export function annotationBytes(value: JsonNode): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : encodeNode(dataOf(value))
}

function dataOf(node: JsonNode): Data {
  if (isJsonArray(node)) return node.map(dataOf)
  if (isJsonNumber(node)) return numberOf(node.text)
  if (!isJsonObject(node)) return node
  return new Map([...node].map(([key, member]) => [key, dataOf(member)]))
}

const INTEGER_MAX = 2n ** 64n

function numberOf(text: string): Data {
  if (/^-?[0-9]+$/.test(text)) {
    const integer = BigInt(text)
    if (integer >= INTEGER_MAX || integer < -INTEGER_MAX) throw badNumber(text)
    const number = Number(integer)
    return Number.isSafeInteger(number) ? number : integer
  }
  const number = Number(text)
  if (!Number.isFinite(number)) throw badNumber(text)
  return number
}

function badNumber(text: string): AosError {
  return new AosError('host.bad_config', `the number ${text.slice(0, 40)} is out of range`)
}

/** The tree before a push, and what of it the push leaves. */
export interface AnnotatedTree {
  readonly store: TreeReader
  readonly root: Hash | undefined
  /** Where the paths begin. */
  readonly base: string | undefined
  /** Whether a file or folder stands at a path below the base after the push. */
  readonly willStand: (path: string) => boolean
}

/** One path with those of its annotations that are not set yet. */
export interface AnnotationChange {
  readonly path: string
  readonly values: ReadonlyMap<string, Uint8Array>
}

/** What is not as it should be, in the order of the paths. Throws `sync.unknown_path`. */
export function changedAnnotations(wanted: AnnotationValues, tree: AnnotatedTree): readonly AnnotationChange[] {
  const changes: AnnotationChange[] = []
  for (const [path, values] of [...wanted].sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (path !== '' && !tree.willStand(path)) {
      throw new AosError('sync.unknown_path', `nothing would stand at ${path}, which aos.sync.json annotates`, {
        details: { path },
      })
    }
    const known = annotationsAt(tree, path)
    const bytes = [...values].map(([name, value]) => [name, annotationBytes(value)] as const)
    const changed = bytes.filter(([name, content]) => known.get(name) !== hashText(nodeSha256, content))
    if (changed.length > 0) changes.push({ path, values: new Map(changed) })
  }
  return changes
}

function annotationsAt({ store, root, base }: AnnotatedTree, path: string): Annotations {
  if (root === undefined) return new Map()
  const whole = wholePath(base, path)
  if (whole === undefined) return readAnnotations(store, readTree(store, root).annotations)
  try {
    const entry = findEntry(store, root, splitPath(whole))
    if (entry === undefined) return new Map()
    return readAnnotations(store, entry.kind === 'file' ? entry.annotations : readTree(store, entry.hash).annotations)
  } catch (error) {
    // A file that makes room for a folder.
    if (error instanceof AosError && error.code === 'workspace.not_a_directory') return new Map()
    throw error
  }
}

/** As an edit of the tree. */
export function annotationEdit(
  store: TreeStore,
  base: string | undefined,
  { path, values }: AnnotationChange,
): TreeEdit {
  const patch = new Map([...values].map(([name, bytes]) => [name, store.write(bytes)]))
  return { kind: 'annotate', path: wholePath(base, path), patch }
}

/** The path in the workspace of one below `base`; undefined for its root. */
export function wholePath(base: string | undefined, path: string): string | undefined {
  if (path === '') return base
  return joinPath(base ?? '', path)
}
