/** Looking at worlds that should be the same, and a world of cells. */
import { encodeNode, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { KernelSemantics, TurnResult, World } from '../src/index.ts'
import { Bench } from './_util.ts'
import type { WorldPlan } from './_util.ts'

/** Everything that can be asked of a world. */
export function look(of: World): unknown {
  return {
    id: of.id,
    head: of.head,
    manifest: [of.manifestHash, of.manifestHeight],
    keys: of.keys,
    time: of.time,
    engine: of.engineDigest,
    due: of.nextDueNs,
    lastCut: of.lastCut,
    intents: [...of.listIntents()].map(({ receipt: _receipt, paramsSchema: _params, ...intent }) => intent),
    instances: [...of.listInstances()],
    cells: [...of.listCells('demo/R@1')].map(({ key, size, stateHash, state }) => [toHex(key), size, toHex(stateHash), toHex(state)]), // prettier-ignore
  }
}

/** The root of everything, made now. Leaves a cut behind. */
export function rootNow(of: World, stamp: Parameters<World['submit']>[1]): Hash {
  of.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' }, stamp)
  of.sliceSnapshot(Number.POSITIVE_INFINITY)
  const root = of.snapshot?.root
  if (root === undefined) throw new Error('no root')
  return root
}

/** A cell for each name; `del` deletes it. */
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
      script: ({ value, state }) => {
        const text = String((value as ReadonlyMap<string, string>).get('text'))
        return { state: text === 'del' ? undefined : text === 'same' ? state : text }
      },
    },
  },
  routes: [{ event: 'demo/E@1', reducer: 'demo/R@1', keyField: 'who' }],
}

export function send(bench: Bench, who: string, text: string): TurnResult {
  return bench.submit({ kind: 'event', principal: 'local:me', schema: 'demo/E@1', value: encodeNode({ text, who }) })
}

export function cellBench(semantics?: KernelSemantics): Bench {
  const bench = new Bench()
  bench.genesis(semantics)
  bench.submit(bench.manifestIngress(CELLS))
  return bench
}
