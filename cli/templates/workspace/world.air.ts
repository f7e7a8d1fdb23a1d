/** Notes that are files: a reducer says what is to be written, a plan writes it to a workspace and commits a version. */
import {
  allow,
  and,
  bytes,
  concat,
  deny,
  eq,
  grant,
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
  unit,
  variant,
  world,
} from '@aos/author'

const NoteName = schema('demo/NoteName@1', text)
const NotePhase = schema('demo/NotePhase@1', variant({ Saving: unit, Saved: unit, Failed: unit }))
/** `version` is that of the workspace in which the note was saved last. */
const Note = schema('demo/Note@1', record({ phase: NotePhase, version: option(nat), error: option(text) }))

const Write = schema('demo/Write@1', record({ note: text, text }))
const Saved = schema('demo/Saved@1', record({ note: text, version: nat }))
const Failed = schema('demo/Failed@1', record({ note: text, error: text }))
const NoteEvent = schema('demo/NoteEvent@1', variant({ Write, Saved, Failed }))

/** What the reducer raises; the trigger below starts the plan with it. */
const SaveRequested = schema('demo/SaveRequested@1', record({ note: text, content: bytes }))

const Notes = reducer('demo/Notes@1', { key: NoteName, state: Note, event: NoteEvent })

/** The plan reaches this workspace and no other. */
const WORKSPACE = 'notes'
const files = grant('files', sys.cap('workspace@1'), { workspaces: [WORKSPACE] })

const resolve = sys.effect('workspace.resolve@1')
const emptyRoot = sys.effect('workspace.empty_root@1')
const writeBytes = sys.effect('workspace.write_bytes@1')
const Commit = sys.schema('WorkspaceCommit@1')
const CommitResult = sys.schema('WorkspaceCommitResult@1')

const save = plan(
  'demo/save@1',
  { input: SaveRequested },
  ({ input, emit, awaitReceipt, awaitEvent, compute, raise }) => {
    const { note } = input
    const head = awaitReceipt('head', emit('resolve', resolve, { params: { workspace: WORKSPACE }, cap: files }))
    // The newest tree, or an empty one for the first note.
    const make = emit('make', emptyRoot, {
      params: { workspace: WORKSPACE },
      cap: files,
      after: head,
      when: not(head.payload.exists),
    })
    const fresh = compute('fresh', awaitReceipt('made', make).payload.root_hash, { as: 'base' })
    const known = compute('known', present(head.payload.root_hash), {
      as: 'base',
      after: head,
      when: head.payload.exists,
    })
    const write = emit('write', writeBytes, {
      params: { root_hash: fresh.value, path: concat(note, '.md'), bytes: input.content },
      cap: files,
      after: [fresh, known],
    })
    const written = awaitReceipt('written', write, { accept: ['ok', 'error'] })
    const { payload, receipt } = written
    raise(
      'failed',
      NoteEvent,
      { Failed: { note, error: payload.code } },
      { after: written, when: ne(receipt.status, 'ok') },
    )
    // First waiting, then committing: the answer comes in the same turn.
    const told = awaitEvent('told', CommitResult, {
      after: written,
      when: eq(receipt.status, 'ok'),
      where: (event) => and(eq(event.workspace, WORKSPACE), eq(event.root_hash, payload.new_root_hash)),
    })
    raise(
      'commit',
      Commit,
      {
        workspace: WORKSPACE,
        expected_head: head.payload.head,
        meta: { root_hash: payload.new_root_hash, owner: 'demo/save@1', created_at: now },
      },
      { after: written, when: eq(receipt.status, 'ok') },
    )
    raise(
      'saved',
      NoteEvent,
      { Saved: { note, version: told.value.head } },
      { after: told, when: told.value.committed },
    )
    // Somebody else was faster: once more, on what they made.
    raise('again', SaveRequested, { note, content: input.content }, { after: told, when: not(told.value.committed) })
  },
)

export default world({
  policy: policy('demo/notes_policy@1', [allow({ capType: 'workspace', origin: save }), deny()]),
  routes: [
    route(NoteEvent, Notes, { key: (event) => event.$value.note }),
    route(Commit, sys.module('Workspace@1'), { key: (event) => event.workspace }),
  ],
  triggers: [trigger(SaveRequested, save)],
})
