/** What each built-in enforcer says to what (spec/11-gate.md, "Built-in enforcers"). The mutants must not survive them. */
import type { Data } from '@aos/cbor'
import type { Params, Question } from './enforcer.ts'

/** A question with the only right verdict: `allowed` or a code. */
export interface Case extends Question {
  readonly verdict: string
}

const HASH = `sha256:${'a'.repeat(64)}`

function http(grant: Params, url: string, verdict: string, method = 'GET'): Case {
  return { kind: 'http.request', grant, params: { method, url, headers: {} }, verdict }
}

const HTTP: readonly Case[] = [
  { kind: 'timer.set', grant: {}, params: { deliver_at_ns: 1 }, verdict: 'effect_kind_mismatch' },
  http({}, 'https://any.test:444/x?y', 'allowed', 'PATCH'),
  http({}, 'https://any.test', 'invalid_url'),
  http({}, `http://a.test/${'x'.repeat(8192 - 14)}`, 'allowed'),
  http({}, `http://a.test/${'x'.repeat(8192 - 13)}`, 'invalid_url'),
  http({}, 'http://a.test/<', 'invalid_url'),
  http({}, 'http://[::1/]', 'invalid_url'),
  http({}, 'http://[::1]a8080/', 'invalid_url'),
  http({}, 'http://[1:02:3:4:5:6:7:8]/', 'invalid_url'),
  http({}, 'http://[1:2:3:4::5:6:7:8]/', 'invalid_url'),
  http({}, 'http://[1::g]/', 'invalid_url'),
  http({ schemes: ['https'] }, 'https://a.test/', 'allowed'),
  http({ schemes: ['HTTPS'] }, 'https://a.test/', 'allowed'),
  http({ schemes: ['https'] }, 'http://a.test/', 'scheme_not_allowed'),
  http({ schemes: [] }, 'http://a.test/', 'scheme_not_allowed'),
  http({ hosts: ['b.test', 'a.test'] }, 'http://a.test/', 'allowed'),
  http({ hosts: ['A.Test'] }, 'http://a.test/', 'allowed'),
  http({ hosts: ['a.test'] }, 'http://b.a.test/', 'host_not_allowed'),
  http({ hosts: ['a.test'] }, 'http://a.test.b/', 'host_not_allowed'),
  http({ hosts: ['a.test'] }, 'http://a.tes/', 'host_not_allowed'),
  http({ hosts: [] }, 'http://a.test/', 'host_not_allowed'),
  http({ hosts: ['[::1]'] }, 'http://[::1]/', 'allowed'),
  http({ hosts: ['::1'] }, 'http://[::1]/', 'allowed'),
  http({ hosts: ['2001:DB8::1'] }, 'http://[2001:db8::1]/', 'allowed'),
  http({ hosts: ['::1'] }, 'http://[::2]/', 'host_not_allowed'),
  http({ hosts: [] }, 'http://[::1]/', 'host_not_allowed'),
  http({ hosts: [' a.test '] }, 'http://a.test/', 'host_not_allowed'),
  http({ ports: [80] }, 'http://a.test/', 'allowed'),
  http({ ports: [443] }, 'https://a.test/', 'allowed'),
  http({ ports: [443] }, 'http://a.test/', 'port_not_allowed'),
  http({ ports: [8080] }, 'http://a.test:8080/', 'allowed'),
  http({ ports: [8080] }, 'http://a.test:8081/', 'port_not_allowed'),
  http({ ports: [] }, 'http://a.test/', 'port_not_allowed'),
  http({ methods: ['GET', 'POST'] }, 'http://a.test/', 'allowed', 'POST'),
  http({ methods: ['GET'] }, 'http://a.test/', 'method_not_allowed', 'get'),
  http({ methods: ['get'] }, 'http://a.test/', 'method_not_allowed', 'GET'),
  http({ methods: ['GET'] }, 'http://a.test/', 'method_not_allowed', 'PUT'),
  http({ methods: [] }, 'http://a.test/', 'method_not_allowed'),
  http({ path_prefixes: ['/v1'] }, 'http://a.test/v1', 'allowed'),
  http({ path_prefixes: ['/v1'] }, 'http://a.test/v1?q', 'allowed'),
  http({ path_prefixes: ['/v1'] }, 'http://a.test/v1/x', 'allowed'),
  http({ path_prefixes: ['/v1'] }, 'http://a.test/v1x', 'path_not_allowed'),
  http({ path_prefixes: ['/v1'] }, 'http://a.test/v1%2Fx', 'path_not_allowed'),
  http({ path_prefixes: ['/v1'] }, 'http://a.test/V1', 'path_not_allowed'),
  http({ path_prefixes: ['/v1'] }, 'http://a.test/?/v1', 'path_not_allowed'),
  http({ path_prefixes: ['/v1/'] }, 'http://a.test/v1/x', 'allowed'),
  http({ path_prefixes: ['/v1/'] }, 'http://a.test/v1', 'path_not_allowed'),
  http({ path_prefixes: ['/w', '/v1'] }, 'http://a.test/v1', 'allowed'),
  http({ path_prefixes: ['/'] }, 'http://a.test/any', 'allowed'),
  http({ path_prefixes: [''] }, 'http://a.test/any', 'allowed'),
  http({ path_prefixes: [] }, 'http://a.test/', 'path_not_allowed'),
  // The first of several.
  http({ schemes: [], hosts: [], ports: [], methods: [], path_prefixes: [] }, 'http://a.test/', 'scheme_not_allowed'),
  http({ hosts: [], ports: [], methods: [], path_prefixes: [] }, 'http://a.test/', 'host_not_allowed'),
  http({ ports: [], methods: [], path_prefixes: [] }, 'http://a.test/', 'port_not_allowed'),
  http({ methods: [], path_prefixes: [] }, 'http://a.test/', 'method_not_allowed'),
]

function llm(grant: Params, more: Params, verdict: string): Case {
  const params = { provider: 'acme', model: 'm-1', temperature: '0', max_tokens: 100, message_refs: [HASH], ...more }
  return { kind: 'llm.generate', grant, params, verdict }
}

const tool = (name: string): Data => ({ $tag: 'Tool', $value: { name } })

const LLM: readonly Case[] = [
  { kind: 'timer.set', grant: {}, params: { deliver_at_ns: 1 }, verdict: 'effect_kind_mismatch' },
  llm({}, { tool_refs: [HASH], tool_choice: tool('any') }, 'allowed'),
  llm({ providers: ['acme'], models: ['m-1'] }, {}, 'allowed'),
  llm({ providers: ['Acme'] }, {}, 'provider_not_allowed'),
  llm({ providers: [] }, {}, 'provider_not_allowed'),
  llm({ models: ['m-2'] }, {}, 'model_not_allowed'),
  llm({ models: ['m-'] }, {}, 'model_not_allowed'),
  llm({ models: [] }, {}, 'model_not_allowed'),
  llm({ max_tokens: 100 }, {}, 'allowed'),
  llm({ max_tokens: 99 }, {}, 'max_tokens_exceeded'),
  llm({ max_tokens: 0 }, {}, 'max_tokens_exceeded'),
  llm({ max_tokens: 0 }, { max_tokens: 0 }, 'allowed'),
  llm({ max_tokens: 2 ** 40 }, { max_tokens: 2n ** 63n }, 'max_tokens_exceeded'),
  llm({ tools_allow: ['search'] }, { tool_refs: [HASH], tool_choice: tool('search') }, 'allowed'),
  llm({ tools_allow: ['search'] }, { tool_refs: [HASH], tool_choice: tool('shell') }, 'tool_not_allowed'),
  llm({ tools_allow: ['search'] }, { tool_refs: [HASH], tool_choice: { $tag: 'Auto' } }, 'allowed'),
  llm({ tools_allow: ['search'] }, { tool_refs: [HASH] }, 'allowed'),
  llm({ tools_allow: [] }, {}, 'allowed'),
  llm({ tools_allow: [] }, { tool_refs: [], tool_choice: { $tag: 'None' } }, 'allowed'),
  llm({ tools_allow: [] }, { tool_choice: { $tag: 'Auto' } }, 'allowed'),
  llm({ tools_allow: [] }, { tool_refs: [HASH] }, 'tool_not_allowed'),
  llm({ tools_allow: [] }, { tool_choice: { $tag: 'Required' } }, 'tool_not_allowed'),
  llm({ tools_allow: [] }, { tool_choice: tool('') }, 'tool_not_allowed'),
]

const TREE: Params = { root_hash: HASH }

function workspace(grant: Params, kind: string, params: Params, verdict: string): Case {
  return { kind: `workspace.${kind}`, grant, params, verdict }
}

const resolve = (grant: Params, name: string, verdict: string): Case =>
  workspace(grant, 'resolve', { workspace: name }, verdict)

const readRef = (grant: Params, path: string, verdict: string): Case =>
  workspace(grant, 'read_ref', { ...TREE, path }, verdict)

/** Each kind with parameters at the path `a/b`, and its op. */
const KINDS: readonly (readonly [kind: string, op: string, params: Params])[] = [
  ['resolve', 'resolve', { workspace: 'w' }],
  ['empty_root', 'write', { workspace: 'w' }],
  ['list', 'list', { ...TREE, path: 'a/b', limit: 0 }],
  ['read_ref', 'read', { ...TREE, path: 'a/b' }],
  ['read_bytes', 'read', { ...TREE, path: 'a/b' }],
  ['write_bytes', 'write', { ...TREE, path: 'a/b', bytes: new Uint8Array(1) }],
  ['remove', 'write', { ...TREE, path: 'a/b' }],
  ['diff', 'diff', { root_a: HASH, root_b: HASH, prefix: 'a/b' }],
  ['annotations_get', 'read', { ...TREE, path: 'a/b' }],
  ['annotations_set', 'write', { ...TREE, path: 'a/b', annotations_patch: {} }],
]
const OPS = ['resolve', 'write', 'list', 'read', 'diff']

const WORKSPACE: readonly Case[] = [
  { kind: 'timer.set', grant: {}, params: { deliver_at_ns: 1 }, verdict: 'effect_kind_mismatch' },
  ...KINDS.flatMap(([kind, op, params]) => [
    workspace({}, kind, params, 'allowed'),
    workspace({ ops: [op] }, kind, params, 'allowed'),
    workspace({ ops: OPS.filter((other) => other !== op) }, kind, params, 'op_not_allowed'),
    workspace({ ops: [] }, kind, params, 'op_not_allowed'),
    workspace({ workspaces: [] }, kind, params, 'workspace_not_allowed'),
    workspace({ workspaces: ['v', 'w'] }, kind, params, 'allowed'),
    workspace({ path_prefixes: ['x', 'a'] }, kind, params, 'allowed'),
    workspace({ path_prefixes: ['x'] }, kind, params, 'workspace' in params ? 'allowed' : 'path_not_allowed'),
  ]),
  workspace({ ops: ['READ'] }, 'read_ref', { ...TREE, path: 'a' }, 'op_not_allowed'),
  resolve({ workspaces: ['w'] }, 'ww', 'workspace_not_allowed'),
  resolve({ workspaces: ['w'] }, 'W', 'workspace_not_allowed'),
  workspace({ workspaces: ['w'] }, 'empty_root', { workspace: 'v' }, 'workspace_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a', 'allowed'),
  readRef({ path_prefixes: ['a'] }, 'ab', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'A/b', 'path_not_allowed'),
  readRef({ path_prefixes: ['a/'] }, 'a/b', 'allowed'),
  readRef({ path_prefixes: ['a/b'] }, 'a', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a/../b', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a/./b', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a/..', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a/.', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a//b', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a/', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a/b c', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a/\\..\\b', 'path_not_allowed'),
  readRef({ path_prefixes: ['a'] }, 'a/..b/.c/d.e/...', 'allowed'),
  readRef({ path_prefixes: [''] }, '/a', 'path_not_allowed'),
  readRef({ path_prefixes: [''] }, 'any/Thing_1~2-3.txt', 'allowed'),
  readRef({ path_prefixes: [] }, 'a', 'path_not_allowed'),
  readRef({ path_prefixes: [] }, '', 'path_not_allowed'),
  workspace({ path_prefixes: ['a'] }, 'list', { ...TREE, limit: 0 }, 'path_not_allowed'),
  workspace({ path_prefixes: [''] }, 'list', { ...TREE, limit: 0 }, 'allowed'),
  workspace({ path_prefixes: ['a'] }, 'diff', { root_a: HASH, root_b: HASH }, 'path_not_allowed'),
  workspace({ path_prefixes: ['a'] }, 'annotations_get', TREE, 'path_not_allowed'),
]

function propose(grant: Params, summary: Params | null, verdict: string): Case {
  const full = summary && { patch_hash: HASH, ops: [], def_changes: [], manifest_sections: [], ...summary }
  const params = { patch: { $tag: 'hash', $value: HASH }, summary: full }
  return { kind: 'governance.propose', grant, params, verdict }
}

const change = (kind: string, name: string, action = 'added'): Data => ({ kind, name, action: { $tag: action } })
const CHANGES = { def_changes: [change('defschema', 'demo/A@1'), change('defplan', 'demo/B@2', 'changed')] }
const NOTHING: Params = { ops: [], def_kinds: [], name_prefixes: [], manifest_sections: [] }

const GOVERNANCE: readonly Case[] = [
  { kind: 'timer.set', grant: {}, params: { deliver_at_ns: 1 }, verdict: 'effect_kind_mismatch' },
  { kind: 'governance.shadow', grant: NOTHING, params: { proposal_id: 1 }, verdict: 'allowed' },
  { kind: 'governance.apply', grant: NOTHING, params: { proposal_id: 1 }, verdict: 'allowed' },
  {
    kind: 'governance.approve',
    grant: NOTHING,
    params: { proposal_id: 1, decision: { $tag: 'approve' }, approver: 'a' },
    verdict: 'allowed',
  },
  propose({}, null, 'allowed'),
  propose({ ops: ['add_def'] }, null, 'effect_params_invalid'),
  propose({ def_kinds: [] }, null, 'effect_params_invalid'),
  propose({ name_prefixes: ['demo/'] }, null, 'effect_params_invalid'),
  propose({ manifest_sections: ['defaults'] }, null, 'effect_params_invalid'),
  propose(NOTHING, {}, 'allowed'),
  propose({}, { ops: ['add_def'], ...CHANGES, manifest_sections: ['secrets'] }, 'allowed'),
  propose({ ops: ['add_def', 'set_defaults'] }, { ops: ['set_defaults', 'add_def'] }, 'allowed'),
  propose({ ops: ['add_def'] }, { ops: ['add_def', 'remove_def'] }, 'op_not_allowed'),
  propose({ ops: ['ADD_DEF'] }, { ops: ['add_def'] }, 'op_not_allowed'),
  propose({ ops: [] }, { ops: ['add_def'] }, 'op_not_allowed'),
  propose({ def_kinds: ['defplan', 'defschema'] }, CHANGES, 'allowed'),
  propose({ def_kinds: ['defschema'] }, CHANGES, 'def_kind_not_allowed'),
  propose({ def_kinds: [] }, CHANGES, 'def_kind_not_allowed'),
  propose({ name_prefixes: ['demo/'] }, CHANGES, 'allowed'),
  propose({ name_prefixes: ['x/', 'demo/A', 'demo/B'] }, CHANGES, 'allowed'),
  propose({ name_prefixes: ['demo/A'] }, CHANGES, 'name_prefix_not_allowed'),
  propose({ name_prefixes: ['Demo/'] }, CHANGES, 'name_prefix_not_allowed'),
  propose({ name_prefixes: ['emo/'] }, CHANGES, 'name_prefix_not_allowed'),
  propose({ name_prefixes: [] }, CHANGES, 'name_prefix_not_allowed'),
  propose({ name_prefixes: [] }, { def_changes: [change('defplan', 'a/B@1', 'removed')] }, 'name_prefix_not_allowed'),
  propose({ manifest_sections: ['defaults'] }, { manifest_sections: ['defaults'] }, 'allowed'),
  propose(
    { manifest_sections: ['defaults'] },
    { manifest_sections: ['defaults', 'secrets'] },
    'manifest_section_not_allowed',
  ),
  propose({ manifest_sections: [] }, { manifest_sections: ['defaults'] }, 'manifest_section_not_allowed'),
]

/** By the name of the enforcer. */
export const CASES: ReadonlyMap<string, readonly Case[]> = new Map([
  ['sys/CapEnforceHttpOut@1', HTTP],
  ['sys/CapEnforceLlmBasic@1', LLM],
  ['sys/CapEnforceWorkspace@1', WORKSPACE],
  ['sys/CapEnforceGovernance@1', GOVERNANCE],
])
