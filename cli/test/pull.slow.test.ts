/** Pulls that are killed, and worlds that come from templates. */
import { spawn } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'

const COUNT = 60
const KILLS = 8
/** Rounds, more of them until a kill has come between two files. */
const KILLS_MAX = 40

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

const ask = (world: string, ...words: readonly string[]): Promise<Document> =>
  sandbox.ask([...words, '--world', world, '--quiet'])

/** Proposed, shown, approved by the owner, in force. */
async function apply(world: string, patch: unknown): Promise<void> {
  const file = join(sandbox.folder, 'patch.json')
  writeFileSync(file, JSON.stringify(patch))
  for (const words of [
    ['propose', '--patch', file],
    ['shadow', '1'],
    ['approve', '1'],
    ['apply', '1'],
  ]) {
    expect(await ask(world, 'gov', ...words)).toMatchObject({ ok: true })
  }
}

const schema = (at: number, type: string): unknown => ({ $kind: 'defschema', name: `demo/S${at}@1`, type })

test('a pull that is killed is made whole by the next one', { timeout: 240_000 }, async () => {
  const world = join(sandbox.folder, 'many')
  await sandbox.run(['init', world, '--template', 'empty'])
  const all = Array.from({ length: COUNT }, (_, at) => at)
  for (const at of all) writeFileSync(join(world, 'air', `s${at}.json`), JSON.stringify(schema(at, 'nat')))
  const manifest = { $kind: 'manifest', air_version: '1', schemas: all.map((at) => `demo/S${at}@1`), modules: [] }
  writeFileSync(join(world, 'air', 'manifest.air.json'), JSON.stringify(manifest))
  expect(await ask(world, 'push')).toMatchObject({ ok: true })
  const replaced = all.map((at) => ({ replace_def: { kind: 'defschema', name: `demo/S${at}@1`, new_node: schema(at, 'text') } })) // prettier-ignore
  await apply(world, { patches: replaced })
  const texts = { old: JSON.stringify(schema(1, 'nat')), new: JSON.stringify(schema(1, 'text')) }
  const seen = { none: 0, some: 0, all: 0 }
  for (let round = 0; round < KILLS || (seen.some === 0 && round < KILLS_MAX); round += 1) {
    const copy = join(sandbox.folder, `copy-${round}`)
    cpSync(world, copy, { recursive: true })
    // The note is synced before the first file is written, and each file before the next.
    await killPull(copy, (round % KILLS) * 4)
    const now = all.map((at) => readFileSync(join(copy, 'air', `s${at}.json`), 'utf8').replace(`S${at}@`, 'S1@'))
    expect(now.filter((text) => text !== texts.old && text !== texts.new)).toEqual([])
    const changed = now.filter((text) => text === texts.new).length
    seen[changed === 0 ? 'none' : changed === COUNT ? 'all' : 'some'] += 1
    // Nothing half is pushed.
    if (changed > 0 && changed < COUNT) expect(await ask(copy, 'push')).toMatchObject({ error: { code: 'sync.unfinished' } }) // prettier-ignore
    expect(await ask(copy, 'pull')).toMatchObject({ ok: true })
    expect(await ask(copy, 'push', '--dry-run')).toMatchObject({ data: { outcome: 'unchanged' } })
    expect(readdirSync(join(copy, 'air')).length).toBe(COUNT + 1)
    rmSync(copy, { recursive: true })
  }
  expect(seen.some).toBeGreaterThan(0)
})

/** So long after the note of what is to be written is there. */
async function killPull(world: string, afterMs: number): Promise<void> {
  const command = join(CHECKOUT, 'cli', 'bin', 'aos.mjs')
  const child = spawn(process.execPath, [command, 'pull', '--world', world], {
    env: { ...process.env, AOS_KEY_DIR: sandbox.keys },
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const hidden = join(world, '.aos')
  for (let waited = 0; waited < 20_000; waited += 1) {
    if (child.exitCode !== null || readdirSync(hidden).includes('pull.json')) break
    await sleep(1)
  }
  await sleep(afterMs)
  child.kill('SIGKILL')
  await ended
}

test.each(['plan-http', 'cells', 'agent', 'workspace'])('the template %s', { timeout: 120_000 }, async (template) => {
  const world = join(sandbox.folder, template)
  await sandbox.run(['init', world, '--template', template])
  const source = readFileSync(join(world, 'world.air.ts'), 'utf8')
  expect(await ask(world, 'push')).toMatchObject({ ok: true })
  await buildOfEmitted(world)
  const unchanged = { outcome: 'unchanged', changes: [], kept: [], modules: [], files: [] }
  expect(await ask(world, 'pull')).toMatchObject({ data: unchanged })
  const node = { $kind: 'defschema', name: 'demo/Extra@1', type: { record: { note: 'text' } } }
  await apply(world, { patches: [{ add_def: { kind: 'defschema', node } }] })
  expect(await ask(world, 'pull')).toMatchObject({
    exit: 1,
    error: { code: 'sync.world_file', details: { paths: ['defschema demo/Extra@1'] } },
  })
  expect(readFileSync(join(world, 'world.air.ts'), 'utf8')).toBe(source)
  // A folder in which there is nothing gets all of it, as JSON and as bytes.
  for (const name of ['world.air.ts', 'aos.sync.json', 'reducers', '.aos/definitions.json']) {
    rmSync(join(world, name), { recursive: true })
  }
  expect(await ask(world, 'pull', '--modules')).toMatchObject({ data: { outcome: 'pulled', modules: [{ state: 'taken' }] } }) // prettier-ignore
  expect(await ask(world, 'push', '--dry-run')).toMatchObject({ data: { outcome: 'unchanged' } })
  expect(await ask(world, 'air', 'check')).toMatchObject({ exit: 0 })
})

/** The JSON that the world file makes gives the same modules, built anew. */
async function buildOfEmitted(world: string): Promise<void> {
  expect(await ask(world, 'air', 'emit', world)).toMatchObject({ exit: 0 })
  renameSync(join(world, 'world.air.ts'), join(world, 'hidden.txt'))
  rmSync(join(world, '.aos/cache'), { recursive: true })
  expect(await ask(world, 'push', '--dry-run')).toMatchObject({ exit: 0, data: { outcome: 'unchanged', changes: [] } })
  renameSync(join(world, 'hidden.txt'), join(world, 'world.air.ts'))
  rmSync(join(world, 'air'), { recursive: true })
}
