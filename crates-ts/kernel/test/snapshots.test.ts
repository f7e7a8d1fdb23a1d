import { encodeNode, formatHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkCellProof, createWorld, proveCell, walkSnapshot } from '../src/index.ts'
import type { CellProof } from '../src/index.ts'
import { EffectBench } from './_effects.ts'
import { act, world } from './_random-acts.ts'
import type { Act } from './_random-acts.ts'
import { cellBench, look, rootNow, send } from './_snapshots.ts'
import { Bench, engineOf, OWNER_AUTH, nodeSha256 } from './_util.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_128)

describe('a snapshot', () => {
  it('is the same state: whatever happens afterwards happens to the opened world as to the one that went on', () => {
    const seen = new Set<string>()
    const step = fc.tuple(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 11 }))
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 70, size: 'max' }), (acts: readonly Act[]) => {
        const bench = new EffectBench()
        bench.air(world('allow', 4))
        const roots: Hash[] = []
        for (const [what, which] of acts) {
          try {
            if (what <= 12) act(bench, [what, which])
            else if (what === 13) bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
            else bench.storeSlice(what === 14 ? 1000 : Number.POSITIVE_INFINITY)
            if (bench.world.snapshot?.root !== undefined && what === 16) roots.push(bench.rootOfCut())
          } catch (error) {
            expect(error).toMatchObject({ code: 'kernel.manifest_in_force' })
          }
        }
        roots.push(bench.snapshot())
        for (const [what, which] of acts.slice(0, 10)) if (what < 12) act(bench, [what, which])
        bench.checkReplay()
        const expected = look(bench.world)
        const opened = roots.map((root) => bench.openFrom(root))
        for (const root of roots) expect(look(bench.openFrom(root, { verify: true }))).toEqual(expected)
        const stamp = bench.stamp()
        for (const one of opened) expect(look(one)).toEqual(expected)
        const final = rootNow(bench.world, stamp)
        for (const one of opened) expect(rootNow(one, stamp)).toBe(final)
        const verified = createWorld(bench.ports())
        for (const entry of bench.entries) verified.replay(entry, { verify: true })
        expect(rootNow(verified, stamp)).toBe(final)
        if (roots.length > 1) seen.add('several')
      }),
      { seed: SEED, numRuns: 11 },
    )
    expect([...seen]).toEqual(['several'])
  })

  it('holds cells as of its cut, whatever is written, deleted and made while it is being made', () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.tuple(fc.constant('send'), fc.nat(60), fc.constantFrom('a', 'bb', 'del', 'same', 'x'.repeat(2000))) }, // prettier-ignore
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom('cut', 'slice', 'root'), fc.nat(4000), fc.constant('')) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.boolean(), (steps, isSmall) => {
        const bench = cellBench()
        if (isSmall) bench.world.limitMemory({ cells: 2000, nodes: 2000 })
        let atCut: unknown
        for (const [what, number, text] of steps) {
          if (what === 'send') send(bench, `name ${number}`, text)
          else if (what === 'cut') {
            bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
            atCut = look(bench.world)
          } else if (what === 'slice') bench.storeSlice(number)
          else if (bench.world.snapshot?.root !== undefined) {
            const opened = createWorld(bench.ports())
            opened.open(bench.world.snapshot.root)
            expect(look(opened)).toEqual(atCut)
            bench.rootOfCut()
          }
        }
        const root = bench.snapshot()
        expect(look(bench.openFrom(root))).toEqual(look(bench.world))
        const whole = createWorld(bench.ports())
        for (const entry of bench.entries) expect(whole.replay(entry, { verify: true })).toBeUndefined()
        expect(look(whole)).toEqual(look(bench.world))
      }),
      { seed: SEED, numRuns: 26 },
    )
  })

  it('writes what has changed and nothing else', () => {
    const bench = cellBench()
    for (let at = 0; at < 3000; at += 1) send(bench, `name ${at}`, 'first')
    bench.snapshot()
    send(bench, 'name 77', 'second')
    bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
    const blobs = bench.world.sliceSnapshot(Number.POSITIVE_INFINITY)
    // The state, the way to its leaf, and the record.
    expect(blobs.length).toBeLessThanOrEqual(6)
  })

  it('keeps cells out of memory that nobody asks for', () => {
    const bench = cellBench()
    bench.world.limitMemory({ cells: 200_000, nodes: 50_000 })
    for (let at = 0; at < 3000; at += 1) {
      send(bench, `name ${at}`, `text ${at}`)
      if (at % 300 === 299) bench.snapshot()
    }
    expect(bench.world.memory.cells).toBeLessThan(220_000)
    for (let at = 0; at < 3000; at += 7) send(bench, `name ${at}`, 'same')
    expect(bench.world.memory.cells).toBeLessThan(220_000)
    expect(bench.world.countCells('demo/R@1')).toBe(3000)
    expect([...bench.world.listCells('demo/R@1')].length).toBe(3000)
    expect(bench.world.readCell('demo/R@1', encodeNode('name 1234'))).toEqual(bench.openFrom(bench.snapshot()).readCell('demo/R@1', encodeNode('name 1234'))) // prettier-ignore
    expect(verifyAll(bench)).toBeUndefined()
  })
})

/** The first difference of a verified replay. */
function verifyAll(bench: Bench): unknown {
  const world = createWorld(bench.ports())
  for (const entry of bench.entries) {
    const difference = world.replay(entry, { verify: true })
    if (difference !== undefined) return difference
  }
  return undefined
}

describe('cut and root', () => {
  it('are refused out of order, and a root that is not the one', () => {
    const bench = cellBench()
    const none = formatHash(new Uint8Array(32))
    const root = (cut: number, hash: Hash): unknown => {
      const result = bench.submit({ kind: 'snapshot_root', principal: 'host:snapshot', cut, root: hash })
      return result.kind === 'refused' ? result.error.code : result.kind
    }
    expect(root(1, none)).toBe('kernel.no_cut')
    bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
    expect(root(2, none)).toBe('kernel.no_cut')
    bench.storeSlice(Number.POSITIVE_INFINITY)
    expect(root(2, none)).toBe('kernel.snapshot_root')
    expect(root(1, bench.world.snapshot?.root ?? none)).toBe('kernel.no_cut')
    expect(root(2, bench.world.snapshot?.root ?? none)).toBe('accepted')
    expect(root(2, none)).toBe('kernel.no_cut')
  })

  it('verification finds a root that was not what the cut came to', () => {
    const bench = cellBench()
    const liar = createWorld(bench.ports())
    for (const entry of bench.entries) liar.replay(entry, { verify: false })
    bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
    bench.storeSlice(Number.POSITIVE_INFINITY)
    const honest = bench.rootOfCut()
    // The same claim about another state: one event more.
    send(bench, 'name', 'text')
    const other = cellBench()
    send(other, 'name', 'text')
    const false_ = other.snapshot()
    const result = replaceRoot(bench, honest, false_)
    expect(result).toMatchObject({ path: 'ingress.command.root', expected: false_, found: honest })
  })

  it('need an engine that has them', () => {
    const bench = new Bench()
    bench.genesis(2)
    const refused = bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
    expect(refused).toMatchObject({ kind: 'refused', error: { code: 'kernel.no_snapshots' } })
    bench.submit({ kind: 'engine', principal: 'local:me', engine: engineOf(bench), auth: OWNER_AUTH })
    expect(bench.snapshot()).toMatch(/^sha256:/)
    expect(verifyAll(bench)).toBeUndefined()
  })
})

/** Verifies the entries, the root of the snapshot replaced by another. */
function replaceRoot(bench: Bench, honest: Hash, other: Hash): unknown {
  const world = createWorld(bench.ports())
  for (const entry of bench.entries) {
    const at = indexOf(entry, honest)
    const changed = entry.slice()
    if (at >= 0) changed.set(Buffer.from(other.slice(7), 'hex'), at)
    const difference = world.replay(changed, { verify: true })
    if (difference !== undefined) return difference
  }
  return undefined
}

function indexOf(entry: Uint8Array, hash: Hash): number {
  return Buffer.from(entry).indexOf(Buffer.from(hash.slice(7), 'hex'))
}

describe('a proof about a cell', () => {
  const bench = cellBench()
  for (let at = 0; at < 500; at += 1) send(bench, `name ${at}`, `text ${at}`)
  const root = bench.snapshot()
  const ports = bench.ports()
  const prove = (who: string, reducer = 'demo/R@1'): CellProof =>
    proveCell(ports, { root, reducer, key: encodeNode(who) })

  it('shows the state, or that there is none', () => {
    for (let at = 0; at < 500; at += 50) {
      const proof = prove(`name ${at}`)
      const shown = checkCellProof(nodeSha256, proof)
      expect(shown.root).toBe(root)
      expect(shown.record.height).toBe(bench.world.lastCut)
      expect(proof.state).toEqual(bench.world.readCell('demo/R@1', encodeNode(`name ${at}`)))
    }
    expect(checkCellProof(nodeSha256, prove('nobody')).cell).toBeUndefined()
    expect(checkCellProof(nodeSha256, prove('name 1', 'demo/Other@1')).cell).toBeUndefined()
  })

  it('does not hold when any byte of it is another, or a node is missing or too many', () => {
    const proof = prove('name 77')
    const parts: ((change: (bytes: Uint8Array) => Uint8Array) => CellProof)[] = [
      (change) => ({ ...proof, record: change(proof.record) }),
      ...proof.nodes.map((_, index) => (change: (bytes: Uint8Array) => Uint8Array): CellProof => ({
        ...proof,
        nodes: proof.nodes.map((node, at) => (at === index ? change(node) : node)),
      })),
      (change) => ({ ...proof, state: change(proof.state ?? new Uint8Array(1)) }),
    ]
    const isSame = (other: CellProof): boolean => {
      try {
        return checkCellProof(nodeSha256, other).root === root
      } catch (error) {
        expect(error).toMatchObject({ code: 'kernel.bad_proof' })
        return false
      }
    }
    expect(isSame(proof)).toBe(true)
    for (const part of parts) {
      for (let at = 0; at < 60; at += 1) {
        expect(isSame(part((bytes) => bytes.map((byte, index) => (index === at % bytes.length ? byte ^ 1 : byte))))).toBe(false) // prettier-ignore
      }
    }
    expect(isSame({ ...proof, nodes: proof.nodes.slice(0, -1) })).toBe(false)
    expect(isSame({ ...proof, nodes: [...proof.nodes, proof.nodes[0] ?? new Uint8Array(0)] })).toBe(false)
    expect(isSame({ ...proof, state: undefined })).toBe(false)
    expect(isSame({ ...proof, key: encodeNode('name 78') })).toBe(false)
    expect(isSame({ ...prove('nobody'), state: Uint8Array.of(1) })).toBe(false)
  })

  it('rests on a snapshot of which every piece can be read', () => {
    const kinds = new Map<string, number>()
    for (const { kind } of walkSnapshot(ports.content, root)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    expect(kinds.get('state')).toBe(500)
    expect(kinds.get('record')).toBe(1)
    const pieces = [...walkSnapshot(ports.content, root)]
    for (const { hash } of pieces.filter((_, at) => at % 37 === 0)) {
      const holes = { get: (asked: Hash) => (asked === hash ? missing() : ports.content.get(asked)) }
      expect(() => [...walkSnapshot(holes, root)]).toThrow('gone')
    }
  })
})

function missing(): never {
  throw new Error('gone')
}
