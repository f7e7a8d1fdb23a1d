import { decodeForeign, encodeNode, formatHash, hashText } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { editTree, walkTree } from '@aos/workspace'
import type { TreeStore } from '@aos/workspace'
import { describe, expect, test } from 'vitest'
import { decodeEntry } from '../src/index.ts'
import { accepted } from './_effects.ts'
import type { EffectBench } from './_effects.ts'
import { nodeSha256 } from './_util.ts'
import { answer, bytes, definitions, nat, none, planOf, ref, startWorld, text } from './_workspaces.ts'
import type { Call, Grants } from './_workspaces.ts'

const WORKSPACE = ref('@plan.input.workspace')

const empty: Call = { id: 'empty', kind: 'workspace.empty_root', params: { workspace: WORKSPACE } }
const resolve: Call = { id: 'resolve', kind: 'workspace.resolve', params: { workspace: WORKSPACE, version: none } }

function write(id: string, root: object, path: string, content: string): Call {
  return {
    id,
    kind: 'workspace.write_bytes',
    params: { root_hash: root, path: text(path), bytes: bytes(content), mode: none },
  }
}

function read(id: string, root: object, path: string, more: Partial<Call> = {}): Call {
  const params = { root_hash: root, path: text(path), range: none }
  return { id, kind: 'workspace.read_bytes', params, ...more }
}

/** Two files in a new workspace, committed. */
const SEED = planOf(
  'demo/seed@1',
  [
    empty,
    write('one', answer('empty', 'root_hash'), 'a/one.txt', 'one'),
    write('two', answer('one', 'new_root_hash'), 'two.txt', 'two'),
    { id: 'diff', kind: 'workspace.diff', params: { root_a: answer('empty', 'root_hash'), root_b: answer('two', 'new_root_hash'), prefix: none } }, // prettier-ignore
  ],
  { root: answer('two', 'new_root_hash'), expected: nat(0) },
)

function storeOf(bench: EffectBench): TreeStore {
  return {
    read: (hash) => bench.content.get(hash),
    write: (content) => {
      const hash = hashText(nodeSha256, content)
      bench.content.set(hash, content)
      return hash
    },
  }
}

/** As a host does: what turns made is stored and released. */
function keepMade(bench: EffectBench): void {
  const made = bench.world.takeMadeBlobs()
  for (const { hash, bytes: content } of made) bench.content.set(formatHash(hash), content)
  bench.world.releaseMadeBlobs(made)
}

function go(bench: EffectBench, workspace: string, root: Hash | null = null): ReturnType<typeof accepted> {
  const result = accepted(bench.event('demo/Go@1', { workspace, root }))
  keepMade(bench)
  return result
}

/** The newest version of a workspace: its number and its tree. */
function headOf(bench: EffectBench, workspace: string): { readonly latest: number; readonly root: Hash } {
  const history = bench.state('sys/Workspace@1', workspace) as ReadonlyMap<Data, Data>
  const latest = Number(history.get('latest'))
  const meta = (history.get('versions') as ReadonlyMap<Data, ReadonlyMap<Data, Data>>).get(latest)
  return { latest, root: meta?.get('root_hash') as Hash }
}

function told(bench: EffectBench): Data {
  const { derived } = decodeEntry(bench.entries.at(-1) ?? new Uint8Array(0))
  const raised = derived
    .filter(({ fields }) => fields.get(0) === 1)
    .map(({ value }) => decodeForeign(value ?? new Uint8Array(0)))
  return raised.at(-1) ?? null
}

function codesOf(result: ReturnType<typeof accepted>): readonly (string | undefined)[] {
  return result.effects.settled.map(({ code }) => code)
}

describe('a plan', () => {
  test('makes a tree, commits it and is told, all in one turn, and any replay comes to the same', () => {
    const bench = startWorld([SEED])
    const result = go(bench, 'notes')
    expect(result.effects.ended.map(({ code }) => code)).toEqual([undefined])
    expect(told(bench)).toEqual(new Map<Data, Data>([['head', 1], ['committed', true]])) // prettier-ignore
    const store = storeOf(bench)
    const hashOf = (content: string): Hash => store.write(new TextEncoder().encode(content))
    const expected = editTree(store, undefined, [
      { kind: 'write', path: 'a/one.txt', hash: hashOf('one'), size: 3, mode: 0o644 },
      { kind: 'write', path: 'two.txt', hash: hashOf('two'), size: 3, mode: 0o644 },
    ])
    expect(headOf(bench, 'notes')).toEqual({ latest: 1, root: expected })
    bench.checkReplay()
  })

  test('that commits to a head that is another is told so, and nothing changes', () => {
    const bench = startWorld([SEED])
    go(bench, 'notes')
    const before = headOf(bench, 'notes')
    const result = go(bench, 'notes')
    expect(result.steps.map(({ outcome }) => outcome)).toEqual(['ok'])
    expect(told(bench)).toEqual(new Map<Data, Data>([['head', 1], ['committed', false]])) // prettier-ignore
    expect(headOf(bench, 'notes')).toEqual(before)
    bench.checkReplay()
  })

  test('sees a version in the turn that commits it', () => {
    const watch = planOf('demo/z_watch@1', [resolve, read('x', answer('resolve', 'root_hash'), 'two.txt')], undefined, 'sys/WorkspaceCommitResult@1') // prettier-ignore
    const bench = startWorld([SEED, watch])
    expect(go(bench, 'notes').effects.ended.map(({ code }) => code)).toEqual([undefined, undefined])
    bench.checkReplay()
  })

  test('goes on from the newest version', () => {
    const next = planOf(
      'demo/z_next@1', // behind the other: it starts in the same turn
      [resolve, write('three', answer('resolve', 'root_hash'), 'three.txt', '3')],
      { root: answer('three', 'new_root_hash'), expected: answer('resolve', 'head') },
    )
    const bench = startWorld([SEED, next])
    // The first time there is nothing yet when the second plan asks.
    expect(go(bench, 'notes').effects.ended.filter(({ code }) => code !== undefined)).toHaveLength(1)
    go(bench, 'notes')
    const { latest, root } = headOf(bench, 'notes')
    expect(latest).toBe(2)
    const paths = [...walkTree(storeOf(bench), root, { base: '', after: undefined, isDeep: true })].map(
      ({ path }) => path,
    )
    expect(paths).toEqual(['a', 'a/one.txt', 'three.txt', 'two.txt'])
    bench.checkReplay()
  })

  const failing: readonly (readonly [string, Call, string])[] = [
    ['a path out of the tree', write('x', answer('empty', 'root_hash'), '../x', 'x'), 'workspace.bad_path'],
    ['nothing there', read('x', answer('empty', 'root_hash'), 'x'), 'workspace.not_found'],
    ['a directory', write('x', answer('seed', 'new_root_hash'), 'd', 'x'), 'workspace.is_directory'],
    ['a range', read('x', answer('seed', 'new_root_hash'), 'd/f', { params: { root_hash: answer('seed', 'new_root_hash'), path: text('d/f'), range: { record: { start: nat(2), end: nat(9) } } } }), 'workspace.bad_range'], // prettier-ignore
    ['a directory that holds something', { id: 'x', kind: 'workspace.remove', params: { root_hash: answer('seed', 'new_root_hash'), path: text('d') } }, 'workspace.not_empty'], // prettier-ignore
    [
      'a hash that no entry says is there',
      read('x', { hash: `sha256:${'9'.repeat(64)}` }, 'x'),
      'workspace.unknown_tree',
    ],
    ['a bad name', { id: 'x', kind: 'workspace.resolve', params: { workspace: text('a/b'), version: none } }, 'workspace.bad_name'], // prettier-ignore
  ]
  test.each(failing)('is told of %s in an ordinary receipt', (_name, call, code) => {
    const seed = write('seed', answer('empty', 'root_hash'), 'd/f', 'x')
    const bench = startWorld([planOf('demo/p@1', [empty, seed, { ...call, accept: ['ok', 'error'] }])])
    const result = go(bench, 'notes')
    expect(codesOf(result).at(-1)).toBe(code)
    expect(result.effects.ended.map((ended) => ended.code)).toEqual([undefined])
    bench.checkReplay()
  })

  test('does not see content that lies in the store and in no entry', () => {
    const bench = startWorld([
      planOf('demo/p@1', [read('x', ref('@plan.input.root'), 'secret', { accept: ['error'] })]),
    ])
    const store = storeOf(bench)
    const root = editTree(store, undefined, [{ kind: 'write', path: 'secret', hash: store.write(new Uint8Array([1])), size: 1, mode: 0o644 }]) // prettier-ignore
    expect(codesOf(go(bench, 'notes', root))).toEqual(['workspace.unknown_tree'])
    // The root alone: then what is below it is unknown.
    accepted(bench.event('demo/Go@1', { workspace: 'x', root }, { blobs: [root] }))
    expect(codesOf(go(bench, 'notes', root))).toEqual(['workspace.unknown_blob'])
    bench.checkReplay()
  })
})

/** A tree with one file, as somebody from outside brings it along. */
function bring(bench: EffectBench, workspace: string, content: string): Hash {
  const store = storeOf(bench)
  const hash = store.write(new TextEncoder().encode(content))
  const root = editTree(store, undefined, [{ kind: 'write', path: 'f', hash, size: content.length, mode: 0o644 }])
  accepted(bench.event('sys/WorkspaceCommit@1', commitOf(workspace, root), { blobs: [root, hash] }))
  return root
}

function commitOf(workspace: string, root: Hash): Data {
  return { workspace, expected_head: null, meta: { root_hash: root, owner: 'test', created_at: 1 } }
}

describe('a grant for a workspace', () => {
  const grants: Grants = {
    alpha: { record: { workspaces: { list: [text('alpha')] } } },
    both: { record: { workspaces: { list: [text('alpha'), text('beta')] } } },
    prefixed: { record: { path_prefixes: { list: [text('d')] } } },
  }
  const readAs = (cap: string): object =>
    planOf(`demo/read_${cap}@1`, [read('x', ref('@plan.input.root'), 'f', { cap, accept: ['ok', 'error'] })])

  /** `allow`, or why each plan was not let. */
  function verdicts(bench: EffectBench, root: Hash): readonly string[] {
    return go(bench, 'x', root).effects.decisions.map(({ code, outcome }) => code ?? outcome)
  }

  test('reaches its trees, and no hash that was learned elsewhere', () => {
    const bench = startWorld([readAs('all'), readAs('alpha'), readAs('both')], grants)
    const alpha = bring(bench, 'alpha', 'a')
    const beta = bring(bench, 'beta', 'b')
    expect(verdicts(bench, alpha)).toEqual(['allow', 'allow', 'allow'])
    expect(verdicts(bench, beta)).toEqual(['allow', 'cap.foreign_tree', 'allow'])
    expect(verdicts(bench, `sha256:${'8'.repeat(64)}` as Hash)).toEqual([
      'allow',
      'cap.foreign_tree',
      'cap.foreign_tree',
    ])
    bench.checkReplay()
  })

  test('is not widened by committing a hash from inside', () => {
    // A plan that may only read alpha commits the tree of beta to alpha.
    const launder = planOf('demo/a_launder@1', [], { root: ref('@plan.input.root'), expected: none })
    const plans = [
      planOf('demo/read_alpha@1', [resolve, read('x', answer('resolve', 'root_hash'), 'f', { cap: 'alpha' })]),
    ]
    const bench = startWorld(plans, grants)
    const beta = bring(bench, 'beta', 'b')
    bench.air(definitionsWith(launder, plans))
    go(bench, 'alpha', beta)
    const result = go(bench, 'alpha', beta)
    expect(headOf(bench, 'alpha').root).toBe(beta)
    expect(result.effects.decisions.map(({ code }) => code)).toContain('cap.foreign_tree')
    // Whoever brings the content along may.
    accepted(bench.event('sys/WorkspaceCommit@1', commitOf('alpha', beta), { blobs: [beta] }))
    expect(go(bench, 'alpha', beta).effects.decisions.map(({ code }) => code)).not.toContain('cap.foreign_tree')
    bench.checkReplay()
  })

  function definitionsWith(extra: object, plans: readonly object[]): readonly object[] {
    return definitions([extra, ...plans], grants)
  }

  test('reaches what is made of its trees, and what nobody owns once it is committed', () => {
    const draft = planOf('demo/draft@1', [empty, write('w', answer('empty', 'root_hash'), 'f', 'draft')], {
      root: answer('w', 'new_root_hash'),
      expected: none,
    })
    const own = planOf('demo/own@1', [
      { ...empty, cap: 'alpha' },
      { ...write('w', answer('empty', 'root_hash'), 'f', 'own'), cap: 'alpha' },
      read('x', answer('w', 'new_root_hash'), 'f', { cap: 'alpha' }),
    ])
    const again = planOf('demo/read_alpha@1', [
      resolve,
      read('x', answer('resolve', 'root_hash'), 'f', { cap: 'alpha' }),
    ])
    const bench = startWorld([draft, own, again], grants)
    for (let round = 0; round < 2; round += 1) go(bench, 'alpha')
    const codes = go(bench, 'alpha').effects.decisions.map(({ code }) => code)
    expect(codes).toEqual(codes.map(() => undefined))
    bench.checkReplay()
  })

  test('with prefixes reaches whole trees only', () => {
    const bench = startWorld([planOf('demo/read@1', [read('x', ref('@plan.input.root'), 'd/f', { cap: 'prefixed', accept: ['ok', 'error'] })])], grants) // prettier-ignore
    const store = storeOf(bench)
    const hash = store.write(new Uint8Array([1]))
    const part = editTree(store, undefined, [{ kind: 'write', path: 'd/f', hash, size: 1, mode: 0o644 }])
    const whole = editTree(store, undefined, [{ kind: 'write', path: 'secret/d/f', hash, size: 1, mode: 0o644 }, { kind: 'write', path: 'd/f', hash, size: 1, mode: 0o644 }]) // prettier-ignore
    accepted(bench.event('sys/WorkspaceCommit@1', commitOf('alpha', whole), { blobs: [...bench.content.keys()] }))
    expect(verdicts(bench, whole)).toEqual(['allow'])
    expect(verdicts(bench, part)).toEqual(['cap.foreign_tree'])
    bench.checkReplay()
  })
})

describe('a snapshot', () => {
  test('keeps what is known of trees and content: whoever opens it goes on as the others do', () => {
    const grants: Grants = { alpha: { record: { workspaces: { list: [text('alpha')] } } } }
    const plan = planOf('demo/read@1', [
      read('x', ref('@plan.input.root'), 'f', { cap: 'alpha', accept: ['ok', 'error'] }),
    ])
    const bench = startWorld([plan, SEED], grants)
    const alpha = bring(bench, 'alpha', 'a')
    const beta = bring(bench, 'beta', 'b')
    go(bench, 'gamma')
    const root = bench.snapshot()
    for (const each of [alpha, beta, headOf(bench, 'gamma').root]) go(bench, 'delta', each)
    for (const verify of [true, false]) {
      const opened = bench.openFrom(root, { verify })
      expect(opened.head).toEqual(bench.world.head)
      expect(opened.readCell('sys/Workspace@1', encodeNode('delta'))).toEqual(
        bench.world.readCell('sys/Workspace@1', encodeNode('delta')),
      )
    }
    bench.checkReplay()
  })
})

describe('introspection', () => {
  const look = (kind: string, params: Call['params']): Call => ({ id: 'x', kind: `introspect.${kind}`, params, cap: 'look', accept: ['ok', 'error'] }) // prettier-ignore
  const head = text('head')
  const keyOf = (name: string): object => ({ bytes_b64: Buffer.from(encodeNode(name)).toString('base64') })

  /** What the one call of a plan was answered. */
  function ask(
    call: Call,
    before?: (bench: EffectBench) => void,
  ): { readonly payload: Data; readonly code: string | undefined; readonly bench: EffectBench } {
    const bench = startWorld([SEED, planOf('demo/z_look@1', [call])])
    before?.(bench)
    const result = go(bench, 'notes')
    bench.checkReplay()
    const settled = decodeEntry(bench.entries.at(-1) ?? new Uint8Array(0)).derived.filter(
      ({ value }) => value !== undefined,
    )
    const payloads = settled.map(({ value }) => decodeForeign(value ?? new Uint8Array(0)))
    const payload = payloads.find((each) => each instanceof Map && (each.has('meta') || each.has('code'))) ?? null
    return { payload, code: codesOf(result).find((code) => code !== undefined), bench }
  }

  function fieldOf(payload: Data, field: string): Data | undefined {
    return (payload as ReadonlyMap<Data, Data>).get(field)
  }

  test('tells of the manifest', () => {
    const { payload, bench } = ask(look('manifest', { consistency: head }))
    const { manifestHash } = bench.world
    if (manifestHash === undefined) throw new Error('no manifest')
    expect(fieldOf(payload, 'manifest')).toEqual(bench.content.get(manifestHash))
  })

  test('tells of the state of a cell, or that there is none', () => {
    const seeded = (bench: EffectBench): void => void go(bench, 'notes')
    const params = { reducer: text('sys/Workspace@1'), consistency: head }
    const { payload, bench } = ask(look('reducer_state', { ...params, key: keyOf('notes') }), seeded)
    expect(fieldOf(payload, 'state')).toEqual(bench.world.readCell('sys/Workspace@1', encodeNode('notes')))
    expect(fieldOf(ask(look('reducer_state', { ...params, key: keyOf('none') })).payload, 'state')).toBeNull()
    expect(ask(look('reducer_state', { ...params, key: bytes('!') })).code).toBe('introspect.bad_key')
  })

  test('lists cells', () => {
    const seeded = (bench: EffectBench): void => {
      for (const name of ['b', 'a', 'notes']) go(bench, name)
    }
    const { payload, bench } = ask(look('list_cells', { reducer: text('sys/Workspace@1') }), seeded)
    const cells = fieldOf(payload, 'cells') as readonly ReadonlyMap<Data, Data>[]
    const expected = [...bench.world.listCells('sys/Workspace@1')]
    expect(cells.map((cell) => cell.get('key'))).toEqual(expected.map(({ key }) => new Uint8Array(key)))
    expect(cells.map((cell) => cell.get('state_hash'))).toEqual(expected.map(({ stateHash }) => formatHash(stateHash)))
  })

  test('leaves other heights to the host, and refuses what names none', () => {
    const ofHost = ask(look('manifest', { consistency: text('exact:3') }))
    expect(ofHost.bench.intents().map(({ adapter }) => adapter)).toEqual(['host'])
    for (const consistency of ['exact:03', 'exact:', 'at_most:3', 'HEAD', ''])
      expect(ask(look('manifest', { consistency: text(consistency) })).code).toBe('introspect.bad_consistency')
  })
})
