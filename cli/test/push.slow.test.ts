import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'
const REDUCER = 'demo/CounterSM@1'
const EXAMPLE = join(import.meta.dirname, '../../examples/00-counter')

let sandbox: Sandbox
let world: string

beforeAll(() => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  cpSync(EXAMPLE, world, { recursive: true })
})

afterAll(() => {
  sandbox.remove()
})

const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])

/** Compiled modules, oldest build first is not known: by name of the build key. */
function compiled(): readonly string[] {
  const cache = join(world, '.aos/cache')
  const names = readdirSync(cache).filter((name) => name.endsWith('.wasm'))
  return names.map((name) => join(cache, name))
}

function edit(file: string, change: (text: string) => string): void {
  const path = join(world, file)
  const text = readFileSync(path, 'utf8')
  expect(change(text)).not.toBe(text)
  writeFileSync(path, change(text))
}

test('a first push makes the owner key of a person who has none, and later versions keep the past apart', async () => {
  const first = await ask('push')
  expect(first).toMatchObject({ exit: 0, data: { height: 1, owner_key_made: join(sandbox.keys, 'owner.key') } })
  const [original = ''] = compiled()
  await ask('event', 'send', EVENT, '{"Start":{"target":9}}')
  await ask('event', 'send', EVENT, '"Tick"')
  edit('reducers/counter/index.ts', (text) => text.replace('state.remaining -= 1', 'state.remaining -= 2'))
  expect(await ask('push')).toMatchObject({ exit: 0, data: { height: 4 } })
  await ask('event', 'send', EVENT, '"Tick"')
  const other = compiled().find((file) => file !== original) ?? ''
  expect(await ask('journal', 'replay', '--verify')).toMatchObject({ exit: 0, data: { ok: true, entries: 6 } })
  const withOther = await ask('journal', 'replay', '--verify', '--module', `${REDUCER}=${other}`)
  expect(withOther).toMatchObject({ exit: 1, data: { first_difference: { height: 3, reducer: REDUCER } } })
  const withOriginal = await ask('journal', 'replay', '--verify', '--module', `${REDUCER}=${original}`)
  expect(withOriginal).toMatchObject({ exit: 1, data: { first_difference: { height: 5, reducer: REDUCER } } })
}, 60_000)

test('a module that was compiled elsewhere is taken as it is', async () => {
  const [file = ''] = compiled()
  const place = join(sandbox.folder, 'compiled')
  cpSync(EXAMPLE, place, { recursive: true })
  mkdirSync(join(place, 'modules'))
  cpSync(file, join(place, 'modules/counter.wasm'))
  const sync = { version: 1, air: { dir: 'air' }, modules: { [REDUCER]: { source: 'modules/counter.wasm' } } }
  writeFileSync(join(place, 'aos.sync.json'), JSON.stringify(sync))
  expect(await sandbox.ask(['push', '--world', place])).toMatchObject({ exit: 0, data: { height: 1 } })
  const sent = await sandbox.ask(['event', 'send', EVENT, '{"Start":{"target":1}}', '--world', place])
  expect(sent).toMatchObject({ exit: 0, data: { steps: [{ reducer: REDUCER, outcome: 'ok' }] } })
  writeFileSync(join(place, 'aos.sync.json'), JSON.stringify(sync).replace('counter.wasm', 'none.wasm'))
  expect(await sandbox.ask(['push', '--world', place])).toMatchObject({
    exit: 1,
    error: { code: 'host.missing_wasm' },
  })
})

test('a reducer may raise an event of any schema of the folder, which its route then delivers', async () => {
  const text = { text: {} }
  writeFileSync(
    join(world, 'air/note.air.json'),
    JSON.stringify([
      { $kind: 'defschema', name: 'demo/Note@1', type: { record: { who: text, left: { nat: {} } } } },
      { $kind: 'defschema', name: 'demo/Who@1', type: text },
    ]),
  )
  edit('air/manifest.air.json', (manifest) =>
    manifest.replace('"schemas": [', '"schemas": ["demo/Note@1", "demo/Who@1",'),
  )
  edit('reducers/counter/index.ts', (source) =>
    source
      .replace('import { CounterEvent', 'import { Note, CounterEvent')
      .replace(
        'state.remaining -= 2',
        [
          'state.remaining -= 2',
          "const note = new Note(); note.who = 'counter'; note.left = state.remaining",
          'out.raise<Note>(note)',
        ].join('\n'),
      ),
  )
  expect(await ask('push')).toMatchObject({ exit: 0 })
  const sent = await ask('event', 'send', EVENT, '"Tick"')
  expect(sent).toMatchObject({ exit: 0, data: { outcome: 'ok', raised: [{ schema: 'demo/Note@1' }] } })
  expect(await ask('journal', 'replay', '--verify')).toMatchObject({ exit: 0 })
}, 60_000)
