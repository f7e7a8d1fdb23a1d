import fc from 'fast-check'
import type { Patch } from '@aos/air'
import { describe, expect, test } from 'vitest'
import { isAosError } from '@aos/cbor'
import type { World } from '../src/index.ts'
import { Checkpoints } from './_checkpoints.ts'
import { accepted } from './_effects.ts'
import { GovernanceBench, OWNER } from './_governance.ts'
import { look, rootNow } from './_snapshots.ts'
import { asMap } from './_util.ts'
import type { Script } from './_util.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_129)
const REDUCER = 'demo/count@1'

const COUNT: Script = ({ state, value }) => {
  const by = Number(asMap(value).get('by'))
  if (by === 7) return { outcome: 'trap' }
  const fields = Object.fromEntries(state === undefined ? [['n', 0]] : asMap(state))
  return by === 6 ? { state: undefined } : { state: { ...fields, n: Number(fields['n']) + by } }
}
/** From {n} to {n, note}; the record of such a cell is a large one. */
const ADD_NOTE: Script = ({ input }) => ({ output: { n: Number(asMap(input).get('n')), note: 'x'.repeat(1500) } })
/** From {n, note} to {n, note, at}. */
const ADD_AT: Script = ({ input }) => ({ output: { ...Object.fromEntries(asMap(input)), at: 1 } })
const SCRIPTS = { [REDUCER]: COUNT, 'demo/add_note@1': ADD_NOTE, 'demo/add_at@1': ADD_AT }

const FORMS: readonly object[] = [{ n: 'int' }, { n: 'int', note: 'text' }, { n: 'int', note: 'text', at: 'int' }]
const MODULES = ['demo/add_note@1', 'demo/add_at@1']

/** `form` says of which generation states are; `variant` changes something else. */
function world(form: number, variant: number): readonly object[] {
  const schemas = ['demo/Add@1', 'demo/Count@1', 'demo/Id@1', `demo/Other${variant}@1`]
  return [
    { $kind: 'defschema', name: 'demo/Add@1', type: { record: { id: 'text', by: 'int' } } },
    { $kind: 'defschema', name: 'demo/Count@1', type: { record: FORMS[form] } },
    { $kind: 'defschema', name: 'demo/Id@1', type: 'text' },
    { $kind: 'defschema', name: `demo/Other${variant}@1`, type: 'text' },
    { $kind: 'defmodule', name: REDUCER, module_kind: 'reducer', wasm_hash: '', key_schema: 'demo/Id@1', abi: { reducer: { state: 'demo/Count@1', event: 'demo/Add@1', effects_emitted: [], cap_slots: {} } } }, // prettier-ignore
    ...MODULES.map((name) => ({ $kind: 'defmodule', name, module_kind: 'pure', wasm_hash: '', abi: { pure: { input: 'demo/Count@1', output: 'demo/Count@1' } } })), // prettier-ignore
    {
      $kind: 'manifest',
      air_version: '1',
      schemas,
      modules: [REDUCER, ...MODULES],
      routing: { events: [{ event: 'demo/Add@1', reducer: REDUCER, key_field: 'id' }] },
      ...(form === 0 ? {} : { migrations: [{ reducer: REDUCER, module: MODULES[form - 1] }] }),
    },
  ]
}

/** At most one delivery may fail. */
const PROBATION: NonNullable<Patch['probation']> = {
  windowNs: 60_000_000n,
  invariant: {
    kind: 'operation',
    operator: 'le',
    operands: [
      { kind: 'reference', text: '@world.failed' },
      { kind: 'constant', sort: 'nat', value: 1n },
    ],
  },
}

function started(): GovernanceBench {
  const bench = new GovernanceBench()
  bench.push(world(0, 0), SCRIPTS)
  return bench
}

function add(bench: GovernanceBench, id: string, by: number): ReturnType<typeof accepted> {
  return accepted(bench.event('demo/Add@1', { id, by }))
}

/** Everything that governance and migrations can be asked for, too. */
function lookAll(of: World): unknown {
  const cells = [...of.listCells(REDUCER)].map(({ key, state }) => [key, state])
  return [look(of), cells, [...of.rehearse(REDUCER)], [...of.listProposals()], of.probation, of.needsReview, of.countCells(REDUCER)] // prettier-ignore
}

/** Drives one bench by pairs of numbers. */
class Life {
  readonly bench = started()
  readonly checkpoints = new Checkpoints(this.bench)
  #write = this.checkpoints.take()
  #form = 0
  #variant = 0
  #open: number | undefined

  act([what, which]: readonly [number, number]): void {
    const { bench, checkpoints } = this
    if (what <= 5)
      bench.event('demo/Add@1', { id: `c${which}`, by: what === 5 ? 6 + (which % 2) : 1 }, which % 3 === 0 ? { idempotencyKey: `${what} ${which}` } : {}) // prettier-ignore
    else if (what <= 8) this.#govern(what, which)
    else if (what === 9) bench.skip(BigInt(which) * 10_000_000n)
    else if (what === 10) bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
    else if (what <= 12) bench.storeSlice(what === 11 ? 1000 : Number.POSITIVE_INFINITY)
    else if (what === 13 && bench.world.snapshot?.root !== undefined) bench.rootOfCut()
    else if (what >= 14) {
      this.keep()
      if (which === 1) expect(lookAll(checkpoints.open())).toEqual(lookAll(bench.world))
      this.#write = checkpoints.take(which === 0)
    }
  }

  /** What was taken last is written. */
  keep(): void {
    this.#write()
  }

  #govern(what: number, which: number): void {
    const { bench } = this
    if (what === 6 && which % 4 === 3) {
      this.#variant += 1
      this.#form = Math.max(0, bench.world.needsReview ? 0 : this.#form)
      bench.push(world(this.#form, this.#variant), SCRIPTS)
      this.#open = undefined
    } else if (this.#open === undefined) {
      const form = Math.min(2, this.#form + (which % 2))
      this.#variant += 1
      this.#open = bench.proposed(world(form, this.#variant), OWNER, which % 3 === 0 ? { probation: PROBATION } : {})
      this.#form = form
    } else if (what === 7) bench.shadow(this.#open)
    else if (which % 6 === 5) bench.decide(this.#open, OWNER, { decision: 'reject' })
    else if (bench.proposal(this.#open).status === 'open') {
      bench.decide(this.#open)
      if (bench.apply(this.#open).kind !== 'accepted') return
      bench.noteInForce(world(this.#form, this.#variant))
      this.#open = undefined
    } else this.#open = undefined
  }
}

describe('a checkpoint behind a change of a state schema', () => {
  test('says of which generation new states are: cells of the snapshot before are brought on when they are touched', () => {
    const bench = started()
    for (const id of ['a', 'b', 'c']) add(bench, id, 1)
    bench.snapshot()
    bench.change(world(1, 0))
    add(bench, 'a', 1)
    const checkpoints = new Checkpoints(bench)
    checkpoints.take()()
    const lived = bench.world
    const opened = checkpoints.open()
    expect(lookAll(opened)).toEqual(lookAll(lived))
    bench.world = opened
    expect(add(bench, 'b', 1).migrations).toMatchObject([{ from: 0, to: 1, outcome: 'ok' }])
    bench.checkReplay()
  })
})

test('a checkpoint of a governed world is the same state, and what comes next comes out the same byte for byte', () => {
  const seen = new Set<string>()
  const step = fc.tuple(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 11 }))
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 120, size: 'max' }), (acts) => {
      const life = new Life()
      const { bench, checkpoints } = life
      const tried = (pair: readonly [number, number]): void => {
        try {
          life.act(pair)
        } catch (error) {
          // A change that is refused.
          if (!isAosError(error)) throw error
          expect(error.code).toMatch(/^(gov|kernel)\./)
        }
      }
      for (const pair of acts) tried(pair)
      life.keep()
      const opened = checkpoints.open()
      expect(lookAll(opened)).toEqual(lookAll(bench.world))
      const from = bench.entries.length
      for (const [what, which] of acts.slice(0, 25)) tried([what % 10, which])
      for (const entry of bench.entries.slice(from)) expect(opened.replay(entry, { verify: true })).toBeUndefined()
      expect(lookAll(opened)).toEqual(lookAll(bench.world))
      const stamp = bench.stamp()
      expect(rootNow(opened, stamp)).toBe(rootNow(bench.world, stamp))
      const generations = [...bench.world.rehearse(REDUCER)].length
      if (generations > 0) seen.add('older cells')
      if (bench.world.probation !== undefined) seen.add('on probation')
      for (const { status } of bench.world.listProposals()) seen.add(status)
    }),
    { seed: SEED, numRuns: 12 },
  )
  expect([...seen]).toEqual(expect.arrayContaining(['applied', 'older cells', 'open', 'rejected']))
})
