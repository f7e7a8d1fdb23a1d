import { expect, test } from 'vitest'
import { formatHash } from '@aos/cbor'
import { Checkpoints } from './_checkpoints.ts'
import { accepted } from './_effects.ts'
import type { EffectBench } from './_effects.ts'
import { look, rootNow } from './_snapshots.ts'
import { answer, bytes, nat, none, planOf, ref, startWorld, text } from './_workspaces.ts'

const WORKSPACE = ref('@plan.input.workspace')
const WRITTEN = { root_hash: answer('empty', 'root_hash'), path: text('a/one.txt'), mode: none }

/** Makes a tree of one file and commits it. */
const SEED = planOf(
  'demo/seed@1',
  [
    { id: 'empty', kind: 'workspace.empty_root', params: { workspace: WORKSPACE } },
    { id: 'one', kind: 'workspace.write_bytes', params: { ...WRITTEN, bytes: bytes('one') } },
  ],
  { root: answer('one', 'new_root_hash'), expected: nat(0) },
)

function keepMade(bench: EffectBench): void {
  const made = bench.world.takeMadeBlobs()
  for (const { hash, bytes: content } of made) bench.content.set(formatHash(hash), content)
  bench.world.releaseMadeBlobs(made)
}

test('a checkpoint between turns that make trees: the opened world makes and commits the same', () => {
  const bench = startWorld([SEED])
  const go = (workspace: string): ReturnType<typeof accepted> => {
    const result = accepted(bench.event('demo/Go@1', { workspace, root: null }))
    keepMade(bench)
    return result
  }
  expect(go('w0').effects.ended.map(({ code }) => code)).toEqual([undefined])
  bench.snapshot()
  const checkpoints = new Checkpoints(bench)
  for (let round = 1; round < 6; round += 1) {
    go(`w${round}`)
    checkpoints.take(round === 3)()
    if (round === 4) bench.snapshot()
    go(`w${round - 1}`)
    const opened = checkpoints.open()
    expect(look(opened)).toEqual(look(bench.world))
    const from = bench.entries.length
    go(`w${round + 10}`)
    go('w0')
    for (const entry of bench.entries.slice(from)) expect(opened.replay(entry, { verify: true })).toBeUndefined()
    const stamp = bench.stamp()
    if (round === 5) expect(rootNow(opened, stamp)).toBe(rootNow(bench.world, stamp))
  }
})
