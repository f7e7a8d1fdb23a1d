import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

function write(file: string, json: unknown): string {
  writeFileSync(join(sandbox.folder, file), JSON.stringify(json))
  return file
}

const schema = (type: unknown): unknown => ({ $kind: 'defschema', name: 'demo/State@1', type })

test('two files: text, lens and order are no difference; a change says whether old values stay values', async () => {
  const before = write('before.json', schema({ record: { n: 'nat', pc: { variant: { On: 'unit' } } } }))
  const tagged = write('tagged.json', [schema({ record: { pc: { variant: { On: { unit: {} } } }, n: { nat: {} } } })])
  expect(await sandbox.ask(['air', 'diff', before, tagged])).toMatchObject({
    exit: 0,
    data: { equal: true, definitions: [] },
  })
  const after = write(
    'after.json',
    schema({ record: { n: { option: 'nat' }, pc: { variant: { On: 'unit', Off: 'unit' } } } }),
  )
  const reply = await sandbox.ask(['air', 'diff', before, after])
  expect(reply).toMatchObject({ exit: 1, ok: true })
  expect(reply.data).toEqual({
    equal: false,
    definitions: [
      {
        kind: 'defschema',
        name: 'demo/State@1',
        change: 'changed',
        items: [
          { path: '$.type.record.n', change: 'option_added', before: 'nat', after: { option: 'nat' } },
          { path: '$.type.record.pc.variant.Off', change: 'arm_added', after: 'unit' },
        ],
        accepts_old: 'yes',
        accepted_by_old: 'no',
        accepted_by_old_reason: {
          code: 'air.type_mismatch',
          path: '$.n',
          message: expect.any(String),
          witness: { n: null, pc: { On: null } },
        },
      },
    ],
  })
  const human = await sandbox.run(['air', 'diff', before, after])
  expect(human.exit).toBe(1)
  expect(human.stdout).toContain(
    '~ defschema demo/State@1\n    $.type.record.n: option added "nat" → {"option":"nat"}\n',
  )
  expect(human.stdout).toContain('takes all old values: yes')
})

test('what is no AIR is the error of the other commands, and three paths are one too many', async () => {
  const good = write('good.json', schema('nat'))
  const bad = write('bad.json', schema('natural'))
  expect(await sandbox.ask(['air', 'diff', good, bad])).toMatchObject({
    exit: 1,
    error: { code: 'host.invalid_air', details: { issues: [{ code: 'air.bad_type' }] } },
  })
  expect(await sandbox.ask(['air', 'diff', good, 'nowhere.json'])).toMatchObject({
    exit: 1,
    error: { code: 'host.no_air' },
  })
  expect((await sandbox.run(['air', 'diff', good, good, good])).exit).toBe(2)
})

test('a world: what a push would change, what a path would, and two worlds', async () => {
  const world = join(sandbox.folder, 'w')
  cpSync(join(CHECKOUT, 'examples/00-counter'), world, { recursive: true })
  const inWorld = { cwd: world }
  const fresh = await sandbox.ask(['air', 'diff', 'air', '.'], inWorld)
  expect(fresh).toMatchObject({ exit: 1, error: { code: 'host.no_genesis' } })
  expect(existsSync(join(world, '.aos/world'))).toBe(false)

  expect(await sandbox.ask(['air', 'diff'], inWorld)).toMatchObject({ exit: 1, data: { equal: false } })
  await sandbox.ask(['push'], inWorld)
  expect(await sandbox.ask(['air', 'diff'], inWorld)).toMatchObject({ exit: 0, data: { equal: true } })
  expect(await sandbox.ask(['air', 'diff', '.', world], inWorld)).toMatchObject({ exit: 0, data: { equal: true } })
  // Nothing is built for a path: the hash of the module is not known there.
  const path = await sandbox.ask(['air', 'diff', 'air'], inWorld)
  expect(path.data).toMatchObject({
    definitions: [
      { kind: 'defmodule', name: 'demo/CounterSM@1', items: [{ path: '$.wasm_hash', change: 'removed' }] },
      {
        kind: 'manifest',
        name: 'manifest',
        items: [{ path: '$.modules["demo/CounterSM@1"].hash', change: 'changed' }],
      },
    ],
  })

  const file = join(world, 'air/schemas.air.json')
  const text = readFileSync(file, 'utf8')
  const changed = text.replace('"remaining": { "nat": {} }', '"remaining": { "int": {} }')
  expect(changed).not.toBe(text)
  writeFileSync(file, changed)
  const reply = await sandbox.ask(['air', 'diff', '.', 'air'], inWorld)
  expect(reply).toMatchObject({ exit: 1 })
  expect(reply.data).toMatchObject({
    definitions: [
      { kind: 'defschema', name: 'demo/CounterState@1', change: 'changed', accepts_old: 'no', accepted_by_old: 'no' },
      { kind: 'defmodule', change: 'changed' },
      { kind: 'manifest', change: 'changed' },
    ],
  })
}, 60_000)
