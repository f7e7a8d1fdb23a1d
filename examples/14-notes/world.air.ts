/** A knowledge base: a reducer that understands notes, a plan that keeps them as files of a workspace. */
import {
  allow,
  and,
  bytes,
  concat,
  deny,
  eq,
  grant,
  hash,
  list,
  map,
  nat,
  ne,
  not,
  now,
  option,
  plan,
  policy,
  present,
  record,
  reducer,
  route,
  schema,
  sys,
  text,
  trigger,
  variant,
  world,
} from '@aos/author'

const Note = schema('demo/Note@1', record({ title: text, tags: list(text), links: list(text) }))
/** A file to be written, or, without a text, to be removed. */
const Change = schema('demo/Change@1', record({ slug: text, text: option(text) }))
const Library = schema(
  'demo/LibraryState@1',
  record({
    notes: map(text, Note),
    /** What the plan is at; then what comes next. One at a time, so that no two versions begin at the same one. */
    saving: option(Change),
    queue: list(Change),
    /** The version of the workspace, and its page of contents. */
    version: nat,
    index: option(hash),
  }),
)

const Write = schema('demo/Write@1', record({ slug: text, text }))
const Remove = schema('demo/Remove@1', record({ slug: text }))
const Saved = schema('demo/Saved@1', record({ version: nat, index: hash }))
const Refused = schema('demo/Refused@1', record({ reason: text }))
const LibraryEvent = schema('demo/LibraryEvent@1', variant({ Write, Remove, Saved, Refused }))

/** What the reducer raises; the trigger below starts the plan with it. */
const SaveRequested = schema('demo/SaveRequested@1', record({ slug: text, content: option(bytes), index: bytes }))

const Librarian = reducer('demo/Library@1', { state: Library, event: LibraryEvent })

/** The plan reaches this workspace and no other. */
const WORKSPACE = 'library'
const files = grant('files', sys.cap('workspace@1'), { workspaces: [WORKSPACE] })

const Commit = sys.schema('WorkspaceCommit@1')
const CommitResult = sys.schema('WorkspaceCommitResult@1')

const save = plan(
  'demo/save@1',
  { input: SaveRequested },
  ({ input, emit, awaitReceipt, awaitEvent, compute, raise, end }) => {
    const path = concat('notes/', input.slug, '.md')
    const resolved = emit('resolve', sys.effect('workspace.resolve@1'), {
      params: { workspace: WORKSPACE },
      cap: files,
    })
    const head = awaitReceipt('head', resolved)
    // The newest tree, or an empty one for the first note.
    const made = emit('make', sys.effect('workspace.empty_root@1'), {
      params: { workspace: WORKSPACE },
      cap: files,
      when: not(head.payload.exists),
    })
    const fresh = compute('fresh', awaitReceipt('made', made).payload.root_hash, { as: 'base' })
    const known = compute('known', present(head.payload.root_hash), {
      as: 'base',
      after: head,
      when: head.payload.exists,
    })

    const put = emit('put', sys.effect('workspace.write_bytes@1'), {
      params: { root_hash: fresh.value, path, bytes: present(input.content) },
      cap: files,
      after: [fresh, known],
      when: ne(input.content, null),
    })
    const putTree = compute('put_tree', awaitReceipt('put_done', put).payload.new_root_hash, { as: 'tree' })
    const drop = emit('drop', sys.effect('workspace.remove@1'), {
      params: { root_hash: fresh.value, path },
      cap: files,
      after: [fresh, known],
      when: eq(input.content, null),
    })
    const dropped = awaitReceipt('drop_done', drop, { accept: ['ok', 'error'] })
    const dropTree = compute('drop_tree', dropped.payload.new_root_hash, {
      as: 'tree',
      when: eq(dropped.receipt.status, 'ok'),
    })
    const refused = raise(
      'refused',
      LibraryEvent,
      { Refused: { reason: dropped.payload.code } },
      { after: dropped, when: ne(dropped.receipt.status, 'ok') },
    )

    const contents = emit('contents', sys.effect('workspace.write_bytes@1'), {
      params: { root_hash: putTree.value, path: 'index.md', bytes: input.index },
      cap: files,
      after: [putTree, dropTree],
    })
    const tree = awaitReceipt('tree_done', contents)
    const { new_root_hash: root_hash, blob_hash: index } = tree.payload
    // First waiting, then committing: the answer comes in the same turn.
    const told = awaitEvent('told', CommitResult, {
      after: tree,
      where: (event) => and(eq(event.workspace, WORKSPACE), eq(event.root_hash, root_hash)),
    })
    const meta = { root_hash, owner: 'demo/save@1', created_at: now }
    raise('commit', Commit, { workspace: WORKSPACE, expected_head: head.payload.head, meta }, { after: tree })
    const saved = raise(
      'saved',
      LibraryEvent,
      { Saved: { version: told.value.head, index } },
      { after: told, when: told.value.committed },
    )
    // Somebody at a shell was faster: once more, on what they made.
    const again = raise(
      'again',
      SaveRequested,
      { slug: input.slug, content: input.content, index: input.index },
      { after: told, when: not(told.value.committed) },
    )
    end('end', { after: [saved, again, refused] })
  },
)

export default world({
  policy: policy('demo/library_policy@1', [allow({ capType: 'workspace', origin: save }), deny()]),
  routes: [
    route(LibraryEvent, Librarian),
    route(Commit, sys.module('Workspace@1'), { key: (event) => event.workspace }),
  ],
  triggers: [trigger(SaveRequested, save)],
})
