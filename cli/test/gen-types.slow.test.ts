/** Types for clients, against what the command really prints and takes. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox
let world = ''

beforeAll(async () => {
  sandbox = makeSandbox()
  await sandbox.ask(['examples', '11-approval', '--keep', sandbox.folder])
  world = join(sandbox.folder, '11-approval')
}, 120_000)

afterAll(() => {
  sandbox.remove()
})

/** What the compiler says of a file beside the generated one. */
function compile(file: string): string {
  const tsc = join(CHECKOUT, 'node_modules/typescript/bin/tsc')
  const options = [
    '--ignoreConfig',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noEmit',
    '--target',
    'es2022',
    '--module',
    'esnext',
  ]
  const { stdout } = spawnSync(
    process.execPath,
    [tsc, ...options, '--moduleResolution', 'bundler', '--pretty', 'false', file],
    {
      cwd: world,
      encoding: 'utf8',
    },
  )
  return stdout
}

async function print(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { data } = await sandbox.ask(args, { cwd: world })
  return data as Readonly<Record<string, unknown>> // what each command prints is compared by the compiler
}

test('of what is in force, of the folder, through a daemon: one text', { timeout: 240_000 }, async () => {
  const { text } = await print('gen', 'types')
  expect(text).toContain('export interface InvoiceState {')
  expect(await print('gen', 'types', '.')).toEqual({ text })
  expect(await print('gen', 'types', 'air')).toEqual({ text })
  expect(await print('gen', 'types', '--out', 'client/world.ts')).toEqual({ file: 'client/world.ts' })
  expect(readFileSync(join(world, 'client/world.ts'), 'utf8')).toBe(text)
  await sandbox.ask(['run', '--detach'], { cwd: world })
  try {
    expect(await print('gen', 'types')).toEqual({ text })
    await print('gen', 'types', '--out', 'client/live.ts')
    expect(readFileSync(join(world, 'client/live.ts'), 'utf8')).toBe(text)
  } finally {
    await sandbox.ask(['stop'], { cwd: world })
  }
})

test('what is printed is of the types, and what is of the types is taken', { timeout: 240_000 }, async () => {
  const keys = ['A-17', 'A-18', 'A-19']
  const cells: Readonly<Record<string, unknown>>[] = []
  for (const key of keys) cells.push(await print('state', 'get', 'demo/Clerk@1', '--key', key))
  const { value: event } = await print('journal', 'show', '2')
  const input = {
    Invoice: { id: 'A-20', payee: 'Ink & Sons', amount_cents: '18446744073709551615', bank_url: 'http://bank.test' },
  }
  const lines = [
    "import type { Effects, Events, Plans, Reducers } from './world.js'",
    ...cells.flatMap(({ state, key }, index) => [
      `export const state${index}: Reducers['demo/Clerk@1']['state'] = ${JSON.stringify(state)}`,
      `export const key${index}: Reducers['demo/Clerk@1']['key'] = ${JSON.stringify(key)}`,
    ]),
    `export const event: Events['demo/ClerkEvent@1']['value'] = ${JSON.stringify(event)}`,
    `export const input: Events['demo/ClerkEvent@1']['input'] = ${JSON.stringify(input)}`,
    "export const start: Plans['demo/pay_plan@1']['input'] = { id: 'A-17', bank_url: 'http://bank.test' }",
    "export const method = (of: Effects['http.request']): string => of.params.method + of.receipt.status.toFixed()",
  ]
  writeFileSync(join(world, 'client/values.ts'), lines.join('\n'))
  expect(compile('client/values.ts')).toBe('')
  expect(
    await sandbox.ask(['event', 'send', 'demo/ClerkEvent@1', JSON.stringify(input)], { cwd: world }),
  ).toMatchObject({
    ok: true,
  })
  expect(await print('state', 'get', 'demo/Clerk@1', '--key', 'A-20')).toMatchObject({
    state: { phase: { Asked: null } },
  })

  const wrong = lines
    .join('\n')
    .replace('"phase":{"Paid":null}', '"phase":"Paid"')
    .replace('"Invoice":{"id"', '"Invoice":{"di"')
  writeFileSync(join(world, 'client/wrong.ts'), wrong)
  const said = compile('client/wrong.ts')
  expect(said).toMatch(
    /^client\/wrong\.ts\(2,\d+\): error TS2322: Type 'string' is not assignable to type 'InvoicePhase'/m,
  )
  expect(said).toMatch(/^client\/wrong\.ts\(8,\d+\): error TS2353: .* '"di"' does not exist in type 'Invoice'/m)
})

test('without a manifest, and without a world, there is nothing to make types of', async () => {
  const schemas = join(CHECKOUT, 'examples/00-counter/air/schemas.air.json')
  expect(await sandbox.ask(['gen', 'types', schemas])).toMatchObject({ exit: 1, error: { code: 'host.no_manifest' } })
  expect(await sandbox.ask(['gen', 'types'])).toMatchObject({ exit: 1, error: { code: 'host.no_world' } })
  await sandbox.ask(['init', join(sandbox.folder, 'new')])
  expect(await sandbox.ask(['gen', 'types'], { cwd: join(sandbox.folder, 'new') })).toMatchObject({
    exit: 1,
    error: { code: 'host.no_genesis', hint: expect.stringContaining('aos gen types .') },
  })
})
