/** What the host answers itself, and effects on workspaces, in a world with real modules on a real store. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { hashDefinition } from '@aos/air'
import { KIND_NUMBER, decodeEntry } from '@aos/kernel'
import { createEffectsHost, makeHostAdapter, nodeSha256, push, replayJournal, valueFromText, verifyOpenJournal } from '../src/index.ts' // prettier-ignore
import type { EffectsEvent, EffectsHost, HostWorld } from '../src/index.ts'
import { makeLastEventModule } from './_module.ts'
import { EVENT, PUSH, makeTestWorld } from './_world.ts'
import type { TestWorld } from './_world.ts'
import { answeringDefinitions } from './_answers.ts'

let world: TestWorld
let host: HostWorld
let effects: EffectsHost
let events: EffectsEvent[]

beforeEach(async () => {
  world = makeTestWorld()
  writeFileSync(world.folder.settingsFile, '{"version":1,"segment_bytes":65536}')
  writeFileSync(join(world.folder.root, 'air', 'all.json'), JSON.stringify(answeringDefinitions()))
  host = await world.open()
  await host.store.content.put([makeLastEventModule()])
  await push(host, PUSH)
  await begin()
})

afterEach(async () => {
  await effects.stop({ graceMs: 0 })
  await host.close()
  world.remove()
})

async function begin(): Promise<void> {
  events = []
  effects = createEffectsHost(host, {
    adapters: [makeHostAdapter({ host, steps: (signal) => ({ signal }) })],
    environment: {},
    chance: () => 0,
    onEvent: (event) => {
      events.push(event)
    },
  })
  await effects.start()
}

async function send(schema: string, value: object): Promise<number> {
  const bytes = valueFromText(host.definitions, schema, JSON.stringify(value))
  const result = await host.send({ kind: 'event', principal: 'local:test', schema, value: bytes })
  if (result.kind !== 'accepted') throw new Error(`expected an entry, found ${result.kind}`)
  return result.height
}

const set = (n: number): Promise<number> => send(EVENT, { n })

/** The receipt of what a plan asks: its status, and its payload by its schema. */
async function ask(
  kind: 'state' | 'cell' | 'manifest',
  value: object,
): Promise<{ readonly status: string; readonly value: unknown }> {
  await send(`test/Ask_${kind}@1`, value)
  expect(await effects.quiet({ timeoutMs: 5000 })).toBe('quiet')
  const [last] = [...host.store.journal.read({ from: host.store.journal.head?.height ?? 0 })].flat()
  const entry = decodeEntry(last?.bytes ?? new Uint8Array(0))
  expect(entry.kind).toBe('receipt')
  const [payload = new Uint8Array(0)] = entry.bodies?.values ?? []
  const isOk = (entry.ingress.get(10) as ReadonlyMap<number, unknown>).get(6) === 0 // a command
  const schema = isOk ? RECEIPTS[kind] : 'sys/EffectFailure@1'
  return { status: isOk ? 'ok' : 'error', value: host.definitions.codec(schema).decode(payload) }
}

const RECEIPTS = {
  state: 'sys/IntrospectReducerStateReceipt@1',
  cell: 'sys/IntrospectReducerStateReceipt@1',
  manifest: 'sys/IntrospectManifestReceipt@1',
}

const stateOf = (n: number): Uint8Array => valueFromText(host.definitions, 'test/State@1', JSON.stringify({ n }))
const metaAt = (height: number, manifest = host.definitions.manifestHash): object => ({
  journal_height: height,
  snapshot_hash: null,
  manifest_hash: manifest,
})

test('a plan sees the world as it was, and the journal with its receipts holds', async () => {
  const first = await set(1)
  await set(2)
  expect(await ask('state', { consistency: `exact:${first}` })).toEqual({
    status: 'ok',
    value: { state: stateOf(1), meta: metaAt(first) },
  })
  expect(await ask('state', { consistency: `exact:${first - 1}` })).toMatchObject({ value: { state: null } })
  const report = replayJournal(host, { to: undefined, verify: true, onProgress: () => undefined })
  expect(report.firstDifference).toBeUndefined()
  expect(await verifyOpenJournal(host, () => undefined)).toMatchObject({ ok: true })
})

test('at least a height is the head, once the journal has come so far', async () => {
  const height = await set(3)
  const asked = height + 1 // by the question itself
  expect(await ask('state', { consistency: `at_least:${height}` })).toEqual({
    status: 'ok',
    value: { state: stateOf(3), meta: metaAt(asked) },
  })
  const beyond = await ask('state', { consistency: `at_least:${height + 1000}` })
  expect(beyond).toMatchObject({ status: 'error', value: { code: 'introspect.not_reached' } })
  const exactly = await ask('state', { consistency: `exact:${height + 1000}` })
  expect(exactly).toMatchObject({ value: { code: 'introspect.not_reached' } })
})

test('the manifest of another height is the one that was in force there', async () => {
  const before = await set(1)
  const old = host.definitions.manifestHash
  const more = { $kind: 'defschema', name: 'test/More@1', type: { nat: {} } }
  writeFileSync(join(world.folder.root, 'air', 'all.json'), JSON.stringify(answeringDefinitions([more])))
  await push(host, PUSH)
  expect(host.definitions.manifestHash).not.toBe(old)
  const { value } = await ask('manifest', { consistency: `exact:${before}` })
  expect(value).toMatchObject({ meta: metaAt(before, old) })
  const { manifest } = value as { readonly manifest: Uint8Array }
  expect(hashText(nodeSha256, manifest)).toBe(old)
  expect(hashDefinition(nodeSha256, host.definitions.manifest)).not.toBe(old)
})

test('a key that is none of the reducer is told, and what was cut off is gone', async () => {
  const bad = await ask('cell', { key: Buffer.from([0x01]).toString('base64'), consistency: 'exact:1' })
  expect(bad).toMatchObject({ status: 'error', value: { code: 'introspect.bad_key' } })
  for (let n = 0; n < 120; n += 1) await set(n % 20)
  await host.createSnapshot()
  await effects.stop()
  await host.close()
  const { openWorldStore } = await import('@aos/store')
  const store = await openWorldStore(world.folder.store)
  const kept = new Set([KIND_NUMBER.genesis, KIND_NUMBER.manifest, KIND_NUMBER.key])
  await store.compact({ before: 100, keep: (kind) => kept.has(kind) })
  expect(store.journal.firstWhole).toBeGreaterThan(20)
  await store.close()
  host = await world.open()
  await begin()
  expect(await ask('state', { consistency: 'exact:10' })).toMatchObject({ value: { code: 'introspect.gone' } })
})

test('a question that was under way when the process ended is asked again', async () => {
  const height = await set(7)
  await effects.stop()
  await send('test/Ask_state@1', { consistency: `exact:${height}` })
  const [intent] = host.kernel.listIntents()
  expect(intent).toMatchObject({ adapter: 'host', status: 'open' })
  // As an earlier process left it: begun, and not told.
  const { DispatchLog } = await import('../src/dispatch/dispatch-log.ts')
  const log = new DispatchLog(world.folder.dispatchLog, {
    world: host.id,
    open: intent === undefined ? [] : [intent.hash],
  })
  if (intent !== undefined) await log.mark(intent.hash, 1, { sync: true })
  await log.close()
  await begin()
  expect(await effects.quiet({ timeoutMs: 5000 })).toBe('quiet')
  expect(events.filter(({ type }) => type === 'receipt')).toMatchObject([{ status: 'ok' }])
  expect(events.map(({ type }) => type)).toContain('lookup')
})

test('plans make and commit versions of a workspace with the module of the runtime; opening again finds them', async () => {
  await send('test/Write@1', { workspace: 'notes', content: 'b25l' })
  await send('test/Write@1', { workspace: 'notes', content: 'dHdv' })
  expect([...host.kernel.listInstances()]).toEqual([])
  const key = valueFromText(host.definitions, 'sys/WorkspaceName@1', '"notes"')
  const cell = host.kernel.readCell('sys/Workspace@1', key)
  const history = host.definitions.codec('sys/WorkspaceHistory@1').decode(host.definitions.codec('sys/WorkspaceHistory@1').normalize(cell ?? new Uint8Array(0))) // prettier-ignore
  const { latest, versions } = history as {
    readonly latest: number
    readonly versions: ReadonlyMap<number, { readonly root_hash: Hash }>
  }
  expect(latest).toBe(2)
  expect(versions.get(1)?.root_hash).not.toBe(versions.get(2)?.root_hash)
  const root = versions.get(2)?.root_hash
  await effects.stop()
  await host.close()
  host = await world.open()
  // Made in turns, and stored by the host.
  expect(root === undefined ? undefined : host.store.content.get(root)).toBeDefined()
  const asked = await reopenedState(Buffer.from(key).toString('base64'))
  expect(asked).toMatchObject({ status: 'ok', value: { state: cell } })
  expect(replayJournal(host, { to: undefined, verify: true, onProgress: () => undefined }).ok).toBe(true)
})

async function reopenedState(key: string): Promise<unknown> {
  await begin()
  const height = host.kernel.head?.height ?? 0
  await set(1)
  return ask('cell', { key, consistency: `exact:${height}` })
}
