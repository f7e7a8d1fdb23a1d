import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'

let sandbox: Sandbox
let world = ''
let count = 0

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

beforeEach(() => {
  count += 1
  world = join(sandbox.folder, `w${count}`)
  mkdirSync(world)
  writeFileSync(join(world, 'aos.json'), '{"version":1}')
})

function write(text: string, name = 'world.air.ts'): void {
  writeFileSync(join(world, name), text)
}

function ask(...args: readonly string[]): Promise<Document> {
  return sandbox.ask(args, { cwd: world })
}

const EMITTED = 'air/world.air.json'
const SMALL = `import { nat, schema, world } from '@aos/author'

const A = schema('demo/A@1', nat)
export default world({ schemas: [A] })
`

test('a world file is emitted, and checked against what was emitted', async () => {
  write(SMALL)
  expect(await ask('air', 'emit', '--check')).toMatchObject({ exit: 1, ok: true, data: { changed: true } })
  expect(readdirSync(world)).toEqual(['aos.json', 'world.air.ts'])
  expect(await ask('air', 'emit')).toMatchObject({ exit: 0, data: { file: EMITTED, changed: true, definitions: 2 } })
  expect(await ask('air', 'emit', '--check')).toMatchObject({ exit: 0, data: { changed: false } })
  write(SMALL.replace('nat)', 'int)').replace('nat,', 'int,'))
  expect(await ask('air', 'emit', '--check')).toMatchObject({ exit: 1, data: { changed: true } })
  expect(await ask('air', 'check')).toMatchObject({
    exit: 1,
    error: { code: 'host.air_differs', message: expect.stringContaining('defschema demo/A@1') },
  })
})

test('types for clients are made of a world file as well', async () => {
  write(SMALL)
  expect(await ask('gen', 'types', '.')).toMatchObject({
    exit: 0,
    data: {
      text: expect.stringContaining(
        '/** `demo/A@1` */\nexport type A = number\n\nexport type AInput = number | string\n',
      ),
    },
  })
})

test('an issue has the line of the builder that made what is wrong', async () => {
  write(`import { nat, plan, record, schema, trigger, world } from '@aos/author'

const A = schema('demo/A@1', record({ n: nat }))
const p = plan('demo/p@1', { input: A }, ({ input, assign, raise, end }) => {
  const first = assign('first', A, { n: input.n })
  raise('second', A, first.value, { after: [] })
  end('third')
})
const bad = schema('Demo/B', nat)
export default world({
  triggers: [trigger(A, p)],
  schemas: [bad],
})
`)
  expect((await ask('air', 'check')).data).toMatchObject({
    ok: false,
    issues: [{ file: 'world.air.ts', line: 9, column: 13, code: 'air.bad_name' }, { code: 'air.bad_name' }],
  })
  write(readFileSync(join(world, 'world.air.ts'), 'utf8').replace("'Demo/B'", "'demo/B@1'"))
  const reply = await ask('air', 'check')
  expect(reply.data).toMatchObject({
    ok: false,
    issues: [{ file: 'world.air.ts', line: 6, column: 3, code: 'expr.bad_reference', path: '$[2].steps[1].value' }],
  })
  const human = await sandbox.run(['air', 'check'], { cwd: world })
  expect(human.stdout).toMatch(/^issue {3}world\.air\.ts:6:3: \$\[2\]\.steps\[1\]\.value: /)
  for (const args of [
    ['air', 'emit'],
    ['push', '--dry-run'],
  ]) {
    expect(await ask(...args)).toMatchObject({
      exit: 1,
      error: { code: 'host.invalid_air', message: expect.stringContaining('world.air.ts:6:3: ') },
    })
  }
  expect(existsSync(join(world, 'air'))).toBe(false)
})
