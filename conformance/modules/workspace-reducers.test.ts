import { encode, encodeNode } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { decodeHistory } from '@aos/workspace'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeReducer } from './reducer.ts'
import { CASES, COMMIT, FOREIGN_STATES, GAPPY_STATE, eventOf, findDifference } from './workspace-cases.ts'
import type { Commit } from './workspace-cases.ts'

const seed = Number(process.env['AOS_SEED'] ?? 20_260_302)

describe('sys/Workspace@1', () => {
  const step = makeReducer('sys/Workspace@1')

  test.each(CASES.map((commits, index) => [index, commits] as const))('case %i', (_index, commits) => {
    expect(findDifference(step, commits)).toBeUndefined()
  })

  test('does what a map would, whatever is committed', () => {
    const commit: fc.Arbitrary<Commit> = fc.record({
      workspace: fc.constantFrom('notes', 'notes', 'notes', 'a/b'),
      expected: fc.option(fc.nat(6)),
      root: fc.nat(2),
      owner: fc.string({ maxLength: 40 }),
      createdAt: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    })
    fc.assert(
      fc.property(fc.array(commit, { maxLength: 12 }), (commits) => {
        expect(findDifference(step, commits)).toBeUndefined()
      }),
      { seed, numRuns: 100 },
    )
  })

  test('goes on with a history in another form, and not with one that is not counted from 1', () => {
    for (const state of FOREIGN_STATES) {
      const stepped = step(state, eventOf(COMMIT), 'notes')
      const history = decodeHistory(stepped.state ?? new Uint8Array())
      expect([history.latest, [...history.versions.keys()]]).toEqual([3, [1, 2, 3]])
      expect(history.versions.get(3)?.owner).toBe('ada')
    }
    expect(step(GAPPY_STATE, eventOf(COMMIT), 'notes').outcome).toBe('trap')
  })

  test('takes no more fuel for a long history than for copying it', () => {
    const meta = { root_hash: `sha256:${'a'.repeat(64)}`, owner: 'ada', created_at: 1 }
    const state = (count: number): Uint8Array =>
      encodeNode({ latest: count, versions: new Map(Array.from({ length: count }, (_, at) => [at + 1, meta])) })
    const [short, long] = [state(10), state(20_000)]
    const costs = [short, long].map((bytes) => step(bytes, eventOf(COMMIT), 'notes').fuel)
    expect(((costs[1] ?? 0) - (costs[0] ?? 0)) / (long.length - short.length)).toBeLessThan(0.5)
  })
})

describe('sys/HttpPublish@1', () => {
  const step = makeReducer('sys/HttpPublish@1')
  const rule = (prefix: string): Data => ({
    route_prefix: prefix,
    workspace: { workspace: 'site', version: null, path: null },
    default_doc: 'index.html',
    allow_dir_listing: false,
    cache: 'etag',
  })

  test('keeps rules by name, and nothing when there are none', () => {
    const one = step(null, { id: 'a', rule: rule('/a') })
    const two = step(one.state, { id: 'b', rule: rule('/b') })
    const changed = step(two.state, { id: 'a', rule: rule('/c') })
    const removed = step(changed.state, { id: 'b', rule: null })
    const gone = step(removed.state, { id: 'a', rule: null })
    const rules = (state: Uint8Array | null): string => Buffer.from(state ?? []).toString('hex')
    const expected = (found: Data): string => Buffer.from(encode({ rules: found })).toString('hex')
    expect(rules(two.state)).toContain(expected({ a: rule('/a'), b: rule('/b') }))
    expect(rules(changed.state)).toContain(expected({ a: rule('/c'), b: rule('/b') }))
    expect(rules(removed.state)).toContain(expected({ a: rule('/c') }))
    expect([gone.state, step(null, { id: 'x', rule: null }).state]).toEqual([null, null])
    expect([one, two, changed, removed, gone].flatMap(({ raised }) => raised)).toEqual([])
  })
})
