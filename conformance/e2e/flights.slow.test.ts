import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import { expectSound, runCrashRound } from './crash.ts'
import { copyWorld } from './damage.ts'
import { FLIGHTS, readFlightLines, readStats, summarizeFlights } from './flights.ts'
import { SEED, makeRandom } from './random.ts'
import { makeExampleWorld } from './worlds.ts'

/** All with AOS_FULL=1. */
const ROUNDS = process.env['AOS_FULL'] === '1' ? 20 : 8

test(`20,000 flights, killed ${ROUNDS} times (seed ${SEED})`, { timeout: 900_000 }, async () => {
  const sandbox = makeSandbox()
  const fresh = await makeExampleWorld(sandbox, FLIGHTS.example)
  const lines = readFlightLines()
  expect(lines).toHaveLength(20_000)
  const random = makeRandom(SEED + 100)
  let cut = 0
  for (let number = 0; number < ROUNDS; number += 1) {
    const world = copyWorld(fresh, sandbox.path('killed'))
    const report = await runCrashRound({ sandbox, world, schema: FLIGHTS.event, lines, random })
    if (!report.finished) cut += 1
  }
  expect(cut).toBeGreaterThan(ROUNDS / 4)
  await expectSound(sandbox, sandbox.path('killed'))
  const expected = summarizeFlights(lines)
  const origins = [...expected.keys()]
  const found = await readStats(sandbox, sandbox.path('killed'), origins)
  expect(found).toMatchObject(origins.map((origin) => expected.get(origin)))

  const cells = await sandbox.data<{ readonly cells: readonly unknown[] }>([
    ...['state', 'ls', FLIGHTS.reducer, '--limit', '1000', '--world', sandbox.path('killed')],
  ])
  expect(cells.cells).toHaveLength(expected.size)
})
