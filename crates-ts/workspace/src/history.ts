/** The state of `sys/Workspace@1`: the versions of a workspace (spec/19-workspaces.md, "History"). */
import { decodeForeign, isAosError, isHash } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { workspaceError } from './errors.ts'

/** Who put which tree there, and when. */
export interface WorkspaceVersion {
  readonly version: number
  readonly root: Hash
  readonly owner: string
  /** Nanoseconds since 1970, as the committer said. */
  readonly createdAtNs: bigint
}

/** All versions of one workspace. */
export interface WorkspaceHistory {
  /** The number of the newest. */
  readonly latest: number
  /** In ascending order. */
  readonly versions: ReadonlyMap<number, WorkspaceVersion>
}

/** Bytes of a cell of `sys/Workspace@1`. Throws `workspace.bad_history`. */
export function decodeHistory(bytes: Uint8Array): WorkspaceHistory {
  const fields = mapOf(readState(bytes), 'it is no record')
  const latest = fields.get('latest')
  if (typeof latest !== 'number') throw badHistory('latest is no whole number')
  const versions = new Map<number, WorkspaceVersion>()
  for (const [version, meta] of mapOf(fields.get('versions'), 'versions are no map')) {
    if (typeof version !== 'number') throw badHistory('a version is no whole number')
    versions.set(version, readVersion(version, mapOf(meta, 'a version is no record')))
  }
  return { latest, versions }
}

function readState(bytes: Uint8Array): Data {
  try {
    return decodeForeign(bytes)
  } catch (error) {
    if (!isAosError(error)) throw error
    throw badHistory(error.message)
  }
}

function readVersion(version: number, meta: ReadonlyMap<Data, Data>): WorkspaceVersion {
  const root = meta.get('root_hash')
  const owner = meta.get('owner')
  const createdAt = meta.get('created_at')
  if (!isHash(root) || typeof owner !== 'string') throw badHistory('a version names no tree or no owner')
  if (typeof createdAt !== 'number' && typeof createdAt !== 'bigint') throw badHistory('a version has no time')
  return { version, root, owner, createdAtNs: BigInt(createdAt) }
}

function mapOf(data: Data | undefined, what: string): ReadonlyMap<Data, Data> {
  if (data instanceof Map) return data
  throw badHistory(what)
}

function badHistory(what: string): Error {
  return workspaceError('workspace.bad_history', `the state is no history of a workspace: ${what}`)
}
