import { decodeEntry } from '@aos/kernel'
import { expect, test } from 'vitest'
import { SHA256, addEvent, makeCoreWorld, readTotal } from './core-world.ts'
import { BANNED_NAMES, withoutAmbient } from './without-ambient.ts'

test('what is taken away throws, and comes back', () => {
  const attempts: readonly (readonly [string, () => unknown])[] = [
    ['now', () => Date.now()],
    ['random', () => Math.random()],
    ['setTimeout', () => setTimeout(() => undefined, 0)],
    ['fetch', () => fetch('data:,')],
    ['then', () => Promise.resolve().then(() => undefined)],
    ['process', () => process.hrtime()],
    ['localeCompare', () => 'a'.localeCompare('b')],
  ]
  for (const [name, attempt] of attempts) {
    expect(BANNED_NAMES).toContain(name)
    expect(() => withoutAmbient(attempt)).toThrow(`ambient ${name}`)
  }
  expect(Date.now()).toBeGreaterThan(0)
  expect(typeof setTimeout).toBe('function')
})

test('a world lives from genesis to replay without anything ambient', () => {
  // OpenSSL's binding looks for Buffer while it loads; once is enough.
  SHA256.sha256Into(new Uint8Array(1), new Uint8Array(32), 0)
  const outcome = withoutAmbient(() => {
    const core = makeCoreWorld()
    const kinds = [
      core.submit(addEvent('ann', 2, 'first')).kind,
      core.submit(addEvent('bob', 3)).kind,
      core.submit(addEvent('ann', 2, 'first')).kind,
      core.submit({ kind: 'event', principal: 'local:test', schema: 'core/Unknown@1', value: new Uint8Array(0) }).kind,
      core.submit({ kind: 'tick', principal: 'host:timer' }).kind,
    ]
    const fresh = core.makeFresh()
    const differences = core.entries.map((entry) => fresh.replay(entry, { verify: true }))
    for (const entry of core.entries) decodeEntry(entry)
    return {
      kinds,
      differences: differences.filter((difference) => difference !== undefined),
      leaf: [fresh.head?.leaf, core.world.head?.leaf],
      totals: ['ann', 'bob'].map((who) => readTotal(fresh, who)),
    }
  })
  expect(outcome.kinds).toEqual(['accepted', 'accepted', 'duplicate', 'refused', 'accepted'])
  expect(outcome.differences).toEqual([])
  expect(outcome.leaf[0]).toEqual(outcome.leaf[1])
  expect(outcome.totals).toEqual([new Map([['total', 2]]), new Map([['total', 3]])])
})

test('two worlds with the same ingress have the same bytes', () => {
  const runs = [makeCoreWorld(), makeCoreWorld()].map((core) => {
    for (let count = 0; count < 20; count += 1) core.submit(addEvent(`who${count % 3}`, count))
    return core.entries.map((entry) => Buffer.from(entry).toString('hex'))
  })
  expect(runs[0]).toEqual(runs[1])
})
