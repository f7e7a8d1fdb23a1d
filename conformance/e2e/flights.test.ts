import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import { expectSound, runCrashRound } from './crash.ts'
import { FLIGHTS, readFlightLines, readStats, summarizeFlights } from './flights.ts'
import { copyWorld } from './damage.ts'
import { SEED, makeRandom } from './random.ts'
import { makeExampleWorld } from './worlds.ts'

const ROUNDS = 1

/** Feeding, killing, reopening, verifying, feeding again; and in the end the totals of a few lines of script. */
test(`20,000 flights through a kill (seed ${SEED})`, { timeout: 120_000 }, async () => {
  const sandbox = makeSandbox()
  const fresh = await makeExampleWorld(sandbox, FLIGHTS.example)
  const lines = readFlightLines()
  expect(lines).toHaveLength(20_000)
  const random = makeRandom(SEED)
  let cut = 0
  for (let number = 0; number < ROUNDS; number += 1) {
    const world = copyWorld(fresh, sandbox.path('killed'))
    // The last round takes them all; the ones before it are about the kill.
    const some = number === ROUNDS - 1 ? lines : lines.slice(0, 6000)
    const report = await runCrashRound({ sandbox, world, schema: FLIGHTS.event, lines: some, random })
    if (!report.finished) cut += 1
  }
  expect(cut).toBeGreaterThan(0)

  await expectSound(sandbox, sandbox.path('killed'))
  const expected = summarizeFlights(lines)
  const busiest = [...expected].sort(([, left], [, right]) => right.count - left.count).slice(0, 6)
  const quietest = [...expected].sort(([, left], [, right]) => left.count - right.count).slice(0, 2)
  const origins = [...busiest, ...quietest].map(([origin]) => origin)
  const found = await readStats(sandbox, sandbox.path('killed'), origins)
  expect(found).toMatchObject(origins.map((origin) => expected.get(origin)))

  const cells = await sandbox.data<{ readonly cells: readonly unknown[] }>([
    ...['state', 'ls', FLIGHTS.reducer, '--limit', '1000', '--world', sandbox.path('killed')],
  ])
  expect(cells.cells).toHaveLength(expected.size)
})
