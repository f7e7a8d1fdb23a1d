/** What `sys/Workspace@1` makes of commits (spec/19-workspaces.md, "History"). The mutants must not survive them. */
import { decode, encode, encodeNode } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { isWorkspaceName } from '@aos/workspace'
import type { Step } from './reducer.ts'

export const ROOTS: readonly string[] = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}`)

/** A commit of one of the roots. */
export interface Commit {
  readonly workspace: string
  readonly expected: number | null
  readonly root: number
  readonly owner: string
  readonly createdAt: number | bigint
  /** Absent: the name. */
  readonly key?: Data
}

export const COMMIT: Commit = { workspace: 'notes', expected: null, root: 0, owner: 'ada', createdAt: 7 }

export function eventOf({ workspace, expected, root, owner, createdAt }: Commit): Data {
  const meta = { root_hash: ROOTS[root] ?? '', owner, created_at: createdAt }
  return { workspace, expected_head: expected, meta }
}

/** What the reducer is held to: the state and the result as data. */
export function expectedOf(state: Data | null, commit: Commit): { readonly state: Data | null; readonly result: Data } {
  const history = state as { readonly latest: number; readonly versions: ReadonlyMap<number, Data> } | null // as made below
  const head = history?.latest ?? 0
  const code = codeOf(commit, head)
  const version = head + (code === null ? 1 : 0)
  const meta = { root_hash: ROOTS[commit.root] ?? '', owner: commit.owner, created_at: commit.createdAt }
  const added = { latest: version, versions: new Map([...(history?.versions ?? []), [version, meta]]) }
  const result = {
    workspace: commit.workspace,
    root_hash: ROOTS[commit.root] ?? '',
    expected_head: commit.expected,
    committed: code === null,
    head: version,
    code,
  }
  return { state: code === null ? added : state, result }
}

function codeOf(commit: Commit, head: number): string | null {
  if (!isWorkspaceName(commit.workspace)) return 'bad_name'
  if (commit.key !== undefined && commit.key !== commit.workspace) return 'key_mismatch'
  if (commit.owner.length > 1024) return 'bad_owner'
  return commit.expected !== null && commit.expected !== head ? 'conflict' : null
}

/** Commits one behind the other; the first difference from what is expected, or undefined. */
export function findDifference(step: Step, commits: readonly Commit[]): string | undefined {
  let bytes: Uint8Array | null = null
  let state: Data | null = null
  for (const [index, commit] of commits.entries()) {
    const stepped = step(bytes, eventOf(commit), commit.key ?? commit.workspace)
    const expected = expectedOf(state, commit)
    if (stepped.outcome !== 'ok') return `${index}: ${stepped.outcome}`
    const raised = stepped.raised.map(({ $schema, ...value }) => [$schema, value])
    const found = canonical([
      stepped.state === null ? null : decode(stepped.state, { prefix: 'required' }),
      raised as Data,
    ])
    const wanted = canonical([expected.state, [['sys/WorkspaceCommitResult@1', expected.result]]])
    if (found !== wanted) return `${index}: found ${found}, expected ${wanted}`
    bytes = stepped.state
    state = expected.state
  }
  return undefined
}

function canonical(data: Data): string {
  return Buffer.from(encode(data)).toString('hex')
}

/** Every rule, and what lies next to it. */
export const CASES: readonly (readonly Commit[])[] = [
  [COMMIT, { ...COMMIT, root: 1 }, { ...COMMIT, root: 2, createdAt: 2n ** 63n }],
  [
    { ...COMMIT, expected: 0 },
    { ...COMMIT, expected: 1 },
    { ...COMMIT, expected: 1 },
    { ...COMMIT, expected: 2 },
  ],
  [{ ...COMMIT, expected: 1 }, COMMIT, { ...COMMIT, expected: 0 }],
  ...[
    '',
    '.',
    '..',
    '...',
    'a/b',
    'a b',
    'é',
    'A-z_0.9~',
    'a\u007f',
    'a'.repeat(255),
    'a'.repeat(256),
    '@',
    '`',
    '{',
    '[',
    ':',
    '/',
  ].map((workspace) => [{ ...COMMIT, workspace }]),
  [COMMIT, { ...COMMIT, key: 'other' }, { ...COMMIT, key: 'note' }, { ...COMMIT, key: 'notes2' }],
  [COMMIT, { ...COMMIT, owner: 'a'.repeat(1024) }, { ...COMMIT, owner: 'a'.repeat(1025) }],
  [
    { ...COMMIT, workspace: '.', key: 'x', owner: 'a'.repeat(2000), expected: 9 },
    { ...COMMIT, key: 'x', owner: 'a'.repeat(2000), expected: 9 },
  ],
  [{ ...COMMIT, owner: 'a'.repeat(2000), expected: 9 }],
  Array.from({ length: 300 }, (_, at) => ({ ...COMMIT, root: at % 3, owner: `o${at}` })),
]

const FOREIGN_VERSIONS: Data = new Map(
  [1, 2].map((at) => [at, { root_hash: ROOTS[0] ?? '', owner: 'x', created_at: at }]),
)

/** States that another module of the name may have left: without the prefix, or in another order of fields. */
export const FOREIGN_STATES: readonly Uint8Array[] = [
  encode({ latest: 2, versions: FOREIGN_VERSIONS }),
  Buffer.concat([Buffer.of(0xa2), encode('versions'), encode(FOREIGN_VERSIONS), encode('latest'), encode(2)]),
]

/** Versions that are not counted from 1. */
export const GAPPY_STATE: Uint8Array = encodeNode({
  latest: 5,
  versions: new Map([[5, { root_hash: ROOTS[0] ?? '', owner: 'x', created_at: 1 }]]),
})
