import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

test('examples run, agree with what they should be, and replay', async () => {
  const reply = await sandbox.ask(['examples', '00-counter', '03-fetch-notify'])
  expect(reply).toMatchObject({
    exit: 0,
    data: [
      { name: '00-counter', ok: true, height: 5 },
      { name: '03-fetch-notify', ok: true, height: 3 },
    ],
  })
})

test('without a name they are listed; an unknown one is named', async () => {
  expect((await sandbox.ask(['examples'])).data).toEqual([
    { name: '00-counter' },
    { name: '01-hello-timer' },
    { name: '02-blob-echo' },
    { name: '03-fetch-notify' },
    { name: '04-aggregator' },
    { name: '05-chain-comp' },
    { name: '06-safe-upgrade' },
    { name: '07-llm-summarizer' },
    { name: '08-retry-backoff' },
    { name: '09-workspaces' },
    { name: '10-flights' },
    { name: '11-approval' },
    { name: '12-self-upgrade' },
    { name: '13-migration' },
    { name: '14-notes' },
  ])
  expect(await sandbox.ask(['examples', 'pyramid'])).toMatchObject({ exit: 1, error: { code: 'cli.unknown_example' } })
})
