/** The files of a part of a workspace, and their names in a folder (spec/22-sync.md, "Names"). */
import type { Hash } from '@aos/cbor'
import { findEntry, notADirectory, splitPath, walkTree } from '@aos/workspace'
import type { FileEntry, TreeReader } from '@aos/workspace'
import type { Steps } from '../steps.ts'
import { atPlace, checkNameTwins, decodeFileName } from './file-names.ts'
import type { IgnoreRules } from './ignore-rules.ts'

/** A tree, and where in it the part begins. */
export interface TreePart {
  readonly store: TreeReader
  /** undefined: there is no tree. */
  readonly root: Hash | undefined
  /** undefined: all of it. */
  readonly path: string | undefined
}

/** Files by the path below the part. */
export interface TreeFiles {
  readonly files: ReadonlyMap<string, FileEntry>
  /** Those that rules cover, ascending. */
  readonly ignored: readonly string[]
  /** Directories, whatever is in them. */
  readonly folders: ReadonlySet<string>
  /** False: nothing stands where the part begins. */
  readonly isThere: boolean
}

/** Reads every node of the part. Throws `workspace.not_a_directory` when it is a file, and what the rules throw. */
export function* listTreeFiles({ store, root, path }: TreePart, rules: IgnoreRules): Steps<TreeFiles> {
  const files = new Map<string, FileEntry>()
  const ignored: string[] = []
  const folders = new Set<string>()
  const hash = root === undefined ? undefined : findPart(store, root, path)
  if (hash === undefined) return { files, ignored, folders, isThere: false }
  for (const placed of walkTree(store, hash, { base: '', after: undefined, isDeep: true })) {
    const { path: at, entry } = placed
    if (entry.kind === 'dir') folders.add(at)
    else if (rules.covers(at)) ignored.push(at)
    else files.set(at, entry)
    if (files.size % FILES_A_STEP === 0) yield
  }
  return { files, ignored, folders, isThere: true }
}

const FILES_A_STEP = 64

function findPart(store: TreeReader, root: Hash, path: string | undefined): Hash | undefined {
  if (path === undefined) return root
  const segments = splitPath(path)
  const entry = findEntry(store, root, segments)
  if (entry?.kind === 'file') throw notADirectory(segments)
  return entry?.hash
}

/** Names by path; no two names of one folder may be twins. Throws what `decodeFileName` and `checkNameTwins` throw. */
export function* namesOf(paths: Iterable<string>): Steps<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, readonly string[]>()
  const folders = new Map<string, Set<string>>()
  for (const path of paths) {
    const local = atPlace(path, () => localPath(path))
    names.set(path, local)
    let folder = ''
    for (const name of local) {
      const known = folders.get(folder)
      if (known === undefined) folders.set(folder, new Set([name]))
      else known.add(name)
      folder = `${folder}/${name}`
    }
    if (names.size % FILES_A_STEP === 0) yield
  }
  for (const [folder, known] of folders) {
    atPlace(`the workspace${folder}`, () => checkNameTwins(known))
    yield
  }
  return names
}

/** The names that a path is made of. Throws what `decodeFileName` throws. */
export function localPath(path: string): readonly string[] {
  return path.split('/').map(decodeFileName)
}
