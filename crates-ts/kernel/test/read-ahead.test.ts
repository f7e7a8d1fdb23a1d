/** What opening reads for cells that changed: as reckoned, and as found ahead (spec/16-snapshots.md, "When to cut", "Opening"). */
import { encodeNode } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { createWorld } from '../src/index.ts'
import type { World } from '../src/index.ts'
import { Bench } from './_util.ts'
import type { WorldPlan } from './_util.ts'

const CELLS: WorldPlan = {
  schemas: {
    'demo/E@1': { kind: 'record', fields: new Map([['who', { kind: 'text' }], ['text', { kind: 'text' }]]) }, // prettier-ignore
    'demo/S@1': { kind: 'text' },
    'demo/K@1': { kind: 'text' },
  },
  reducers: {
    'demo/R@1': {
      state: 'demo/S@1',
      event: 'demo/E@1',
      key: 'demo/K@1',
      script: ({ value }) => {
        const fields = value as ReadonlyMap<string, string> // of demo/E@1
        return { state: `${String(fields.get('who'))} ${String(fields.get('text'))}` }
      },
    },
  },
  routes: [{ event: 'demo/E@1', reducer: 'demo/R@1', keyField: 'who' }],
}

function sendTo(bench: Bench, cell: number, text: string): void {
  const value = encodeNode({ text, who: `cell ${cell}` })
  const result = bench.submit({ kind: 'event', principal: 'local:me', schema: 'demo/E@1', value })
  if (result.kind !== 'accepted') throw new Error(result.kind)
}

/** A world of so many cells with a snapshot, and changes behind it: of every `step`-th cell, twice, and of ten new ones. */
function changed(cells: number, step: number): { readonly bench: Bench; readonly root: Hash } {
  const bench = new Bench()
  bench.genesis()
  bench.submit(bench.manifestIngress(CELLS))
  for (let cell = 0; cell < cells; cell += 1) sendTo(bench, cell, 'made')
  const root = bench.snapshot()
  for (const text of ['once', 'twice']) for (let cell = 0; cell < cells; cell += step) sendTo(bench, cell, text)
  for (let cell = cells; cell < cells + 10; cell += 1) sendTo(bench, cell, 'new')
  return { bench, root }
}

/** A world from the root that notes what it asks content for. */
function openNoting(bench: Bench, root: Hash): { readonly world: World; readonly asked: Hash[] } {
  const ports = bench.ports()
  const asked: Hash[] = []
  const get = (hash: Hash): Uint8Array => {
    asked.push(hash)
    return ports.content.get(hash)
  }
  const world = createWorld({ ...ports, content: { ...ports.content, get } })
  world.open(root)
  asked.length = 0
  return { world, asked }
}

describe.each([
  [20, 1],
  [300, 7],
  [2000, 3],
  [9000, 9],
  [9000, 250],
])('%i cells, each %ith changed', (cells, step) => {
  const { bench, root } = changed(cells, step)
  const tail = (from: World): readonly Uint8Array[] => bench.entries.slice((from.head?.height ?? 0) + 1)

  it('asks for as much as was reckoned while it went on, and as a world reckons that was opened', () => {
    const { world, asked } = openNoting(bench, root)
    for (const entry of tail(world)) expect(world.replay(entry, { verify: false })).toBe(undefined)
    // How full a leaf is, is a matter of chance.
    expect(bench.world.recovery.reads / asked.length).toBeGreaterThan(0.85)
    expect(bench.world.recovery.reads / asked.length).toBeLessThan(1.2)
    expect(world.recovery.reads).toBeCloseTo(bench.world.recovery.reads, 6)
  })
})

describe('reading ahead', () => {
  const { bench, root } = changed(3000, 11)

  it('finds what replaying asks for, each once, and changes nothing', () => {
    const { world, asked } = openNoting(bench, root)
    const tail = bench.entries.slice((world.head?.height ?? 0) + 1)
    const ahead = [...world.readAhead(tail)].map(({ hash }) => hash)
    expect(asked).toEqual(ahead)
    expect(new Set(ahead).size).toBe(ahead.length)
    asked.length = 0
    for (const entry of tail) expect(world.replay(entry, { verify: false })).toBe(undefined)
    expect(asked.filter((hash) => new Set(ahead).has(hash)).toSorted()).toEqual(ahead.toSorted())
    // The node of the modules in use.
    const others = asked.filter((hash) => !new Set(ahead).has(hash))
    expect(others).toHaveLength(1)
    expect(world.head).toEqual(bench.world.head)
  })

  it('goes through content in its order, level by level', () => {
    const { world } = openNoting(bench, root)
    const ahead = [...world.readAhead(bench.entries.slice((world.head?.height ?? 0) + 1))].map(({ hash }) => hash)
    const turns = ahead.filter((hash, at) => at > 0 && hash < (ahead[at - 1] ?? '')).length
    // A root, two levels of branches at most, leaves, states.
    expect(turns).toBeLessThan(5)
    expect(ahead.length).toBeGreaterThan(300)
  })

  it('finds nothing of cells that are in memory, nor in a world without a snapshot', () => {
    const { world } = openNoting(bench, root)
    const tail = bench.entries.slice((world.head?.height ?? 0) + 1)
    for (const entry of tail) world.replay(entry, { verify: false })
    expect([...world.readAhead(tail)]).toEqual([])
    const empty = createWorld(bench.ports())
    expect([...empty.readAhead(bench.entries)]).toEqual([])
  })
})
