import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import { copyWorld, flipByte, listSegments, namedHeight, verifyJournal } from './damage.ts'
import { SEED, makeRandom, pickInteger } from './random.ts'
import { feedCounter, makeCounterWorld } from './worlds.ts'

const FLIPS = 200

test(`${FLIPS} flipped bytes in closed segments (seed ${SEED})`, { timeout: 900_000 }, async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox, { settings: { segment_bytes: 65_536 } })
  const head = await feedCounter(sandbox, world, 1500)
  const random = makeRandom(SEED + 200)
  const closed = listSegments(world).slice(0, -1)
  const missed: string[] = []
  for (let round = 0; round < FLIPS; round += 1) {
    const number = pickInteger(random, { low: 0, high: closed.length })
    const damaged = copyWorld(world, sandbox.path('damaged'))
    const file = listSegments(damaged)[number] ?? ''
    const offset = pickInteger(random, { low: 0, high: statSync(file).size })
    flipByte(file, { offset, mask: 1 << pickInteger(random, { low: 0, high: 8 }) })
    const reply = await verifyJournal(sandbox, damaged)
    const height = namedHeight(reply)
    if (reply.exit !== 1 || height === undefined || height > head.height)
      missed.push(`segment ${number}, offset ${offset}`)
  }
  expect(missed).toEqual([])
})
