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

/** What each adds to genesis and manifest: events, receipts, ticks and clocks, answers. */
const HEIGHTS = {
  '00-counter': 5,
  '01-hello-timer': 4,
  '02-blob-echo': 4,
  '03-fetch-notify': 3,
  '04-aggregator': 5,
  '05-chain-comp': 5,
  '07-llm-summarizer': 4,
  '08-retry-backoff': 6,
  '10-flights': 20_001,
  '11-approval': 9,
}

test('every rung of the ladder ends ok', async () => {
  const { exit, data } = await sandbox.ask(['examples', 'all'])
  expect(exit).toBe(0)
  expect(data).toMatchObject(Object.entries(HEIGHTS).map(([name, height]) => ({ name, ok: true, height })))
})
