import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { BUILTIN_SCHEMAS, compileSchema } from '@aos/air'
import type { TypeExpr } from '@aos/air'
import { equalBytes, formatHash, isAosError, parseHash, sha256, toHex } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import type { Receipt } from '@aos/effects'
import type { GateSchema } from '../gate/gate-catalog.ts'
import type { RegisteredKey } from '../state.ts'
import { DueList } from './due-list.ts'
import type { DueItem } from './due-list.ts'
import { makeEffects, makeNodes } from '../../test/_collections.ts'
import { OrderedSet } from '../collections/ordered-set.ts'
import { EffectsOverlay } from './effects-overlay.ts'
import { compareInstanceIds, dueWait, parseDueWait } from './effects-state.ts'
import type { Intent } from './intent.ts'
import type { SettledName } from './settled-intents.ts'
import { countReceipt, findReceiptIntent } from './judge-receipt.ts'
import { encodeReceiptEvent } from './receipt-event.ts'

const port: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}
const SEED = Number(process.env['AOS_SEED'] ?? 20_261_121)
const table = new Map<string, TypeExpr>([...BUILTIN_SCHEMAS].map(([name, { type }]) => [name, type]))
const schema = (name: string): GateSchema => {
  const type: TypeExpr = { kind: 'ref', name }
  return { type, codec: compileSchema(type, table) }
}
const params = schema('sys/TimerSetParams@1')
const receiptSchema = schema('sys/TimerSetReceipt@1')
const hash = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const paramBytes = params.codec.encode({ deliver_at_ns: 5, key: 'k' }).slice()
const intent: Intent = {
  hash: formatHash(hash(1)),
  hashBytes: hash(1),
  height: 9,
  index: 2,
  manifest: formatHash(hash(9)),
  effectKind: 'timer.set',
  params: paramBytes,
  paramsHash: sha256(port, paramBytes),
  requestHash: hash(2),
  decisionHash: hash(3),
  grant: 'timer',
  adapter: 'clock',
  origin: { kind: 'reducer', reducer: 'demo/R@1', key: undefined },
  idempotencyKey: hash(1),
  principal: 'local:me',
  trace: undefined,
  status: 'open',
  isOrphan: false,
  reserved: new Map(),
  receipt: receiptSchema,
  paramsSchema: params,
  dueNs: undefined,
}
const world: Hash = parseHash(`sha256:${'ab'.repeat(32)}`)
const payload = receiptSchema.codec.encode({ delivered_at_ns: 6, key: 'k' }).slice()
const receipt: Receipt = {
  world,
  height: 9,
  intentHash: intent.hashBytes,
  paramsHash: intent.paramsHash,
  decisionHash: intent.decisionHash,
  adapterId: 'clock',
  status: 'ok',
  payloadHash: sha256(port, payload),
  cost: new Map(),
  startedNs: 1n,
  finishedNs: 2n,
}
const key: RegisteredKey = { publicKey: hash(7), role: 'clock', kinds: [], from: 0, revoked: undefined }

describe('a receipt', () => {
  const find = (change: {
    readonly receipt?: Partial<Receipt>
    readonly intent?: Partial<Intent>
    readonly key?: Partial<RegisteredKey>
    readonly payload?: Uint8Array
    readonly settled?: boolean
    readonly keyId?: Uint8Array
  }): string => {
    const stored = { ...intent, ...change.intent }
    const ground = {
      world,
      intents: change.settled === true ? new Map<Hash, Intent>() : new Map([[stored.hash, stored]]),
      settled: {
        has: ({ hashBytes, height }: SettledName) =>
          change.settled === true && height === intent.height && equalBytes(hashBytes, intent.hashBytes),
      },
      keys: new Map([[toHex(hash(8)), { ...key, ...change.key }]]),
    }
    try {
      const question = { receipt: { ...receipt, ...change.receipt }, payload: change.payload ?? payload, keyId: change.keyId ?? hash(8) } // prettier-ignore
      return findReceiptIntent(port, ground, question).hash === intent.hash ? 'found' : 'another'
    } catch (error) {
      if (isAosError(error)) return error.code
      throw error
    }
  }

  test.each<readonly [string, Parameters<typeof find>[0], string]>([
    ['that belongs to its intent', {}, 'found'],
    ['for another world', { receipt: { world: parseHash(`sha256:${'cd'.repeat(32)}`) } }, 'kernel.other_world'],
    ['for an unknown intent', { receipt: { intentHash: hash(9) } }, 'kernel.intent_unknown'],
    ['a second time', { settled: true }, 'kernel.intent_settled'],
    ['a second time, for another height', { settled: true, receipt: { height: 8 } }, 'kernel.intent_unknown'],
    ['for a parked intent', { intent: { status: 'parked' } }, 'kernel.intent_parked'],
    ['for a dead intent, late', { intent: { status: 'dead' } }, 'found'],
    ['with another height', { receipt: { height: 8 } }, 'kernel.receipt_altered'],
    ['with other parameters', { receipt: { paramsHash: hash(9) } }, 'kernel.receipt_altered'],
    ['with another decision', { receipt: { decisionHash: hash(9) } }, 'kernel.receipt_altered'],
    ['with another payload', { payload: paramBytes }, 'kernel.receipt_altered'],
    ['of another adapter', { receipt: { adapterId: 'http' } }, 'kernel.other_adapter'],
    ['by a key nobody registered', { keyId: hash(4) }, 'kernel.receipt_key'],
    ['by a key of another adapter', { key: { role: 'http' } }, 'kernel.receipt_key'],
    ['by an owner', { key: { role: 'owner' } }, 'kernel.receipt_key'],
    ['by a key for other kinds', { key: { kinds: ['blob.get'] } }, 'kernel.receipt_key'],
    ['by a key for this kind', { key: { kinds: ['timer.set'] } }, 'found'],
    ['by the host', { key: { role: 'host' } }, 'found'],
    ['by a revoked key', { key: { revoked: 5 } }, 'kernel.receipt_key'],
  ])('%s', (_name, change, expected) => {
    expect(find(change)).toBe(expected)
  })

  const failure = compileSchema({ kind: 'record', fields: new Map<string, TypeExpr>([['code', { kind: 'text' }], ['message', { kind: 'text' }]]) }, table) // prettier-ignore
  const failed = failure.encode({ code: 'timeout', message: 'm' }).slice()
  test('counts as what its payload is', () => {
    expect(countReceipt(intent, 'ok', payload)).toEqual({ status: 'ok', code: undefined, form: 'receipt' })
    expect(countReceipt(intent, 'timeout', payload)).toEqual({ status: 'timeout', code: undefined, form: 'receipt' })
    expect(countReceipt(intent, 'timeout', failed)).toEqual({ status: 'timeout', code: undefined, form: 'failure' })
    const ill = { status: 'error', code: 'receipt_schema', form: 'none' }
    expect(countReceipt(intent, 'ok', failed)).toEqual(ill)
    expect(countReceipt(intent, 'timeout', paramBytes)).toEqual(ill)
    expect(countReceipt(intent, 'ok', Uint8Array.of(0xff))).toEqual(ill)
  })

  test('becomes the event of its kind, with an empty receipt when there is none', () => {
    const told = encodeReceiptEvent(intent, 'demo/R@1', {
      status: 'error',
      adapterId: 'clock',
      payload: undefined,
      cost: new Map([['cents', 3]]),
      signature: new Uint8Array(64),
    })
    const codec = compileSchema({ kind: 'ref', name: 'sys/TimerFired@1' }, table)
    expect(told?.schema).toBe('sys/TimerFired@1')
    expect(codec.decode(told?.value ?? new Uint8Array(0))).toMatchObject({
      intent_hash: intent.hash,
      reducer: 'demo/R@1',
      status: 'error',
      requested: { deliver_at_ns: 5, key: 'k' },
      receipt: { delivered_at_ns: 0, key: null },
      cost_cents: 3,
    })
    const other = { ...intent, effectKind: 'http.request' }
    expect(encodeReceiptEvent(other, 'demo/R@1', { status: 'ok', adapterId: 'x', payload, cost: new Map(), signature: hash(1) })).toBeUndefined() // prettier-ignore
  })

  test('empty values exist for every built-in schema and are valid', async () => {
    const { emptyValue } = await import('./empty-value.ts')
    for (const name of table.keys()) {
      const codec = compileSchema({ kind: 'ref', name }, table)
      codec.validate(codec.encode(emptyValue({ kind: 'ref', name }, table)))
    }
  })
})

describe('the list of what is due', () => {
  test('is in order of time and id, whatever order things came in', () => {
    const item = fc.record({ atNs: fc.bigInt({ min: 0n, max: 5n }), id: fc.constantFrom('a', 'b', 'c') })
    fc.assert(
      fc.property(fc.array(item), fc.array(item), fc.bigInt({ min: 0n, max: 6n }), (added, removed, now) => {
        const list = new DueList(new OrderedSet(makeNodes()))
        const expected = new Map<string, DueItem>()
        for (const one of added) {
          list.add(one)
          expected.set(`${one.atNs} ${one.id}`, one)
        }
        for (const one of removed) {
          list.remove(one)
          expected.delete(`${one.atNs} ${one.id}`)
        }
        const sorted = [...expected.keys()].sort().map((text) => expected.get(text))
        expect(list.due(100n, 1_000)).toEqual(sorted)
        expect(list.due(now, 3)).toEqual(sorted.filter((one) => one !== undefined && one.atNs <= now).slice(0, 3))
        expect(list.next).toEqual(sorted[0])
      }),
      { seed: SEED },
    )
  })
})

describe('the overlay', () => {
  test('shows a turn its own changes and the world none of them before the merge', () => {
    const state = makeEffects()
    const first = new EffectsOverlay(state)
    first.putIntent({ ...intent, dueNs: 5n })
    expect(first.intent(intent.hash)?.status).toBe('open')
    expect(first.intents().length).toBe(1)
    expect([...state.intents.values()]).toEqual([])
    first.merge()
    expect(state.due.next).toEqual({ atNs: 5n, id: intent.hash })
    const second = new EffectsOverlay(state)
    second.settleIntent(intent)
    expect(second.intents()).toEqual([])
    expect([...state.intents.values()].length).toBe(1)
    second.merge()
    expect([...state.intents.values()]).toEqual([])
    expect([state.due.next, state.settled.has(intent)]).toEqual([undefined, true])
  })

  test('instances are ordered by number, not by text, and waits have ids of their own', () => {
    expect(['10.0/p', '9.2/p', '9.10/p', '9.2/a'].sort(compareInstanceIds)).toEqual(['9.2/a', '9.2/p', '9.10/p', '10.0/p']) // prettier-ignore
    expect(parseDueWait(dueWait('9.2/demo/plan@1', 'step'))).toEqual({ instance: '9.2/demo/plan@1', step: 'step' })
    expect(parseDueWait(intent.hash)).toBeUndefined()
  })
})
