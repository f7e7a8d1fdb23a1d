import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import type { Head, Sandbox, Verdict } from './command.ts'
import { copyWorld, cutFile, flipByte, listSegments, namedHeight, verifyJournal } from './damage.ts'
import { SEED, makeRandom, pickInteger } from './random.ts'
import { feedCounter, makeCounterWorld } from './worlds.ts'

const FLIPS = 8
const CUTS = 6

test(
  `a flipped byte in a closed segment is found and named by height (seed ${SEED})`,
  { timeout: 120_000 },
  async () => {
    const { sandbox, world, head } = await makeSegmentedWorld()
    const random = makeRandom(SEED)
    const closed = listSegments(world).slice(0, -1)
    for (let round = 0; round < FLIPS; round += 1) {
      const number = pickInteger(random, { low: 0, high: closed.length })
      const damaged = copyWorld(world, sandbox.path('damaged'))
      const file = listSegments(damaged)[number] ?? ''
      const offset = pickInteger(random, { low: 0, high: statSync(file).size })
      flipByte(file, { offset, mask: 1 << pickInteger(random, { low: 0, high: 8 }) })
      const reply = await verifyJournal(sandbox, damaged)
      const where = `segment ${number}, offset ${offset}`
      expect(reply.exit, where).toBe(1)
      const height = namedHeight(reply)
      expect(height, `${where}: ${JSON.stringify(reply)}`).toBeTypeOf('number')
      expect(height, where).toBeLessThanOrEqual(head.height)
    }
  },
)

test(
  `a cut last segment: the acknowledged prefix, or what is missing (seed ${SEED})`,
  { timeout: 120_000 },
  async () => {
    const { sandbox, world, head } = await makeSegmentedWorld()
    const random = makeRandom(SEED + 1)
    for (let round = 0; round < CUTS; round += 1) {
      const damaged = copyWorld(world, sandbox.path('damaged'))
      const file = listSegments(damaged).at(-1) ?? ''
      const length = pickInteger(random, { low: 0, high: statSync(file).size })
      cutFile(file, length)
      const reply = await sandbox.ask<Head>(['journal', 'head', '--world', damaged])
      const where = `cut to ${length}: ${JSON.stringify(reply)}`
      if (reply.ok) {
        // Nothing acknowledged may be gone: only padding was cut.
        expect(reply.data, where).toEqual(head)
        expect((await verifyJournal(sandbox, damaged)).exit, where).toBe(0)
      } else {
        expect(reply.exit, where).toBe(1)
        expect(reply.error.code, where).toMatch(/^(journal|store)\./)
        expect(namedHeight({ ...reply, exit: 1 }), where).toBeTypeOf('number')
      }
    }
  },
)

async function makeSegmentedWorld(): Promise<{
  readonly sandbox: Sandbox
  readonly world: string
  readonly head: Head
}> {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox, { settings: { segment_bytes: 65_536 } })
  const head = await feedCounter(sandbox, world, 1500)
  expect(listSegments(world).length).toBeGreaterThan(2)
  const verdict = await verifyJournal(sandbox, world)
  expect(verdict).toMatchObject({ ok: true, data: { ok: true, entries: head.entries } satisfies Partial<Verdict> })
  return { sandbox, world, head }
}
