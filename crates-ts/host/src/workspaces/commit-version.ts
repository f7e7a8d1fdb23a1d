/** Adds a version to a workspace by its event, and reads what the reducer made of it (spec/19-workspaces.md, "History"). */
import { AosError, decodeForeign, hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { LIMITS, decodeEntry } from '@aos/kernel'
import type { EventIngress, TurnResult } from '@aos/kernel'
import { EMPTY_TREE, checkWorkspaceName, encodeTree } from '@aos/workspace'
import { HostClock } from '../clock.ts'
import type { HostWorld } from '../host-world.ts'
import { localPrincipal } from '../principal.ts'
import { nodeSha256 } from '../sha256.ts'
import { checkKeepsWorkspaces } from './versions.ts'

const COMMIT = 'sys/WorkspaceCommit@1'
const RESULT = 'sys/WorkspaceCommitResult@1'

/** A tree that is to be the next version. */
export interface CommitRequest {
  readonly workspace: string
  readonly root: Hash
  /** The newest version as the committer knows it; 0: there is none yet. undefined: whatever it is. */
  readonly expectedHead: number | undefined
  /** What the tree needs and the world may not know yet: nodes, annotations, files. It must be durable already. Any number. */
  readonly blobs: readonly Hash[]
  readonly principal?: string
}

/** What became of it. A conflict is no failure: the entry is there, the version is not. */
export interface CommitReport {
  readonly outcome: 'committed' | 'conflict'
  /** The newest version now. */
  readonly head: number
  readonly height: number
}

/** No history has so many versions, so that a commit which expects it adds none. */
const NO_VERSION = Number.MAX_SAFE_INTEGER

/**
 * Answered when it is durable. Throws `workspace.bad_name`, `host.no_workspaces`, `host.commit_failed` for any answer but a version or a conflict, and
 * what the kernel refuses with.
 */
export async function commitVersion(host: HostWorld, request: CommitRequest): Promise<CommitReport> {
  checkWorkspaceName(request.workspace)
  checkKeepsWorkspaces(host)
  // The root stands in the commit itself (spec/19-workspaces.md, "Trees and grants").
  const blobs = [...new Set(request.blobs.filter((hash) => hash !== request.root)), request.root]
  const many = LIMITS.blobsPerIngressMax
  let at = 0
  for (; blobs.length - at > many; at += many) await bringBlobs(host, request, blobs.slice(at, at + many))
  return sendCommit(host, commitIngress(host, { ...request, blobs: blobs.slice(at) }))
}

/** More than one ingress may list: what is listed before the version is part of the world, and adds nothing to the history. */
async function bringBlobs(host: HostWorld, request: CommitRequest, blobs: readonly Hash[]): Promise<void> {
  const root = hashText(nodeSha256, encodeTree(EMPTY_TREE))
  const { outcome } = await sendCommit(host, commitIngress(host, { ...request, root, expectedHead: NO_VERSION, blobs }))
  if (outcome !== 'conflict') throw failed('a version was added that could not be')
}

async function sendCommit(host: HostWorld, ingress: EventIngress): Promise<CommitReport> {
  const result = await host.send(ingress)
  if (result.kind === 'refused') throw result.error
  if (result.kind === 'duplicate') throw failed('it was sent before')
  return readResult(result)
}

function commitIngress(host: HostWorld, request: CommitRequest): EventIngress {
  const { workspace, root, expectedHead, blobs, principal = localPrincipal() } = request
  const meta = { root_hash: root, owner: principal, created_at: nowNs(host) }
  const value = host.definitions
    .codec(COMMIT)
    .encode({ workspace, expected_head: expectedHead ?? null, meta })
    .slice()
  return { kind: 'event', principal, schema: COMMIT, value, blobs }
}

/** As the next stamp would be. */
function nowNs({ kernel, hostClock }: HostWorld): bigint {
  if (kernel.time.clock === 'virtual') return kernel.time.nowNs
  return (hostClock ?? new HostClock()).wallNs()
}

function readResult(result: Extract<TurnResult, { readonly kind: 'accepted' }>): CommitReport {
  const { height, entry, raised, steps } = result
  const index = raised.find(({ schema }) => schema === RESULT)?.index
  const item = index === undefined ? undefined : decodeEntry(entry).derived[index - 1]
  const data = item?.value === undefined ? undefined : decodeForeign(item.value)
  const fields: ReadonlyMap<unknown, unknown> = data instanceof Map ? data : new Map()
  const head = fields.get('head')
  if (typeof head !== 'number') throw failed(`the delivery ended ${steps[0]?.outcome ?? 'without a result'}`)
  const code = fields.get('code')
  if (fields.get('committed') === true) return { outcome: 'committed', head, height }
  if (code === 'conflict') return { outcome: 'conflict', head, height }
  throw failed(`the reducer says ${String(code)}`)
}

function failed(why: string): AosError {
  return new AosError('host.commit_failed', `the version was not added: ${why}`, {
    hint: '`aos journal tail` shows the entry',
  })
}
