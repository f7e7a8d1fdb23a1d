/** The harness as an author meets it: a folder of one's own outside of this checkout, with a vitest of one's own. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const REDUCER = 'test/Cart@1'

const schema = (name: string, type: unknown): object => ({ $kind: 'defschema', name, type })

const AIR = [
  schema('test/State@1', { record: { items: 'nat', last: { option: 'text' } } }),
  schema('test/Add@1', { record: { what: 'text', count: 'nat' } }),
  schema('test/Remind@1', { record: { at: 'nat' } }),
  schema('test/Clear@1', { record: {} }),
  schema('test/Event@1', {
    variant: { Add: 'test/Add@1', Remind: 'test/Remind@1', Clear: 'test/Clear@1', Fired: 'sys/TimerFired@1' },
  }),
  schema('test/Filled@1', { record: { items: 'nat' } }),
  {
    $kind: 'defmodule',
    name: REDUCER,
    module_kind: 'reducer',
    abi: {
      reducer: {
        state: 'test/State@1',
        event: 'test/Event@1',
        context: 'sys/ReducerContext@1',
        effects_emitted: ['timer.set'],
        cap_slots: { clock: 'timer' },
      },
    },
  },
  {
    $kind: 'defpolicy',
    name: 'test/policy@1',
    rules: [
      { when: { effect_kind: 'timer.set', origin_kind: 'reducer', origin_name: REDUCER }, decision: 'allow' },
      { when: {}, decision: 'deny' },
    ],
  },
  {
    $kind: 'manifest',
    air_version: '1',
    schemas: ['State', 'Add', 'Remind', 'Clear', 'Event', 'Filled'].map((name) => ({ name: `test/${name}@1` })),
    modules: [{ name: REDUCER }],
    effects: [{ name: 'sys/timer.set@1' }],
    policies: [{ name: 'test/policy@1' }],
    defaults: { policy: 'test/policy@1', cap_grants: [{ name: 'timers', cap: 'sys/timer@1', params: {} }] },
    module_bindings: { [REDUCER]: { slots: { clock: 'timers' } } },
    routing: { events: [{ event: 'test/Event@1', reducer: REDUCER }] },
  },
]

const SCRIPT = `import { defineReducer } from './generated'

export const reducer = defineReducer((state, event, out, context) => {
  const next = state ?? { items: 0n, last: null }
  if (event.$tag === 'Clear' || event.$tag === 'Fired') return null
  if (event.$tag === 'Remind') {
    if (event.$value.at < context.now_ns) throw new RangeError('that was before')
    out.effect('timer.set', { deliver_at_ns: event.$value.at, key: 'cart' }, { slot: 'clock' })
    return next
  }
  next.items += event.$value.count
  next.last = event.$value.what
  if (next.items >= 10n) out.raise('test/Filled@1', { items: next.items })
  return next
})
`

const ASSEMBLY = `import { Filled, State, TimerSetParams, defineReducer } from './generated'

export const reducer = defineReducer((state, event, out, context) => {
  const next = state === null ? new State() : state
  if (event.isClear || event.isFired) return null
  if (event.isRemind) {
    assert(event.asRemind.at >= context.now_ns, 'that was before')
    const timer = new TimerSetParams()
    timer.deliver_at_ns = event.asRemind.at
    timer.key = 'cart'
    out.emit<TimerSetParams>('timer.set', timer, 'clock')
    return next
  }
  next.items += event.asAdd.count
  next.last = event.asAdd.what
  if (next.items >= 10) {
    const filled = new Filled()
    filled.items = next.items
    out.raise<Filled>(filled)
  }
  return next
})
`

/** One file for both languages. */
const TEST = `import { expect, test } from 'vitest'
import { testReducer } from '../../.aos/testkit/index.js'
import type { Events, Reducers } from '../../client.ts'

interface Types {
  state: Reducers['${REDUCER}']['state']
  event: Events['test/Event@1']['input']
}

const { given } = await testReducer<Types>('${REDUCER}')
const LATER = '1767225605000000000'
const add = (count: number) => ({ Add: { what: 'tea', count } })

test('adds up', () => given(null).when(add(2)).then({ items: 2, last: 'tea' }).when(add(3)).then({ items: 5, last: 'tea' }))

test('raises an event when it is full', () => {
  given({ items: 8, last: null })
    .when(add(2))
    .then({ items: 10, last: 'tea' }, [], [{ schema: 'test/Filled@1', value: { items: 10 } }])
})

test('asks for a timer', () => {
  given(null, { now: '2026-01-01T00:00:00Z' })
    .when({ Remind: { at: LATER } })
    .then({ items: 0, last: null }, [
      { kind: 'timer.set', slot: 'clock', params: { deliver_at_ns: LATER, key: 'cart' } },
    ])
})

test('fails, and the cell stays', () => {
  const step = given({ items: 1, last: null }, { now: '2026-01-01T00:00:00Z' }).when({ Remind: { at: 5 } })
  step.thenFails(/index\\.ts:\\d+:\\d+/).when({ Clear: {} }).then(null)
  expect(step.step).toMatchObject({ outcome: 'trap', state: { items: 1, last: null } })
})

test.fails('sees another state', () => given(null).when(add(2)).then({ items: 3, last: 'tea' }))
test.fails('sees a missing effect', () => given(null).when({ Remind: { at: LATER } }).then({ items: 0, last: null }))
test.fails('sees another slot', () =>
  given(null)
    .when({ Remind: { at: LATER } })
    .then({ items: 0, last: null }, [{ kind: 'timer.set', params: { deliver_at_ns: LATER, key: 'cart' } }]))
test.fails('sees an event that nobody expects', () => given({ items: 9, last: null }).when(add(1)).then({ items: 10, last: 'tea' }))
test.fails('sees a step that is ok', () => given(null).when(add(1)).thenFails())
test.fails('refuses an event that is none', () => given(null).when({ Nothing: 1 } as never))
test.fails('refuses to be awaited', async () => {
  await (given(null).when(add(1)) as unknown as Promise<void>)
})
`

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

async function makeWorld(language: string, index: string): Promise<string> {
  const world = join(sandbox.folder, `of ${language}`)
  expect(await sandbox.ask(['init', world, '--template', 'empty'])).toMatchObject({ exit: 0 })
  const folder = join(world, 'reducers/cart')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(world, 'air/manifest.air.json'), JSON.stringify(AIR))
  writeFileSync(
    join(world, 'aos.sync.json'),
    JSON.stringify({ version: 1, air: { dir: 'air' }, modules: { [REDUCER]: { source: 'reducers/cart', language } } }),
  )
  writeFileSync(join(folder, 'index.ts'), index)
  writeFileSync(join(folder, 'index.test.ts'), TEST)
  writeFileSync(join(world, 'package.json'), '{"type":"module","private":true}')
  mkdirSync(join(world, 'node_modules'))
  symlinkSync(join(CHECKOUT, 'node_modules/vitest'), join(world, 'node_modules/vitest'))
  return world
}

function node(
  world: string,
  program: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(CHECKOUT, 'node_modules', program), ...args], {
    cwd: world,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', AOS_KEY_DIR: sandbox.keys },
  })
  return { status, said: `${stdout}${stderr}` }
}

test.each([
  ['typescript', SCRIPT],
  ['assemblyscript', ASSEMBLY],
])('the same tests pass of a reducer in %s', { timeout: 240_000 }, async (language, index) => {
  const world = await makeWorld(language, index)
  expect(await sandbox.ask(['gen', 'types', '.', '--out', 'client.ts'], { cwd: world })).toMatchObject({ exit: 0 })
  // Nothing was pushed: the harness compiles by itself.
  const ran = node(world, 'vitest/vitest.mjs', 'run')
  expect(ran.said).toMatch(/Tests {2}4 passed \| 7 expected fail \(11\)/)
  expect(ran.status).toBe(0)

  cpSync(join(world, 'reducers/cart/index.ts'), join(world, 'reducers/cart/index.ts.kept'))
  writeFileSync(join(world, 'reducers/cart/index.ts'), index.replace(/next\.items \+= .*/, 'next.items = next.items'))
  const broken = node(world, 'vitest/vitest.mjs', 'run')
  expect(broken.said).toContain(
    'the state of the step: expected {"last":"tea","items":2}, found {"last":"tea","items":0}',
  )
  expect(broken.status).toBe(1)
  cpSync(join(world, 'reducers/cart/index.ts.kept'), join(world, 'reducers/cart/index.ts'))

  expect(await sandbox.ask(['push'], { cwd: world })).toMatchObject({ exit: 0 })
  const types = ['--ignoreConfig', '--strict', '--noEmit', '--target', 'es2022', '--module', 'esnext', '--skipLibCheck']
  const checked = (): string =>
    node(
      world,
      'typescript/bin/tsc',
      ...types,
      '--moduleResolution',
      'bundler',
      '--allowImportingTsExtensions',
      '--pretty',
      'false',
      'reducers/cart/index.test.ts',
    ).said
  expect(checked()).toBe('')
  writeFileSync(
    join(world, 'reducers/cart/index.test.ts'),
    TEST.replace("{ items: 5, last: 'tea' }", "{ itms: 5, last: 'tea' }"),
  )
  expect(checked()).toContain("'itms' does not exist in type")
})
