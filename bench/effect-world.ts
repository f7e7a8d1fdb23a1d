/** A world of plans that ask for effects behind many grants and rules, in a temporary folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeNode } from '@aos/cbor'
import { ensureOwnerKey, openWorld, push, worldFolderAt } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { EventIngress } from '@aos/kernel'

/** Effects that the plan `many` asks for at once. */
export const MANY = 16

const GRANTS = 64
const RULES = 100

/** What an event makes a plan do: one effect and its receipt, the same without a repetition, nothing, or `MANY` effects. */
export type Doing = 'again' | 'once' | 'none' | 'many'

const DOINGS: readonly Doing[] = ['again', 'once', 'none', 'many']

export interface EffectBenchWorld {
  readonly host: HostWorld
  close(): Promise<void>
}

export async function openEffectWorld(): Promise<EffectBenchWorld> {
  const scratch = mkdtempSync(join(tmpdir(), 'aos-bench-'))
  const keys = join(scratch, 'keys')
  const folder = worldFolderAt(join(scratch, 'world'))
  mkdirSync(join(folder.root, 'air'), { recursive: true })
  writeFileSync(folder.settingsFile, '{"version":1}')
  writeFileSync(join(folder.root, 'air', 'all.json'), JSON.stringify(definitions()))
  ensureOwnerKey(keys)
  const host = await openWorld(folder, { environment: { AOS_KEY_DIR: keys } })
  await push(host, {
    builder: {
      build: () => Promise.reject(new Error('there is nothing to build')),
      runWorldFile: () => Promise.reject(new Error('there is no world file')),
      installForEditors: () => Promise.resolve(),
    },
    dryRun: false,
    forceBuild: false,
    message: undefined,
    onProgress: () => undefined,
  })
  const close = async (): Promise<void> => {
    await host.close()
    rmSync(scratch, { recursive: true, force: true })
  }
  return { host, close }
}

/** The event that starts one instance. */
export function doing(what: Doing, n: number): EventIngress {
  return { kind: 'event', principal: 'local:bench', schema: `bench/Do_${what}@1`, value: encodeNode({ n }) }
}

/** The grant that is used is the last one, and the rule that lets it pass, too. */
function definitions(): readonly object[] {
  const record = (fields: object): object => ({ record: fields })
  const schema = (name: string, type: object): object => ({ $kind: 'defschema', name, type })
  const names = ['bench/Params@1', 'bench/Receipt@1', ...DOINGS.map((what) => `bench/Do_${what}@1`)]
  const grants = Array.from({ length: GRANTS }, (_, index) => ({
    name: `grant_${index}`,
    cap: 'bench/cap@1',
    params: {},
  }))
  const rules = Array.from({ length: RULES - 1 }, (_, index) => ({ when: { cap_name: `grant_${index % (GRANTS - 1)}` }, decision: 'deny' })) // prettier-ignore
  const effect = (kind: string): object => ({
    $kind: 'defeffect',
    name: `bench/${kind}@1`,
    kind: `bench.${kind}`,
    params_schema: 'bench/Params@1',
    receipt_schema: 'bench/Receipt@1',
    cap_type: 'bench',
    origin_scope: 'plan',
  })
  return [
    ...names.map((name) => schema(name, name === 'bench/Receipt@1' ? record({ answer: { text: {} } }) : record({ n: { nat: {} } }))), // prettier-ignore
    effect('again'),
    effect('once'),
    ...DOINGS.map(plan),
    { $kind: 'defcap', name: 'bench/cap@1', cap_type: 'bench', schema: record({}), enforcer: { module: 'sys/CapAllowAll@1' } }, // prettier-ignore
    { $kind: 'defpolicy', name: 'bench/policy@1', rules: [...rules, { when: {}, decision: 'allow' }] },
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: names.map((name) => ({ name })),
      modules: [],
      plans: DOINGS.map((what) => ({ name: `bench/${what}_plan@1` })),
      effects: [{ name: 'bench/again@1' }, { name: 'bench/once@1' }],
      caps: [{ name: 'bench/cap@1' }],
      policies: [{ name: 'bench/policy@1' }],
      defaults: { policy: 'bench/policy@1', cap_grants: grants },
      triggers: DOINGS.map((what) => ({ event: `bench/Do_${what}@1`, plan: `bench/${what}_plan@1` })),
      bindings: [{ pattern: 'bench.again', adapter: 'bench', idempotent: true, concurrency_max: 4096 }, { pattern: 'bench.once', adapter: 'bench', concurrency_max: 4096 }], // prettier-ignore
    },
  ]
}

function plan(what: Doing): object {
  const ask = (index: number): object => ({
    id: `ask_${index}`,
    op: 'emit_effect',
    kind: what === 'once' ? 'bench.once' : 'bench.again',
    params: { record: { n: { ref: '@plan.input.n' } } },
    cap: `grant_${GRANTS - 1}`,
    bind: { effect_id_as: `asked_${index}` },
  })
  const wait = { id: 'wait', op: 'await_receipt', for: { ref: '@var:asked_0' }, bind: { as: 'answer' } }
  const asks = what === 'none' ? [] : Array.from({ length: what === 'many' ? MANY : 1 }, (_, index) => ask(index))
  const steps = [...asks, ...(what === 'again' || what === 'once' ? [wait] : []), { id: 'finish', op: 'end' }]
  const ids = steps.map((step) => (step as { readonly id: string }).id) // every step has one
  return {
    $kind: 'defplan',
    name: `bench/${what}_plan@1`,
    input: `bench/Do_${what}@1`,
    steps,
    edges: ids.slice(1).map((to, index) => ({ from: ids[index], to })),
  }
}
