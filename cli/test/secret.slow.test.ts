import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Ran, RunOptions, Sandbox } from './_command.ts'
import { findIn, findSecrets, startEchoServer, writeSecretWorld } from './_secret-world.ts'
import type { EchoServer } from './_secret-world.ts'

const FIRST = 'sk-first/+"value" 0001'
const SECOND = 'sk-second/+"value" 0002'
const THIRD = 'sk-third/+"value" 0003'
const SECRETS = [FIRST, SECOND, THIRD]

let sandbox: Sandbox
let server: EchoServer
let world: string
/** Everything that any command said. */
const said: Buffer[] = []

beforeAll(async () => {
  sandbox = makeSandbox()
  await sandbox.ask(['init', join(sandbox.folder, 'first')])
  server = await startEchoServer()
  world = join(sandbox.folder, 'world')
  writeSecretWorld(world, server.port)
})

afterAll(async () => {
  await server.close()
  sandbox.remove()
})

async function run(args: readonly string[], options?: RunOptions): Promise<Ran> {
  const ran = await sandbox.run([...args, '--world', world], options)
  said.push(Buffer.from(ran.stdout), Buffer.from(ran.stderr))
  return ran
}

async function ask(args: readonly string[], options?: RunOptions): Promise<Document> {
  const document = await sandbox.ask([...args, '--world', world], options)
  said.push(Buffer.from(JSON.stringify(document.data ?? document.error)), Buffer.from(document.stderr))
  return document
}

/** Sends the event, and everything is done when it returns. */
async function tell(event: string, value: object): Promise<void> {
  expect(await ask(['event', 'send', event, JSON.stringify(value), '--wait=20s'])).toMatchObject({ exit: 0 })
}

interface Shown {
  readonly value_ref: string
  readonly digest: string
}

/** Status of the newest receipt. */
async function lastReceipt(): Promise<unknown> {
  const { data } = await ask(['receipt', 'ls', '-n', '1'])
  return data
}

test('set, used, rotated by hand and by effects: no form of a secret is anywhere', { timeout: 120_000 }, async () => {
  expect(await ask(['secret', 'set', 'api/key'], { input: `${FIRST}\n` })).toMatchObject({ data: { version: 1 } })
  expect(await ask(['push'])).toMatchObject({ exit: 0 })
  await tell('test/Call@1', { n: 1 })
  expect(server.heard).toEqual([FIRST])

  // From now on the daemon does it all.
  expect(await run(['run', '--detach'])).toMatchObject({ exit: 0 })
  const second = { environment: { NEW_KEY: SECOND } }
  expect(await ask(['secret', 'rotate', 'api/key', '--from-env', 'NEW_KEY'], second)).toMatchObject({
    data: { version: 2 },
  })
  await tell('test/Call@1', { n: 2 })
  const { data } = await ask(['secret', 'stage', 'api/key'], { input: THIRD })
  const { value_ref, digest } = data as Shown // by its schema
  await tell('test/Put@1', { value_ref, digest })
  expect(JSON.stringify(await lastReceipt())).toContain('vault')
  await tell('test/Call@1', { n: 3 })
  await tell('test/Rotate@1', { version: 3, digest })
  await tell('test/Call@1', { n: 4 })
  expect(server.heard).toEqual([FIRST, SECOND, SECOND, THIRD])
  expect(await ask(['secret', 'ls'])).toMatchObject({
    data: {
      secrets: [{ name: 'api/key', current: 3, versions: [{ version: 1 }, { version: 2 }, { version: 3, digest }] }],
      staged: [],
    },
  })
  const receipts = await ask(['receipt', 'ls'])
  expect(JSON.stringify(receipts.data).match(/"ok"/g)?.length).toBeGreaterThanOrEqual(6)

  // What a person sends by mistake is not shown either.
  const mistaken = await ask(['event', 'send', 'test/Call@1', JSON.stringify({ n: THIRD })])
  expect(mistaken.error?.message ?? '').not.toContain(THIRD)
  await run(['logs'])
  await run(['journal', 'show', '3'])
  expect(await run(['stop'])).toMatchObject({ exit: 0 })
  const { receipts: listed } = receipts.data as { readonly receipts: readonly { readonly intent: string }[] } // by its schema
  const shown = JSON.stringify((await ask(['receipt', 'show', listed.at(-1)?.intent ?? ''])).data)
  const [, payload = ''] = /"hex":"([0-9a-f]+)"/.exec(shown) ?? []
  const [body = ''] = /sha256:[0-9a-f]{64}/.exec(Buffer.from(payload, 'hex').toString('latin1')) ?? []
  expect((await run(['blob', 'get', body])).stdout).toContain('raw=[secret]')
  const archive = join(sandbox.folder, 'archive')
  const copy = join(sandbox.folder, 'copy')
  expect(await ask(['world', 'export', archive])).toMatchObject({ exit: 0 })
  expect(await sandbox.ask(['world', 'import', archive, copy])).toMatchObject({ exit: 0 })
  for (const verb of [['verify'], ['replay', '--verify']]) {
    expect(await sandbox.ask(['journal', ...verb, '--world', copy])).toMatchObject({ exit: 0, data: { ok: true } })
  }
  expect(await sandbox.ask(['secret', 'ls', '--world', copy])).toMatchObject({ data: { secrets: [], key: null } })

  expect(findSecrets(sandbox.folder, SECRETS)).toEqual([])
  expect(findIn('said', Buffer.concat(said), SECRETS)).toEqual([])
  // The search itself finds them where they are.
  writeFileSync(join(sandbox.folder, 'planted'), `x${Buffer.from(`a${SECOND}`).toString('base64')}`)
  expect(findSecrets(sandbox.folder, SECRETS)).not.toEqual([])
})

test('refusals have their codes, and show no value', { timeout: 60_000 }, async () => {
  const other = join(sandbox.folder, 'other')
  writeSecretWorld(other, server.port)
  const codeOf = async (args: readonly string[], options?: RunOptions): Promise<string | undefined> => {
    const { error, stderr } = await sandbox.ask([...args, '--world', other], options)
    expect(`${JSON.stringify(error)}${stderr}`).not.toContain('tiny!')
    return error?.code
  }
  expect(await codeOf(['secret', 'rotate', 'a'], { input: FIRST })).toBe('vault.unknown')
  expect(await codeOf(['secret', 'set', 'a'], { input: 'tiny!' })).toBe('secret.too_short')
  expect(await codeOf(['secret', 'set', 'a'], { input: '' })).toBe('secret.too_short')
  expect(await codeOf(['secret', 'set', 'a', '--from-env', 'NOT_SET'])).toBe('cli.usage')
  expect(await codeOf(['secret', 'set', 'a', FIRST])).toBe('cli.usage')
  expect(await codeOf(['secret', 'set', 'a'], { input: FIRST })).toBeUndefined()
  expect(await codeOf(['secret', 'set', 'a'], { input: FIRST })).toBe('vault.exists')
  expect(await codeOf(['secret', 'ls'], { environment: { AOS_VAULT_KEY: '0a'.repeat(32) } })).toBe('vault.wrong_key')
  writeFileSync(join(other, '.aos', 'vault'), 'no vault')
  expect(await codeOf(['secret', 'ls'])).toBe('vault.damaged')
})
