/** Which workspaces a world has, and which tree a version is (spec/19-workspaces.md, "History"). What is told leaves when the head it saw is durable. */
import { AosError, decode, encodeNode } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { decodeHistory, formatRef } from '@aos/workspace'
import type { WorkspaceHistory, WorkspaceRef } from '@aos/workspace'
import type { HostWorld } from '../host-world.ts'

const REDUCER = 'sys/Workspace@1'
const COMMIT = 'sys/WorkspaceCommit@1'

/** A workspace with all its versions. */
export interface ListedWorkspace {
  readonly workspace: string
  readonly history: WorkspaceHistory
}

/** One version of a workspace, as a reference names it. */
export interface FoundVersion {
  readonly workspace: string
  readonly version: number
  readonly root: Hash
  /** The newest version. */
  readonly head: number
}

/** In the order of their names. Costs a walk through all of them. */
export function listWorkspaces(host: HostWorld): Promise<readonly ListedWorkspace[]> {
  return host.read((kernel) => {
    const found: ListedWorkspace[] = []
    for (const { key, state } of kernel.listCells(REDUCER)) {
      const name = decode(key, { prefix: 'required' })
      found.push({ workspace: String(name), history: decodeHistory(state) })
    }
    return found.sort((left, right) => (left.workspace < right.workspace ? -1 : 1))
  })
}

/** undefined: there is no such workspace. Throws `workspace.bad_history`. */
export function findHistory(host: HostWorld, workspace: string): Promise<WorkspaceHistory | undefined> {
  return host.read((kernel) => {
    const state = kernel.readCell(REDUCER, encodeNode(workspace))
    return state === undefined ? undefined : decodeHistory(state)
  })
}

/** Throws `host.unknown_workspace`. */
export async function readHistory(host: HostWorld, workspace: string): Promise<WorkspaceHistory> {
  const history = await findHistory(host, workspace)
  if (history !== undefined) return history
  throw new AosError('host.unknown_workspace', `the world has no workspace ${workspace}`, {
    hint: 'list them with `aos ws ls`',
  })
}

/** The version that a reference names, or the newest. Throws `host.unknown_workspace`, `host.unknown_version`. */
export async function findVersion(host: HostWorld, ref: WorkspaceRef): Promise<FoundVersion> {
  const { workspace } = ref
  const { latest, versions } = await readHistory(host, workspace)
  const found = versions.get(ref.version ?? latest)
  if (found !== undefined) return { workspace, version: found.version, root: found.root, head: latest }
  const wanted = formatRef({ workspace, version: ref.version, path: undefined })
  throw new AosError('host.unknown_version', `${wanted} is no version: the newest is ${latest}`)
}

/** Throws `host.no_workspaces` for a world whose manifest routes no commits to the built-in reducer. */
export function checkKeepsWorkspaces(host: HostWorld): void {
  const { manifest, modules } = host.definitions
  const isRouted = manifest.routes.some(({ event, reducer }) => event === COMMIT && reducer === REDUCER)
  if (isRouted && modules.has(REDUCER)) return
  throw new AosError('host.no_workspaces', `the manifest does not route ${COMMIT} to ${REDUCER}`, {
    hint: `list the module ${REDUCER}, and the route {"event": "${COMMIT}", "reducer": "${REDUCER}", "key_field": "workspace"}; then run \`aos push\``,
  })
}
