/** Definitions of a world that asks about itself and writes to workspaces. */
import { hashText } from '@aos/cbor'
import { nodeSha256 } from '../src/index.ts'
import { makeLastEventModule } from './_module.ts'
import { EVENT, REDUCER } from './_world.ts'

const record = (fields: object): object => ({ record: fields })
const schema = (name: string, type: object): object => ({ $kind: 'defschema', name, type })
const ref = (path: string): object => ({ ref: path })
const text = (value: string): object => ({ text: value })
const all = ['ok', 'error', 'timeout', 'denied', 'unknown']

interface Call {
  readonly id: string
  readonly kind: string
  readonly params: object
  readonly cap: string
  /** Statuses that the plan goes on after; absent: ok alone. */
  readonly accept?: readonly string[]
}

/** Steps that emit and wait, one behind the other. */
function calls(list: readonly Call[]): { readonly steps: object[]; readonly edges: object[]; readonly last: string } {
  const steps: object[] = []
  const edges: object[] = []
  let last = ''
  for (const { id, kind, params, cap, accept } of list) {
    steps.push({ id, op: 'emit_effect', kind, params: record(params), cap, bind: { effect_id_as: `${id}_id` } })
    steps.push({ id: `${id}_got`, op: 'await_receipt', for: ref(`@var:${id}_id`), bind: { as: `${id}_answer` }, ...(accept === undefined ? {} : { accept }) }) // prettier-ignore
    if (last !== '') edges.push({ from: last, to: id })
    edges.push({ from: id, to: `${id}_got` })
    last = `${id}_got`
  }
  return { steps, edges, last }
}

function asking(name: string, kind: string, params: object): object {
  const { steps, edges } = calls([{ id: 'ask', kind, params, cap: 'look', accept: all }])
  return { $kind: 'defplan', name: `test/ask_${name}@1`, input: `test/Ask_${name}@1`, steps, edges }
}

const STATE = { reducer: text(REDUCER), key: { null: {} }, consistency: ref('@plan.input.consistency') }
const CELL = {
  reducer: text('sys/Workspace@1'),
  key: ref('@plan.input.key'),
  consistency: ref('@plan.input.consistency'),
}

/** Writes a text into a new version of a workspace. */
function writing(): object {
  const input = (field: string): object => ref(`@plan.input.${field}`)
  const { steps, edges, last } = calls([
    { id: 'empty', kind: 'workspace.empty_root', params: { workspace: input('workspace') }, cap: 'files' },
    {
      id: 'write',
      kind: 'workspace.write_bytes',
      params: {
        root_hash: ref('@var:empty_answer.root_hash'),
        path: text('a/one.txt'),
        bytes: input('content'),
        mode: { null: {} },
      },
      cap: 'files',
    },
  ])
  const meta = { root_hash: ref('@var:write_answer.new_root_hash'), owner: text('test'), created_at: ref('@now') }
  const value = record({ workspace: input('workspace'), expected_head: { null: {} }, meta: record(meta) })
  steps.push({ id: 'told', op: 'await_event', event: 'sys/WorkspaceCommitResult@1', bind: { as: 'told' } })
  steps.push({ id: 'commit', op: 'raise_event', event: 'sys/WorkspaceCommit@1', value })
  edges.push({ from: last, to: 'told' }, { from: last, to: 'commit' })
  return { $kind: 'defplan', name: 'test/write@1', input: 'test/Write@1', steps, edges }
}

/** Reads a file of a tree. */
function reading(): object {
  const params = { root_hash: ref('@plan.input.root'), path: text('a/one'), range: { null: {} } }
  const { steps, edges } = calls([{ id: 'read', kind: 'workspace.read_bytes', params, cap: 'files' }])
  return { $kind: 'defplan', name: 'test/read@1', input: 'test/Read@1', steps, edges }
}

/** With the definitions given besides. */
export function answeringDefinitions(more: readonly object[] = []): readonly object[] {
  const consistency = { text: {} }
  const schemas = [
    schema(EVENT, record({ n: { nat: {} } })),
    schema('test/State@1', record({ n: { nat: {} } })),
    schema('test/Ask_state@1', record({ consistency })),
    schema('test/Ask_cell@1', record({ key: { bytes: {} }, consistency })),
    schema('test/Ask_manifest@1', record({ consistency })),
    schema('test/Read@1', record({ root: { hash: {} } })),
    schema('test/Write@1', record({ workspace: { text: {} }, content: { bytes: {} } })),
    ...more,
  ]
  const plans = [
    asking('state', 'introspect.reducer_state', STATE),
    asking('cell', 'introspect.reducer_state', CELL),
    asking('manifest', 'introspect.manifest', { consistency: ref('@plan.input.consistency') }),
    writing(),
    reading(),
  ]
  const module = {
    $kind: 'defmodule',
    name: REDUCER,
    module_kind: 'reducer',
    wasm_hash: hashText(nodeSha256, makeLastEventModule()),
    abi: { reducer: { state: 'test/State@1', event: EVENT, effects_emitted: [], cap_slots: {} } },
  }
  return [...schemas, ...plans, module, { $kind: 'defpolicy', name: 'test/policy@1', rules: [{ when: {}, decision: 'allow' }] }, manifestOf(schemas, plans)] // prettier-ignore
}

function manifestOf(schemas: readonly object[], plans: readonly object[]): object {
  const names = (definitions: readonly object[]): readonly object[] =>
    definitions.map((definition) => ({ name: (definition as { readonly name: string }).name }))
  const kinds = [
    'introspect.reducer_state',
    'introspect.manifest',
    'workspace.empty_root',
    'workspace.write_bytes',
    'workspace.read_bytes',
  ]
  return {
    $kind: 'manifest',
    air_version: '1',
    schemas: names(schemas),
    modules: [{ name: REDUCER }, { name: 'sys/Workspace@1' }, { name: 'sys/CapEnforceWorkspace@1' }],
    plans: names(plans),
    effects: kinds.map((kind) => ({ name: `sys/${kind}@1` })),
    caps: [{ name: 'sys/query@1' }, { name: 'sys/workspace@1' }],
    policies: [{ name: 'test/policy@1' }],
    defaults: {
      policy: 'test/policy@1',
      cap_grants: [
        { name: 'look', cap: 'sys/query@1', params: { record: {} } },
        { name: 'files', cap: 'sys/workspace@1', params: { record: { workspaces: { list: [text('notes')] } } } },
      ],
    },
    triggers: plans.map((plan) => {
      const { name, input } = plan as { readonly name: string; readonly input: string }
      return { event: input, plan: name }
    }),
    routing: {
      events: [
        { event: EVENT, reducer: REDUCER },
        { event: 'sys/WorkspaceCommit@1', reducer: 'sys/Workspace@1', key_field: 'workspace' },
      ],
    },
  }
}
