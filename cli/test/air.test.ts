import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatPath } from '@aos/cbor'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const VECTORS = join(CHECKOUT, 'spec/vectors/air/malformed')
const names = readdirSync(VECTORS).filter((name) => name.endsWith('.json'))

interface Vector {
  readonly json?: unknown
  readonly text?: string
  readonly issues: readonly { readonly code: string; readonly path: readonly (string | number)[] }[]
}

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

test('there are at least ten malformed fixtures', () => {
  expect(names.length).toBeGreaterThanOrEqual(10)
})

test.each(names)('air check lists every issue of %s with file, code and path', async (name) => {
  const vector = JSON.parse(readFileSync(join(VECTORS, name), 'utf8')) as Vector // the shape of these vectors
  writeFileSync(join(sandbox.folder, name), vector.text ?? JSON.stringify(vector.json))
  const reply = await sandbox.ask(['air', 'check', name])
  expect(reply).toMatchObject({ exit: 1, ok: true, data: { ok: false } })
  const { issues } = reply.data as { readonly issues: readonly { readonly code: string; readonly path: string }[] } // as asserted
  const found = issues.map(({ code, path }) => ({ file: name, code, path })).toSorted(byPath)
  expect(found).toEqual(
    vector.issues.map(({ code, path }) => ({ file: name, code, path: formatPath(path) })).toSorted(byPath),
  )
})

test('issues of several files are listed together, and a name defined twice is one of them', async () => {
  const folder = join(sandbox.folder, 'air')
  mkdirSync(folder)
  const schema = { $kind: 'defschema', name: 'demo/A@1', type: { nat: {} } }
  writeFileSync(join(folder, 'a.json'), JSON.stringify(schema))
  writeFileSync(join(folder, 'b.json'), JSON.stringify([schema]))
  writeFileSync(join(folder, 'c.json'), '{"$kind":"defschema",}')
  const reply = await sandbox.ask(['air', 'check', 'air'])
  expect(reply).toMatchObject({
    exit: 1,
    data: {
      ok: false,
      issues: [
        { file: 'air/c.json', code: 'air.bad_json' },
        { file: 'air/b.json', code: 'air.duplicate_name', path: '$[0]' },
      ],
    },
  })
  const human = await sandbox.run(['air', 'check', 'air'])
  expect(human.stdout).toContain('air/b.json: $[0]:')
  expect(human.exit).toBe(1)
})

test('hash and fmt: both lenses have one hash', async () => {
  const point = { $kind: 'defschema', name: 'com.acme/Point@1', type: { record: { x: { int: {} }, y: { int: {} } } } }
  writeFileSync(join(sandbox.folder, 'point.json'), JSON.stringify(point))
  const hash = 'sha256:9b74eadb8810612f1becfbf9b4502cccb0ef290b90e3e912b316fc279e779add'
  expect((await sandbox.ask(['air', 'hash', 'point.json'])).data).toEqual([
    { kind: 'defschema', name: 'com.acme/Point@1', hash },
  ])
  for (const lens of ['sugar', 'tagged']) {
    const printed = await sandbox.run(['air', 'fmt', 'point.json', '--lens', lens])
    writeFileSync(join(sandbox.folder, `${lens}.json`), printed.stdout)
    expect((await sandbox.ask(['air', 'hash', `${lens}.json`])).data).toMatchObject([{ hash }])
  }
})

function byPath(
  left: { readonly path: string; readonly code: string },
  right: { readonly path: string; readonly code: string },
): number {
  const [first, second] = [`${left.path} ${left.code}`, `${right.path} ${right.code}`]
  return first < second ? -1 : first > second ? 1 : 0
}
