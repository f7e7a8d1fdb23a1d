import { decode, encode, equalBytes, isAosError, sha256, toHex } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import type { TypeExpr } from '@aos/air'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createWorld, decodeEntry } from '../src/index.ts'
import type { PartDigests } from '../src/index.ts'
import { Bench, asMap, nodeSha256 } from './_util.ts'
import type { Script, WorldPlan } from './_util.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20260101)
const NAT: TypeExpr = { kind: 'nat' }
const record = (fields: Record<string, TypeExpr>): TypeExpr => ({
  kind: 'record',
  fields: new Map(Object.entries(fields)),
})

/** Counts down by raising itself; deletes its cell at zero; misbehaves for some numbers. */
const countDown: Script = ({ value, state }) => {
  const left = Number(asMap(value).get('left'))
  if (left % 7 === 5) return { outcome: 'trap' }
  if (left % 11 === 9) return { state: { seen: 'no number' } }
  const seen = Number(asMap(state ?? new Map([['seen', 0]])).get('seen')) + left
  if (left === 0) return {}
  return {
    state: { seen },
    events: [{ schema: 'demo/Count@1', value: { cell: Number(asMap(value).get('cell')) + 1, left: left - 1 } }],
  }
}

const PLAN: WorldPlan = {
  schemas: {
    'demo/Seen@1': record({ seen: NAT }),
    'demo/Count@1': record({ cell: NAT, left: NAT }),
    'demo/Cell@1': NAT,
  },
  reducers: {
    'demo/Counter@1': { state: 'demo/Seen@1', event: 'demo/Count@1', key: 'demo/Cell@1', script: countDown },
  },
  routes: [{ event: 'demo/Count@1', reducer: 'demo/Counter@1', keyField: 'cell' }],
}

function run(events: readonly (readonly [number, number])[]): Bench {
  const bench = new Bench()
  bench.start(PLAN)
  for (const [cell, left] of events) bench.event('demo/Count@1', { cell, left })
  return bench
}

function cellsOf(world: Bench['world']): string {
  return JSON.stringify([...world.listCells('demo/Counter@1')].map(({ key, state }) => [[...key], [...state]]))
}

const anyEvents = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 12 })), { maxLength: 12 })

describe('replay', () => {
  it('gives the same entries, head and cells, with and without verification', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const bench = run(events)
        for (const verify of [true, false]) {
          const world = bench.replayed(verify)
          expect(world.head).toEqual(bench.world.head)
          expect(cellsOf(world)).toBe(cellsOf(bench.world))
        }
      }),
      { seed: SEED, numRuns: 40 },
    )
  })

  it('goes on after a restart at any entry exactly as without one', () => {
    const events: readonly (readonly [number, number])[] = [
      [0, 3],
      [1, 8],
      [0, 0],
      [2, 12],
      [1, 1],
    ]
    const whole = run(events)
    for (let cut = 2; cut < whole.entries.length; cut += 1) {
      const world = createWorld(whole.ports())
      for (const entry of whole.entries.slice(0, cut)) expect(world.replay(entry, { verify: false })).toBeUndefined()
      for (const entry of whole.entries.slice(cut)) expect(world.replay(entry, { verify: true })).toBeUndefined()
      expect(world.head).toEqual(whole.world.head)
      expect(cellsOf(world)).toBe(cellsOf(whole.world))
    }
  })

  it('keeps nothing of the buffers it is given', () => {
    const bench = run([
      [0, 3],
      [4, 1],
    ])
    const world = createWorld(bench.ports())
    for (const entry of bench.entries) {
      const buffer = entry.slice()
      world.replay(buffer, { verify: false })
      buffer.fill(0xff)
    }
    expect(cellsOf(world)).toBe(cellsOf(bench.world))
    expect(world.keys).toEqual(bench.world.keys)
    expect(world.head).toEqual(bench.world.head)
  })

  it('names height, path, reducer and key when a module behaves otherwise', () => {
    const bench = run([
      [0, 1],
      [3, 2],
    ])
    bench.scripts.set('demo/Counter@1', (input) => {
      const output = countDown(input)
      return Number(asMap(input.value).get('cell')) === 3 && output.state !== undefined
        ? { ...output, state: { seen: 99 } }
        : output
    })
    const world = createWorld(bench.ports())
    const found = bench.entries.map((entry) => world.replay(entry, { verify: true })).find((each) => each !== undefined)
    expect(found).toMatchObject({ height: 3, path: 'derived[0].state', reducer: 'demo/Counter@1' })
    expect(found?.key).toEqual(encodeKey(3))
  })

  it('finds every change of one byte in an entry', () => {
    const bench = run([[0, 2]])
    const entry = bench.entries.at(-1) ?? new Uint8Array(0)
    const before = bench.entries.slice(0, -1)
    for (let at = 0; at < entry.length; at += 1) {
      const changed = entry.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x01
      const world = createWorld(bench.ports())
      for (const each of before) world.replay(each, { verify: false })
      let caught = false
      try {
        caught = world.replay(changed, { verify: true }) !== undefined
      } catch {
        caught = true
      }
      expect(caught, `byte ${at}`).toBe(true)
    }
  })

  it('says the same with the digests of recorded parts as without, whatever byte was changed', () => {
    const bench = run([[0, 1]])
    const before = bench.entries.slice(0, -1)
    const entry = bench.entries.at(-1) ?? new Uint8Array(0)
    const verdict = (changed: Uint8Array, digests: PartDigests | undefined): unknown => {
      const world = createWorld(bench.ports())
      for (const each of before) {
        expect(world.replay(each, { verify: true, digests: digests && hashParts(each) })).toBeUndefined()
      }
      try {
        return world.replay(changed, { verify: true, digests }) ?? toHex(world.head?.leaf ?? entry)
      } catch (error) {
        return isAosError(error) ? error.code : error
      }
    }
    expect(verdict(entry, hashParts(entry))).toBe(toHex(bench.world.head?.leaf ?? entry))
    let hashed = 0
    for (let at = 0; at < entry.length; at += 3) {
      const changed = entry.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x01
      const digests = hashParts(changed)
      if (digests === undefined) continue
      hashed += 1
      expect(verdict(changed, digests), `byte ${at}`).toEqual(verdict(changed, undefined))
    }
    expect(hashed).toBeGreaterThan(50)
  })

  it('does not use digests of other parts', () => {
    const bench = run([[0, 2]])
    const world = createWorld(bench.ports())
    for (const entry of bench.entries) {
      const digests = hashParts(entry)
      if (digests === undefined) throw new Error('the entry is not canonical')
      const other = { ...digests, bytes: digests.bytes.map((byte) => byte ^ 1), derivedAt: digests.derivedAt + 1 }
      expect(world.replay(entry, { verify: true, digests: other })).toBeUndefined()
    }
    expect(world.head).toEqual(bench.world.head)
  })

  it('refuses an entry of another chain, also without verification', () => {
    const [mine, other] = [run([[0, 2]]), run([[1, 2]])]
    const world = createWorld(mine.ports())
    for (const entry of mine.entries) expect(world.replay(entry, { verify: false })).toBeUndefined()
    const longer = run([
      [1, 2],
      [0, 1],
    ])
    expect(other.entries[2]).toEqual(longer.entries[2])
    expect(world.replay(longer.entries[3] ?? new Uint8Array(0), { verify: false })).toMatchObject({
      path: 'header.prev',
    })
  })

  it('refuses an entry of another height and an entry without bodies', () => {
    const bench = run([[0, 2]])
    const world = createWorld(bench.ports())
    expect(world.replay(bench.entries[1] ?? new Uint8Array(0), { verify: true })).toMatchObject({
      path: 'header.height',
    })
    const parts = decode(bench.entries[0] ?? new Uint8Array(0), { prefix: 'absent' })
    if (!Array.isArray(parts)) throw new Error('an entry is an array')
    const stripped = encode([...(parts as Data[]).slice(0, 3), null])
    expect(() => createWorld(bench.ports()).replay(stripped, { verify: true })).toThrow(
      expect.objectContaining({ code: 'kernel.bodies_missing' }),
    )
  })

  it('refuses a world of another engine', () => {
    const bench = run([])
    const other = createWorld({ ...bench.ports(), profile: { rewriter: 2, fuelTable: 1, limits: {} } })
    expect(() => other.replay(bench.entries[0] ?? new Uint8Array(0), { verify: false })).toThrow(
      expect.objectContaining({ code: 'engine.unsupported' }),
    )
  })
})

describe('an entry', () => {
  it('chains leaves over headers and holds salted hashes that its bodies open', () => {
    const bench = run([[4, 2]])
    let prev: Uint8Array = new Uint8Array(32)
    for (const bytes of bench.entries) {
      const { header, ingress, bodies } = decodeEntry(bytes)
      expect(header.get(9)).toEqual(prev)
      const headerBytes = encode(header)
      prev = sha256(nodeSha256, Uint8Array.from([0, ...headerBytes]))
      expect(ingress.get(5)).toEqual(sha256(nodeSha256, bodies?.entropy ?? new Uint8Array(0)))
    }
    expect(equalBytes(prev, bench.world.head?.leaf ?? new Uint8Array(0))).toBe(true)
    const last = decodeEntry(bench.entries.at(-1) ?? new Uint8Array(0))
    const value = last.bodies?.values[0] ?? new Uint8Array(0)
    const salt = sha256(
      nodeSha256,
      Uint8Array.from([...new TextEncoder().encode('aos/salt/v1'), ...(last.bodies?.entropy ?? []), 0, 0, 0, 0]),
    )
    expect(last.ingress.get(8)).toEqual(sha256(nodeSha256, Uint8Array.from([...salt, ...value])))
  })
})

/** Digests of the parts of an entry; undefined when its bytes are not canonical. */
function hashParts(entry: Uint8Array): PartDigests | undefined {
  let parts: readonly Data[]
  try {
    parts = decode(entry, { prefix: 'absent' }) as readonly Data[] // an entry is an array
  } catch {
    return undefined
  }
  const [header, ingress, derived, bodies] = parts
  if (header === undefined || ingress === undefined || derived === undefined || !Array.isArray(bodies)) return undefined
  const [entropy, values] = bodies as readonly Data[] // an array, as just checked
  if (!(entropy instanceof Uint8Array) || !Array.isArray(values)) return undefined
  const [value] = values as readonly Data[] // an array, as just checked
  const pieces = [header, ingress, derived].map((part) => encode(part))
  const [headerBytes = entropy, ingressBytes = entropy, derivedBytes = entropy] = pieces
  const salt = sha256(nodeSha256, Uint8Array.from([...new TextEncoder().encode('aos/salt/v1'), ...entropy, 0, 0, 0, 0]))
  const messages = [
    entropy,
    Uint8Array.from([...salt, ...(value instanceof Uint8Array ? value : [])]),
    ingressBytes,
    derivedBytes,
    Uint8Array.from([0, ...headerBytes]),
  ]
  const bytes = new Uint8Array(7 + 160)
  messages.forEach((message, index) => {
    nodeSha256.sha256Into(message, bytes, 7 + 32 * index)
  })
  const ingressAt = 1 + headerBytes.length
  const derivedAt = ingressAt + ingressBytes.length
  return { bytes, at: 7, ingressAt, derivedAt, bodiesAt: derivedAt + derivedBytes.length }
}

function encodeKey(cell: number): Uint8Array {
  return Uint8Array.from([0xd9, 0xd9, 0xf7, ...encode(cell)])
}
