/** sys/Workspace@1 (spec/19-workspaces.md, "History"). A commit that is not added is no failure: its result says why. */
import { encodeTextKey } from '@aos/sdk'
import { ReducerContext, WorkspaceCommit, WorkspaceCommitResult } from './generated'
import { isWorkspaceName } from './name'

/** What becomes of a commit to a history whose newest version is `head`. */
export function judge(commit: WorkspaceCommit, head: u64, context: ReducerContext): WorkspaceCommitResult {
  const code = refusal(commit, head, context)
  const result = new WorkspaceCommitResult()
  result.workspace = commit.workspace
  result.root_hash = commit.meta.root_hash
  result.expected_head = commit.expected_head
  result.committed = code === null
  result.head = code === null ? head + 1 : head
  result.code = code
  return result
}

/** Why the commit is not added; null when it is. */
function refusal(commit: WorkspaceCommit, head: u64, context: ReducerContext): string | null {
  if (!isWorkspaceName(commit.workspace)) return 'bad_name'
  const key = context.key
  if (key === null || !isKey(key, commit.workspace)) return 'key_mismatch'
  // A version lasts as long as the world: it has no room for more than a name.
  if (commit.meta.owner.length > OWNER_LENGTH_MAX) return 'bad_owner'
  const expected = commit.expected_head
  return expected !== null && expected.value != head ? 'conflict' : null
}

function isKey(key: Uint8Array, name: string): bool {
  const own = encodeTextKey(name)
  if (own.length != key.length) return false
  for (let at = 0; at < own.length; at++) if (own[at] != key[at]) return false
  return true
}

const OWNER_LENGTH_MAX = 1024
