/** Definitions that changed in the folder, in the world, or in both. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '@aos/air'
import { toHex } from '@aos/cbor'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Assembly, HostWorld } from '../src/index.ts'
import {
  answerProposal,
  applyProposal,
  assembleFolder,
  guardPush,
  localSigningWorld,
  prepareFolder,
  preparePatch,
  prepareRevert,
  proposeChange,
  readKey,
  shadowProposal,
} from '../src/index.ts'
import { makePullWorld, manifestOf } from './_pull-world.ts'
import type { PullWorld, Written } from './_pull-world.ts'

const EVENT = 'test/Event@1'
const REDUCER = 'test/Last@1'

const schema = (name: string, type: unknown = { record: { n: 'nat' } }): Written => ({ $kind: 'defschema', name, type })

const SCHEMAS = `[
  { "$kind": "defschema", "name": "${EVENT}",
      "$comment": "as the author likes it",
    "type": {"record": {"n": {"nat": {}}}} },

  { "$kind": "defschema", "name": "test/State@1", "type": { "record": { "n": "nat" } } }
]
`
const MODULES = `[
  {
    "$kind": "defmodule",
    "name": "${REDUCER}",
    "module_kind": "reducer",
    "abi": { "reducer": { "state": "test/State@1", "event": "${EVENT}", "effects_emitted": [] } }
  }
]
`
const MANIFEST = `{
    "$kind": "manifest",
    "air_version": "1",
    "schemas": [ "${EVENT}", "test/State@1" ],
    "modules": [ {"name": "${REDUCER}"} ],
    "routing": { "events": [ {"event": "${EVENT}", "reducer": "${REDUCER}"} ] }
}
`
const SYNC = `{ "version": 1, "x-note": "kept",
  "modules": { "${REDUCER}": { "source": "reducers/last", "unreached": [] } }
}
`
const FILES = {
  'air/schemas.air.json': SCHEMAS,
  'air/modules.air.json': MODULES,
  'air/manifest.air.json': MANIFEST,
  'aos.json': '{"version":1}',
  'aos.sync.json': SYNC,
  'reducers/last/index.ts': 'one',
}

let world: PullWorld

beforeEach(async () => {
  world = await makePullWorld(FILES)
  await world.push()
})

afterEach(async () => {
  await world.close()
})

/** What somebody else brings into the world: another schema, listed. */
function addSchema(name: string): (definitions: Written[]) => void {
  return (definitions) => {
    definitions.push(schema(name))
    ;(manifestOf(definitions)['schemas'] as string[]).push(name)
  }
}

function change(name: string, type: unknown): (definitions: Written[]) => void {
  return (definitions) => {
    const found = definitions.find((each) => each.name === name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    found['type'] = type
  }
}

const refused = (code: string, ...paths: readonly string[]): unknown =>
  expect.objectContaining({ code, ...(paths.length === 0 ? {} : { details: expect.objectContaining({ paths }) as unknown }) }) // prettier-ignore

test('a change from elsewhere is written where the definition stands; nothing else moves', async () => {
  const types = { record: { n: 'nat', more: { option: 'text' } } }
  const { manifest } = await world.changeElsewhere((definitions) => {
    change(EVENT, types)(definitions)
    addSchema('test/New@1')(definitions)
  })
  await expect(world.push()).rejects.toEqual(refused('sync.conflict', 'defschema test/Event@1', 'defschema test/New@1'))
  const report = await world.pull()
  expect(report.changes).toEqual([
    { change: 'change', kind: 'schema', name: EVENT, file: 'air/schemas.air.json' },
    { change: 'add', kind: 'schema', name: 'test/New@1', file: 'air/schemas.air.json' },
  ])
  expect(world.look()).toEqual({
    ...FILES,
    'air/schemas.air.json': SCHEMAS.replace('{"nat": {}}}}', '{"nat": {}}, "more": { "option": "text" }}}').replace(
      '} }\n]',
      '} },\n  {\n    "$kind": "defschema",\n    "name": "test/New@1",\n    "type": { "record": { "n": "nat" } }\n  }\n]',
    ),
    'air/manifest.air.json': MANIFEST.replace('"test/State@1" ]', '"test/State@1", "test/New@1" ]'),
  })
  expect(await world.push()).toMatchObject({ outcome: 'unchanged', manifest })
})

test('changes of both sides come together when they are about other things', async () => {
  await world.changeElsewhere(addSchema('test/Theirs@1'))
  world.write('air/mine.air.json', JSON.stringify(schema('test/Mine@1')))
  world.write('air/manifest.air.json', MANIFEST.replace('"test/State@1" ]', '"test/Mine@1", "test/State@1" ]'))
  await expect(world.push()).rejects.toEqual(refused('sync.conflict', 'defschema test/Theirs@1'))
  const report = await world.pull()
  expect(report.changes).toMatchObject([{ change: 'add', name: 'test/Theirs@1' }])
  expect(report.kept).toEqual([{ change: 'add', kind: 'schema', name: 'test/Mine@1', file: 'air/mine.air.json' }])
  expect(world.look()['air/manifest.air.json']).toContain(
    '[ "test/Event@1", "test/Mine@1", "test/State@1", "test/Theirs@1" ]',
  )
  expect(await world.push()).toMatchObject({ outcome: 'pushed', changes: [{ change: 'add', name: 'test/Mine@1' }] })
  expect(await world.pull()).toMatchObject({ outcome: 'unchanged', kept: [] })
})

test('what both sides changed is a conflict, and nothing is written', async () => {
  await world.changeElsewhere((definitions) => {
    change('test/State@1', { record: { n: 'nat', theirs: { option: 'nat' } } })(definitions)
    addSchema('test/New@1')(definitions)
  })
  world.write('air/schemas.air.json', SCHEMAS.replace('"n": "nat" }', '"n": "nat", "mine": { "option": "nat" } }'))
  const before = world.look()
  for (const dryRun of [true, false]) {
    await expect(world.pull({ dryRun })).rejects.toEqual(refused('sync.conflict', 'defschema test/State@1'))
    await expect(world.push({ dryRun })).rejects.toEqual(
      refused('sync.conflict', 'defschema test/State@1', 'defschema test/New@1'),
    )
  }
  expect(world.look()).toEqual(before)
  await world.pull({ overwrite: true })
  expect(world.look()['air/schemas.air.json']).toContain('"theirs"')
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
})

test('a push that overwrites takes back what others changed, and says so', async () => {
  await world.changeElsewhere(addSchema('test/New@1'))
  expect(await world.push({ overwrite: true })).toMatchObject({
    outcome: 'pushed',
    changes: [{ change: 'remove', kind: 'schema', name: 'test/New@1' }],
  })
  expect(await world.pull()).toMatchObject({ outcome: 'unchanged', kept: [] })
})

test('what is gone from the world goes from the folder, and a file with its last definition', async () => {
  world.write('air/more.air.json', `[\n${JSON.stringify(schema('test/More@1'))}\n]`)
  world.write('air/manifest.air.json', MANIFEST.replace('"test/State@1" ]', '"test/State@1", "test/More@1" ]'))
  await world.push()
  await world.changeElsewhere((definitions) => {
    manifestOf(definitions)['schemas'] = [EVENT, 'test/State@1']
    definitions.splice(definitions.findIndex(({ name }) => name === 'test/More@1'), 1) // prettier-ignore
  })
  expect(await world.pull()).toMatchObject({
    changes: [{ change: 'remove', kind: 'schema', name: 'test/More@1', file: 'air/more.air.json' }],
    files: [
      { change: 'change', file: 'air/manifest.air.json' },
      { change: 'remove', file: 'air/more.air.json' },
    ],
  })
  expect(world.look()).toEqual(FILES)
})

test('without notes a push goes as it is, what differs is a conflict for a pull, and what only the folder has stays', async () => {
  const notes = join(world.folder.hidden, 'definitions.json')
  await world.changeElsewhere(change('test/State@1', { record: { n: 'nat', m: { option: 'nat' } } }))
  rmSync(notes)
  await expect(world.pull()).rejects.toEqual(refused('sync.conflict', 'defschema test/State@1'))
  expect(await world.push()).toMatchObject({ outcome: 'pushed' })
  rmSync(notes)
  world.write('air/mine.air.json', JSON.stringify(schema('test/Mine@1')))
  world.write('air/manifest.air.json', MANIFEST.replace('"test/State@1" ]', '"test/State@1", "test/Mine@1" ]'))
  const before = world.look()
  expect(await world.pull()).toMatchObject({ outcome: 'unchanged', kept: [{ change: 'add', name: 'test/Mine@1' }] })
  expect(world.look()).toEqual(before)
  for (const text of ['{', '[]', '{"version":2}', '{"version":1,"world":"x"}']) {
    writeFileSync(notes, text)
    await expect(world.pull()).rejects.toEqual(refused('sync.bad_state'))
    await expect(world.push()).rejects.toEqual(refused('sync.bad_state'))
  }
})

test('an empty folder gets all of it, and pushes the same', async () => {
  const { manifest } = await world.push()
  for (const name of ['air', 'reducers', 'aos.sync.json', 'aos.json', '.aos/definitions.json']) {
    rmSync(join(world.root, name), { recursive: true })
  }
  expect(await world.pull()).toMatchObject({ modules: [{ name: REDUCER, state: 'stored' }] })
  expect(Object.keys(world.look())).toEqual(['air/manifest.air.json', 'air/modules.air.json', 'air/schemas.air.json'])
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged', manifest })
  // One that was emptied gets it back, and so does one that lost its manifest.
  const full = world.look()
  for (const lost of ['air', 'air/manifest.air.json']) {
    rmSync(join(world.root, lost), { recursive: true })
    expect(await world.pull()).toMatchObject({ kept: [] })
    expect(world.look()).toEqual(full)
  }
  rmSync(join(world.root, 'air'), { recursive: true })
  rmSync(join(world.root, '.aos/definitions.json'))
  const report = await world.pull({ modules: true })
  const [taken] = report.modules
  expect(taken).toMatchObject({ name: REDUCER, state: 'taken' })
  expect(Object.keys(world.look())).toContain(taken?.file)
  expect(world.look()['air/modules.air.json']).not.toContain('wasm_hash')
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged', manifest })
})

test('bytes of modules that changed elsewhere come as files when that is asked for', async () => {
  world.write('reducers/last/index.ts', 'theirs')
  const theirs = await world.changeElsewhere(() => undefined)
  world.write('reducers/last/index.ts', 'one')
  const before = world.look()
  expect(await world.pull()).toMatchObject({ outcome: 'unchanged', modules: [{ state: 'differs', source: 'reducers/last' }] }) // prettier-ignore
  await expect(world.push()).rejects.toEqual(refused('sync.conflict', `wasm ${REDUCER}`))
  expect(world.look()).toEqual(before)
  world.write('reducers/last/index.ts', 'mine')
  await expect(world.pull({ modules: true })).rejects.toEqual(refused('sync.conflict', `wasm ${REDUCER}`))
  world.write('reducers/last/index.ts', 'one')
  const { modules } = await world.pull({ modules: true })
  expect(modules).toMatchObject([{ state: 'taken' }])
  expect(world.look()['aos.sync.json']).toBe(
    SYNC.replace('"source": "reducers/last", "unreached": []', `"source": "${modules[0]?.file ?? ''}"`),
  )
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged', manifest: theirs.manifest })
})

test('a module that is gone goes from aos.sync.json, and one that cannot be built is told', async () => {
  await world.changeElsewhere((definitions) => {
    const manifest = manifestOf(definitions)
    manifest['modules'] = []
    manifest['routing'] = { events: [] }
    definitions.splice(definitions.findIndex(({ name }) => name === REDUCER), 1) // prettier-ignore
    rmSync(join(world.root, '../elsewhere/aos.sync.json'))
  })
  expect(await world.pull()).toMatchObject({
    changes: [{ change: 'remove', kind: 'module' }, { change: 'remove', kind: 'manifest', name: `events ${EVENT} -> ${REDUCER}` }], // prettier-ignore
  })
  expect(JSON.parse(world.look()['aos.sync.json'] ?? '')).toEqual({ version: 1, 'x-note': 'kept', modules: {} })
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
})

test('a world file is compared and never written', async () => {
  const definitions = Object.entries(FILES).flatMap(([file, text]) =>
    file.startsWith('air/') ? ([JSON.parse(text)] as unknown[]).flat() : [],
  )
  rmSync(join(world.root, 'air'), { recursive: true })
  world.write('world.air.ts', JSON.stringify(definitions))
  expect(await world.pull()).toMatchObject({ outcome: 'unchanged', kept: [] })
  await world.changeElsewhereOf(definitions as Written[], addSchema('test/New@1'))
  const before = world.look()
  await expect(world.pull()).rejects.toEqual(refused('sync.world_file', 'defschema test/New@1'))
  await expect(world.push()).rejects.toEqual(refused('sync.conflict', 'defschema test/New@1'))
  expect(world.look()).toEqual(before)
})

test('what a folder proposed was agreed when it was in force', async () => {
  const key = readKey(world.host.keyFolder, undefined)
  const named = (manifest: string, type: string): void => {
    const approvers = `"approvers": [{ "name": "ann", "key": "${toHex(key.publicKey)}" }],`
    world.write('air/manifest.air.json', manifest.replace('"modules"', `${approvers}\n    "modules"`))
    world.write('air/schemas.air.json', SCHEMAS.replace('"n": "nat" }', `"n": "nat", "${type}": { "option": "nat" } }`))
  }
  named(MANIFEST, 'a')
  await world.push()
  named(MANIFEST, 'b')
  const { proposal: number = 0 } = await world.push()
  expect(number).toBe(1)
  // The folder goes on while it waits, and after it came into force.
  named(MANIFEST, 'c')
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'dry_run' })
  const signing = localSigningWorld(world.host)
  await putInForce(world.host, number)
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'dry_run' })
  // Somebody else's change on top of it is the only one that a push would take back.
  named(MANIFEST, 'b')
  const { proposal: other = 0 } = await world.changeElsewhere(addSchema('test/New@1'))
  named(MANIFEST, 'c')
  await putInForce(world.host, other)
  await expect(world.push({ dryRun: true })).rejects.toEqual(refused('sync.conflict', 'defschema test/New@1'))
  expect(await world.pull()).toMatchObject({ kept: [{ change: 'change', name: 'test/State@1' }] })
  world.write('air/schemas.air.json', (world.look()['air/schemas.air.json'] ?? '').replace('"c": ', '"b": '))
  expect(await world.push()).toMatchObject({ outcome: 'unchanged' })
  // Taken back by somebody else: that is a change of the world.
  const revert = await proposeChange(signing, await prepareRevert(signing, number), { key, reverts: number })
  await putInForce(world.host, revert.number)
  await expect(world.push()).rejects.toEqual(refused('sync.conflict', 'defschema test/State@1', 'defschema test/New@1'))
  await world.pull()
  expect(world.look()['air/schemas.air.json']).toContain('"a": ')
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged' })
})

/** Shown, approved by the owner, applied. */
async function putInForce(host: HostWorld, number: number): Promise<void> {
  const key = readKey(host.keyFolder, undefined)
  const signing = localSigningWorld(host)
  await shadowProposal(host, { proposal: number })
  const answer = { decision: 'approve', goodForNs: 3_600_000_000_000n, reason: undefined, report: undefined } as const
  await answerProposal(signing, { number, ...answer, key })
  await applyProposal(signing, { number, key })
}

test('a proposal of the folder takes nothing back, and is for what it was compared with', async () => {
  const signing = localSigningWorld(world.host)
  const { builder } = world
  const key = readKey(world.host.keyFolder, undefined)
  const assembleIt = (): Promise<Assembly> =>
    assembleFolder(signing, { builder, forceBuild: false, onProgress: () => undefined })
  const guard = async (overwrite: boolean): Promise<unknown> => {
    const [facts, assembly] = [await signing.facts(), await assembleIt()]
    return guardPush(signing, { facts, assembly, overwrite, by: 'proposal' })
  }
  await world.changeElsewhere(addSchema('test/New@1'))
  await expect(guard(false)).rejects.toEqual(refused('sync.conflict', 'defschema test/New@1'))
  expect(await guard(true)).toBeDefined()
  await world.pull()
  expect(await guard(false)).toBeDefined()
  // Somebody is faster than the person who signs.
  world.write(
    'air/schemas.air.json',
    (world.look()['air/schemas.air.json'] ?? '').replace('"n": "nat" }', '"n": "nat", "b": { "option": "nat" } }'),
  )
  const prepared = await prepareFolder(signing, { assembly: await assembleIt(), facts: await signing.facts() })
  await world.changeElsewhere(addSchema('test/Other@1'))
  expect(prepared.patch.operations).not.toEqual([])
  await expect(proposeChange(signing, prepared, { key })).rejects.toMatchObject({ code: 'kernel.stale_base' })
})

test('a migration that does not take the old states is refused before it is proposed', async () => {
  const signing = localSigningWorld(world.host)
  const patchOf = (input: string): object => ({
    patches: [
      { replace_def: { kind: 'defschema', name: 'test/State@1', new_node: schema('test/State@1', { record: { n: 'nat', m: 'nat' } }) } }, // prettier-ignore
      { add_def: { kind: 'defschema', node: schema('test/Before@1', { record: { n: 'nat' } }) } },
      { add_def: { kind: 'defmodule', node: { $kind: 'defmodule', name: 'test/lead_on@1', module_kind: 'pure', wasm_hash: `sha256:${'0'.repeat(63)}1`, abi: { pure: { input, output: 'test/State@1' } } } } }, // prettier-ignore
      { set_migrations: { migrations: [{ reducer: REDUCER, module: 'test/lead_on@1' }] } },
    ],
  })
  const prepared = (input: string): Promise<unknown> => preparePatch(signing, parseJson(JSON.stringify(patchOf(input))))
  await expect(prepared('test/State@1')).rejects.toMatchObject({
    code: 'host.bad_migration',
    path: ['migrations', 0],
    details: { migrations: [{ name: REDUCER, module: 'test/lead_on@1', input: 'test/State@1' }] },
  })
  expect(await prepared('test/Before@1')).toBeDefined()
})

test('nothing is written outside of the folder, or through a link', async () => {
  await world.changeElsewhere(addSchema('test/New@1'))
  const outside = join(world.root, '../outside')
  mkdirSync(outside)
  rmSync(join(world.root, 'air/manifest.air.json'))
  writeFileSync(join(outside, 'manifest.air.json'), MANIFEST)
  symlinkSync(outside, join(world.root, 'air/linked'))
  const put = (dir: string): void => {
    world.write('aos.sync.json', SYNC.replace('"version": 1,', `"version": 1, "air": { "dir": "${dir}" },`))
  }
  put('../outside')
  await expect(world.pull({ overwrite: true })).rejects.toEqual(refused('sync.leaves_folder'))
  put('air/linked')
  await expect(world.pull({ overwrite: true })).rejects.toEqual(refused('sync.not_a_file'))
})

test('a pull that is broken off is finished by the next one', async () => {
  const { manifest } = await world.changeElsewhere(addSchema('test/New@1'))
  rmSync(join(world.root, 'air/manifest.air.json'))
  world.write('air/z/manifest.air.json', MANIFEST)
  const inTheWay = join(world.root, 'air/z', '.aos-pull.tmp')
  mkdirSync(inTheWay)
  await expect(world.pull()).rejects.toEqual(refused('host.file'))
  expect(world.look()['air/schemas.air.json']).toContain('test/New@1')
  expect(world.look()['air/z/manifest.air.json']).not.toContain('test/New@1')
  await expect(world.push()).rejects.toEqual(refused('sync.unfinished'))
  await expect(world.pull({ dryRun: true })).rejects.toEqual(refused('sync.unfinished'))
  expect(await world.pull()).toMatchObject({ outcome: 'unchanged', kept: [] })
  expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged', manifest })
})
