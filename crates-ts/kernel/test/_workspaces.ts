/** A world with workspaces: `sys/Workspace@1` as a script, and plans made of a few effects. */
import { BUILTIN_MODULES, encodeDefinition, readBuiltinWasm } from '@aos/air'
import { hashText } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import type { Ingress, TurnResult } from '../src/index.ts'
import { EffectBench } from './_effects.ts'
import { nodeSha256 } from './_util.ts'
import type { Script } from './_util.ts'

/** One effect of a plan: its parameters may refer to what came before. */
export interface Call {
  readonly id: string
  readonly kind: string
  readonly params: Readonly<Record<string, object>>
  readonly cap?: string
  /** Statuses that the plan goes on after. */
  readonly accept?: readonly string[]
}

export const text = (value: string): object => ({ text: value })
export const ref = (path: string): object => ({ ref: path })
export const nat = (value: number): object => ({ nat: value })
export const none: object = { null: {} }
export const bytes = (value: string): object => ({ bytes_b64: Buffer.from(value).toString('base64') })
/** What an earlier call answered. */
export const answer = (id: string, field: string): object => ref(`@var:${id}_answer.${field}`)

/** The calls one behind the other, with `after` behind an event; then, with `commit`, a commit of a tree, waited for. */
export function planOf(
  name: string,
  calls: readonly Call[],
  commit?: { readonly root: object; readonly expected: object },
  after?: string,
): object {
  const steps: object[] = []
  const edges: object[] = []
  let last: string | undefined
  const follow = (id: string): void => {
    if (last !== undefined) edges.push({ from: last, to: id })
    last = id
  }
  if (after !== undefined) {
    steps.push({ id: 'after', op: 'await_event', event: after, bind: { as: 'after' } })
    follow('after')
  }
  for (const { id, kind, params, cap, accept } of calls) {
    steps.push({ id, op: 'emit_effect', kind, params: { record: params }, cap: cap ?? 'all', bind: { effect_id_as: `${id}_id` } }) // prettier-ignore
    follow(id)
    const more = accept === undefined ? {} : { accept }
    steps.push({ id: `${id}_got`, op: 'await_receipt', for: ref(`@var:${id}_id`), bind: { as: `${id}_answer` }, ...more }) // prettier-ignore
    follow(`${id}_got`)
  }
  if (commit !== undefined) {
    const meta = { record: { root_hash: commit.root, owner: text('plan'), created_at: { time_ns: 1 } } }
    const value = { record: { workspace: ref('@plan.input.workspace'), expected_head: commit.expected, meta } }
    steps.push({ id: 'result', op: 'await_event', event: 'sys/WorkspaceCommitResult@1', bind: { as: 'result' } })
    const before = last
    steps.push({ id: 'commit', op: 'raise_event', event: 'sys/WorkspaceCommit@1', value })
    if (before !== undefined) edges.push({ from: before, to: 'result' }, { from: before, to: 'commit' })
    steps.push({ id: 'told', op: 'raise_event', event: 'demo/Done@1', value: { record: { committed: ref('@var:result.committed'), head: ref('@var:result.head') } } }) // prettier-ignore
    edges.push({ from: 'result', to: 'told' })
  }
  return { $kind: 'defplan', name, input: 'demo/Go@1', steps, edges }
}

/** Grants by name, with the parameters of `sys/workspace@1`. */
export type Grants = Readonly<Record<string, object>>

/** Definitions of a world in which an event `demo/Go@1` starts every plan. */
export function definitions(plans: readonly object[], grants: Grants = {}): readonly object[] {
  const names = plans.map((plan) => (plan as { readonly name: string }).name)
  const given = { all: { record: {} }, ...grants }
  return [
    { $kind: 'defschema', name: 'demo/Go@1', type: { record: { workspace: 'text', root: { option: 'hash' } } } },
    { $kind: 'defschema', name: 'demo/Done@1', type: { record: { committed: 'bool', head: 'nat' } } },
    // Without an enforcer: what is tested here is behind it.
    { $kind: 'defcap', name: 'demo/workspace@1', cap_type: 'workspace', schema: { record: { workspaces: { option: { list: 'text' } }, path_prefixes: { option: { list: 'text' } } } } }, // prettier-ignore
    { $kind: 'defpolicy', name: 'demo/policy@1', rules: [{ when: {}, decision: 'allow' }] },
    ...plans,
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['demo/Go@1', 'demo/Done@1'],
      modules: ['sys/Workspace@1'],
      plans: names,
      effects: [...KINDS.map((op) => `sys/workspace.${op}@1`), ...QUERIES.map((op) => `sys/introspect.${op}@1`)],
      caps: ['demo/workspace@1', 'sys/query@1'],
      policies: ['demo/policy@1'],
      defaults: {
        policy: 'demo/policy@1',
        cap_grants: [
          ...Object.entries(given).map(([name, params]) => ({ name, cap: 'demo/workspace@1', params })),
          { name: 'look', cap: 'sys/query@1', params: { record: {} } },
        ],
      },
      triggers: names.map((plan) => ({ event: 'demo/Go@1', plan })),
      routing: { events: [{ event: 'sys/WorkspaceCommit@1', reducer: 'sys/Workspace@1', key_field: 'workspace' }] },
    },
  ]
}

const KINDS = ['resolve', 'empty_root', 'list', 'read_ref', 'read_bytes', 'write_bytes', 'remove', 'diff', 'annotations_get', 'annotations_set'] // prettier-ignore
const QUERIES = ['journal_head', 'manifest', 'reducer_state', 'list_cells']

type Fields = ReadonlyMap<Data, Data>

/** The rules of spec/19-workspaces.md, "History", without names. */
const workspaceScript: Script = ({ state, value }) => {
  const history = state as Fields | undefined
  const commit = value as Fields
  const head = Number(history?.get('latest') ?? 0)
  const expected = commit.get('expected_head') ?? null
  const meta = commit.get('meta') as Fields
  const committed = expected === null || expected === head
  const version = committed ? head + 1 : head
  const versions = new Map(history?.get('versions') as Fields | undefined)
  if (committed) versions.set(version, meta)
  const result = {
    workspace: commit.get('workspace') ?? null,
    root_hash: meta.get('root_hash') ?? null,
    expected_head: expected,
    committed,
    head: version,
    code: committed ? null : 'conflict',
  }
  return { state: { latest: version, versions }, events: [{ schema: 'sys/WorkspaceCommitResult@1', value: result }] }
}

/** Has a script in place of the built-in module. */
class WorkspaceBench extends EffectBench {
  override submit(ingress: Ingress): TurnResult {
    if (ingress.kind !== 'manifest') return super.submit(ingress)
    const module = BUILTIN_MODULES.get('sys/Workspace@1')
    if (module === undefined) throw new Error('no module')
    const node = encodeDefinition(module)
    const nodeHash = hashText(nodeSha256, node)
    this.content.set(nodeHash, node)
    const wasm = readBuiltinWasm(module.wasmHash) ?? new Uint8Array(0)
    this.content.set(module.wasmHash, wasm)
    // The bench knows modules by their bytes.
    this.scripts.set(new TextDecoder().decode(wasm), workspaceScript)
    return super.submit({ ...ingress, blobs: [...ingress.blobs, nodeHash, module.wasmHash] })
  }
}

/** A bench with such a world in force. */
export function startWorld(plans: readonly object[], grants?: Grants): EffectBench {
  const bench = new WorkspaceBench()
  bench.air(definitions(plans, grants))
  return bench
}
