/** Where a pull writes what, and when it does not. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeDefinition } from '@aos/air'
import { hashText } from '@aos/cbor'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeSha256 } from '../src/index.ts'
import { replaceFiles } from '../src/pull/write-files.ts'
import type { FileChange } from '../src/pull/write-files.ts'
import { makePullWorld, manifestOf } from './_pull-world.ts'
import type { PullWorld, Written } from './_pull-world.ts'

const schema = (name: string, type: unknown = 'nat'): Written => ({ $kind: 'defschema', name, type })
const plan = (name: string, input: string, value: unknown): Written => ({
  $kind: 'defplan',
  name,
  input,
  steps: [
    { id: 'tell', op: 'raise_event', event: 'demo/Told@1', value },
    { id: 'done', op: 'end' },
  ],
  edges: [{ from: 'tell', to: 'done' }],
})
const MANIFEST = `{ "$kind": "manifest", "air_version": "1",
  "schemas": ["demo/Told@1"], "modules": [], "plans": ["demo/tell@1"] }
`
const FILES = {
  'air/a/told.json': JSON.stringify(schema('demo/Told@1', { record: { n: 'nat' } })),
  'air/a/tell.json': JSON.stringify(plan('demo/tell@1', 'demo/Told@1', { n: 1 }), undefined, 1),
  'air/manifest.json': MANIFEST,
}

let world: PullWorld

beforeEach(async () => {
  world = await makePullWorld(FILES)
  await world.push()
})

afterEach(async () => {
  await world.close()
})

const add =
  (...added: readonly Written[]) =>
  (definitions: Written[]): void => {
    definitions.push(...added)
    const manifest = manifestOf(definitions)
    for (const { $kind, name } of added) {
      const section = `${$kind.slice('def'.length)}s`
      manifest[section] = [...((manifest[section] ?? []) as unknown[]), name]
    }
  }

const code = (expected: string): unknown => expect.objectContaining({ code: expected })

test('what is new goes to a file of its kind, beside files of one definition', async () => {
  const secret = { $kind: 'defsecret', name: 'key@1', binding_id: 'env:KEY' }
  await world.changeElsewhere(add(schema('demo/A@1'), schema('demo/B@1'), secret))
  world.write('air/schemas.air.json', JSON.stringify(schema('demo/Unlisted@1')))
  world.write('air/secrets.air.json', '[ ]\r\n')
  const { changes } = await world.pull()
  expect(changes.map(({ name, file }) => [name, file])).toEqual([
    ['demo/A@1', 'air/schemas-2.air.json'],
    ['demo/B@1', 'air/schemas-2.air.json'],
    ['key@1', 'air/secrets.air.json'],
  ])
  const after = world.look()
  expect(after).toMatchObject({ 'air/a/told.json': FILES['air/a/told.json'], 'air/a/tell.json': FILES['air/a/tell.json'] }) // prettier-ignore
  expect(after['air/secrets.air.json']).toBe(
    '[\r\n  { "$kind": "defsecret", "name": "key@1", "binding_id": "env:KEY" }\r\n]\r\n',
  )
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
})

test('a value that is written in its short form is written anew, and the rest of its plan is not', async () => {
  await world.changeElsewhere((definitions) => {
    const found = definitions.find(({ name }) => name === 'demo/tell@1')
    Object.assign(found ?? {}, plan('demo/tell@1', 'demo/Told@1', { n: 2 }))
  })
  await world.pull()
  const [before, after] = [FILES['air/a/tell.json'], world.look()['air/a/tell.json'] ?? '']
  const [head = '', tail = ''] = before.split('"value": {\n    "n": 1\n   }')
  expect(after.startsWith(head)).toBe(true)
  expect(after.endsWith(tail)).toBe(true)
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
})

test('what the folder keeps has to be readable with what the world changed', async () => {
  await world.changeElsewhere((definitions) => {
    for (const each of definitions) {
      if (each.name === 'demo/Told@1') each['type'] = { record: { text: 'text' } }
      if (each.name === 'demo/tell@1') Object.assign(each, plan('demo/tell@1', 'demo/Told@1', { text: 'x' }))
    }
  })
  const mine = plan('demo/mine@1', 'demo/Told@1', { n: 3 })
  world.write('air/mine.json', JSON.stringify(mine))
  world.write('air/manifest.json', MANIFEST.replace('"demo/tell@1"', '"demo/tell@1", "demo/mine@1"'))
  const before = world.look()
  await expect(world.pull()).rejects.toEqual(code('sync.conflict'))
  expect(world.look()).toEqual(before)
  await world.pull({ overwrite: true })
  expect(world.look()['air/mine.json']).toBeUndefined()
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
})

test('hashes that a manifest names are those of what is listed then', async () => {
  const { manifest } = await world.pull()
  const node = world.host.store.content.get(manifest) ?? new Uint8Array(0)
  const inForce = decodeDefinition(node)
  const told = inForce.kind === 'manifest' ? (inForce.schemas[0]?.hash ?? '') : ''
  world.write('air/manifest.json', MANIFEST.replace('"demo/Told@1"', `{ "name": "demo/Told@1", "hash": "${told}" }`))
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
  await world.changeElsewhere((definitions) => {
    manifestOf(definitions)['schemas'] = ['demo/Told@1']
    for (const each of definitions) {
      if (each.name === 'demo/Told@1') each['type'] = { record: { n: 'nat', m: { option: 'nat' } } }
    }
  })
  await world.pull()
  expect(world.look()['air/manifest.json']).not.toContain(told)
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
})

test('a new entry stands where the folder has it; another order is somebody’s change', async () => {
  await world.changeElsewhere(add(schema('demo/A@1'), schema('demo/B@1')))
  await world.pull()
  // Both have the same new schema, at other places.
  await world.changeElsewhere(add(schema('demo/C@1')))
  world.write('air/c.json', JSON.stringify(schema('demo/C@1')))
  const manifest = world.look()['air/manifest.json'] ?? ''
  world.write('air/manifest.json', manifest.replace('["demo/Told@1"', '["demo/C@1", "demo/Told@1"'))
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'dry_run', changes: [] })
  expect(await world.pull()).toMatchObject({ outcome: 'unchanged', kept: [{ kind: 'manifest', name: 'schemas order' }] }) // prettier-ignore
  expect(await world.push()).toMatchObject({ outcome: 'pushed' })
  await world.changeElsewhere((definitions) => {
    ;(manifestOf(definitions)['schemas'] as unknown[]).reverse()
  })
  await expect(world.push({ dryRun: true })).rejects.toEqual(code('sync.conflict'))
  const { changes } = await world.pull()
  expect(changes).toMatchObject([{ change: 'change', kind: 'manifest', name: 'schemas order' }])
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
})

test('notes of another world do not count', async () => {
  const notes = join(world.folder.hidden, 'definitions.json')
  const text = readFileSync(notes, 'utf8')
  const foreign = text.replace(/"world":"sha256:./, (found) => found.slice(0, -1) + (found.endsWith('0') ? '1' : '0'))
  await world.changeElsewhere(add(schema('demo/A@1')))
  writeFileSync(notes, foreign)
  expect(await world.push()).toMatchObject({ outcome: 'pushed', changes: [{ change: 'remove', name: 'demo/A@1' }] })
})

test('no file is written when one of them is not as it was read', async () => {
  const root = world.root
  const hashOf = (file: string): FileChange['before'] => hashText(nodeSha256, readFileSync(join(root, file)))
  const before = world.look()
  const changes: readonly FileChange[] = [
    { file: 'air/a/told.json', before: hashOf('air/a/told.json'), after: { text: '1' } },
    { file: 'air/manifest.json', before: hashOf('air/a/tell.json'), after: { text: '2' } },
  ]
  const agreement = { world: world.host.id, items: undefined, pending: [] }
  const read = (): Promise<Uint8Array> => Promise.reject(new Error('nothing is read'))
  await expect(replaceFiles(world.folder, { files: changes, agreement }, read)).rejects.toEqual(code('sync.conflict'))
  expect(world.look()).toEqual(before)
  expect(existsSync(join(world.folder.hidden, 'pull.json'))).toBe(false)
  for (const file of ['../out', 'air/../../out', '.git/hooks/x', '.AOS/x', '/etc/x', 'air//x']) {
    const [change] = [{ file, before: undefined, after: { text: 'x' } }]
    const files = [change]
    await expect(replaceFiles(world.folder, { files, agreement }, read)).rejects.toEqual(code('sync.leaves_folder'))
  }
  rmSync(join(root, 'air/a'), { recursive: true })
  expect(await world.pull({ overwrite: true })).toMatchObject({ outcome: 'pulled' })
})
