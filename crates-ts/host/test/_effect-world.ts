/** A real world whose plans ask for effects: each event starts an instance that emits one and waits for what comes of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeNode } from '@aos/cbor'
import type { Ingress } from '@aos/kernel'
import { ensureOwnerKey, openWorld, push, viewEntry, worldFolderAt } from '../src/index.ts'
import type { EntryView, HostWorld, WorldFolder } from '../src/index.ts'
import { PUSH } from './_world.ts'

export interface EffectWorld {
  readonly folder: WorldFolder
  readonly keys: string
  open(): Promise<HostWorld>
  remove(): void
}

/** Kinds are `test.once` (not idempotent) and `test.again` (idempotent). */
export type TestKind = 'once' | 'again'

const all = ['ok', 'error', 'timeout', 'denied', 'unknown']
const record = (fields: object): object => ({ record: fields })
const schema = (name: string, type: object): object => ({ $kind: 'defschema', name, type })
const effect = (kind: TestKind): object => ({
  $kind: 'defeffect',
  name: `test/${kind}@1`,
  kind: `test.${kind}`,
  params_schema: 'test/Params@1',
  receipt_schema: 'test/Receipt@1',
  cap_type: 'test',
  origin_scope: 'plan',
})
const plan = (kind: TestKind): object => ({
  $kind: 'defplan',
  name: `test/${kind}_plan@1`,
  input: `test/Do_${kind}@1`,
  steps: [
    {
      id: 'ask',
      op: 'emit_effect',
      kind: `test.${kind}`,
      params: { record: { n: { ref: '@plan.input.n' }, key: SLOT } },
      cap: 'testing',
      bind: { effect_id_as: 'asked' },
    },
    { id: 'wait', op: 'await_receipt', for: { ref: '@var:asked' }, accept: all, bind: { as: 'answer' } },
    { id: 'finish', op: 'end' },
  ],
  edges: [
    { from: 'ask', to: 'wait' },
    { from: 'wait', to: 'finish' },
  ],
})

const SLOT = { variant: { tag: 'secret', value: { record: { alias: { text: 'test/key' }, version: { nat: 1 } } } } }

/** An instance that waits for what never comes, for `NAP_MS`. */
export const NAP_MS = 250

const NAP: object = {
  $kind: 'defplan',
  name: 'test/nap_plan@1',
  input: 'test/Nap@1',
  steps: [
    {
      id: 'nap',
      op: 'await_event',
      event: 'test/Never@1',
      deadline: { op: 'add', args: [{ ref: '@now' }, { duration_ns: NAP_MS * 1_000_000 }] },
      bind: { as: 'never' },
    },
  ],
  edges: [],
}

const DEFINITIONS: readonly object[] = [
  schema('test/Params@1', record({ n: { nat: {} }, key: { ref: 'sys/TextOrSecretRef@1' } })),
  schema('test/Receipt@1', record({ answer: { text: {} } })),
  schema('test/Do_once@1', record({ n: { nat: {} } })),
  schema('test/Do_again@1', record({ n: { nat: {} } })),
  schema('test/Nap@1', record({ n: { nat: {} } })),
  schema('test/Never@1', record({ n: { nat: {} } })),
  NAP,
  effect('once'),
  effect('again'),
  plan('once'),
  plan('again'),
  {
    $kind: 'defcap',
    name: 'test/cap@1',
    cap_type: 'test',
    schema: record({}),
    enforcer: { module: 'sys/CapAllowAll@1' },
  },
  { $kind: 'defpolicy', name: 'test/policy@1', rules: [{ when: { cap_name: 'testing' }, decision: 'allow' }] },
  { $kind: 'defsecret', name: 'test/key@1', binding_id: 'env:TEST_KEY' },
  {
    $kind: 'manifest',
    air_version: '1',
    schemas: ['Params', 'Receipt', 'Do_once', 'Do_again', 'Nap', 'Never'].map((name) => ({ name: `test/${name}@1` })),
    modules: [],
    plans: [{ name: 'test/once_plan@1' }, { name: 'test/again_plan@1' }, { name: 'test/nap_plan@1' }],
    effects: [{ name: 'test/once@1' }, { name: 'test/again@1' }],
    caps: [{ name: 'test/cap@1' }],
    policies: [{ name: 'test/policy@1' }],
    secrets: [{ name: 'test/key@1' }],
    defaults: { policy: 'test/policy@1', cap_grants: [{ name: 'testing', cap: 'test/cap@1', params: {} }] },
    triggers: [
      { event: 'test/Do_once@1', plan: 'test/once_plan@1' },
      { event: 'test/Do_again@1', plan: 'test/again_plan@1' },
      { event: 'test/Nap@1', plan: 'test/nap_plan@1' },
    ],
    bindings: [
      { pattern: 'test.once', adapter: 'test' },
      { pattern: 'test.again', adapter: 'test', idempotent: true, attempts_max: 3 },
    ],
  },
]

/** Files only. */
export function makeEffectWorld(base = mkdtempSync(join(tmpdir(), 'aos-effect-world-')), name = 'world'): EffectWorld {
  const folder = worldFolderAt(join(base, name))
  const keys = join(base, 'keys')
  mkdirSync(join(folder.root, 'air'), { recursive: true })
  writeFileSync(folder.settingsFile, '{"version":1}')
  writeFileSync(join(folder.root, 'air', 'all.json'), JSON.stringify(DEFINITIONS))
  ensureOwnerKey(keys)
  return {
    folder,
    keys,
    open: () => openWorld(folder, { environment: { AOS_KEY_DIR: keys } }),
    remove: () => {
      rmSync(base, { recursive: true, force: true })
    },
  }
}

/** Pushed and closed. */
export async function pushedEffectWorld(base?: string, name?: string): Promise<EffectWorld> {
  const world = makeEffectWorld(base, name)
  const host = await world.open()
  await push(host, PUSH)
  await host.close()
  return world
}

/** The event that starts an instance. */
export function doing(kind: TestKind, n: number): Ingress {
  return { kind: 'event', principal: 'local:test', schema: `test/Do_${kind}@1`, value: encodeNode({ n }) }
}

/** The event that starts an instance which ends by its deadline. */
export function nap(): Ingress {
  return { kind: 'event', principal: 'local:test', schema: 'test/Nap@1', value: encodeNode({ n: 0 }) }
}

/** Every entry as people read it. */
export function entriesOf(host: HostWorld): readonly EntryView[] {
  const views: EntryView[] = []
  for (const batch of host.store.journal.read({ from: 0 })) {
    for (const record of batch) views.push(viewEntry(record, host.definitions))
  }
  return views
}
