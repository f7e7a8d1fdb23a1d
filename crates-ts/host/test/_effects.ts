/** A world that is only what an effects host sees of one: intents in memory, and a disk that can be held back. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Adapter, AdapterCall, AdapterResult } from '@aos/adapters'
import { BUILTIN_SCHEMAS, EMPTY_MANIFEST, compileSchema } from '@aos/air'
import type { EffectBinding, SchemaTable, TypeExpr, Value } from '@aos/air'
import { AosError, formatHash, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { EffectsReport, Ingress, IntentReport, ReceiptIngress, TurnResult, World } from '@aos/kernel'
import { Vault, createEffectsHost, nodeSha256, worldFolderAt } from '../src/index.ts'
import type { EffectsEvent, EffectsHost, EffectsHostOptions, OnTurn } from '../src/index.ts'
import type { EffectsWorld } from '../src/dispatch/effects-face.ts'
import { ensureDispatchLog } from '../src/dispatch/dispatch-log.ts'
import { createHostKey } from '../src/keys/key-ring.ts'

const option = (name: string): TypeExpr => ({ kind: 'option', inner: { kind: 'ref', name } })
export const PARAMS: TypeExpr = {
  kind: 'record',
  fields: new Map<string, TypeExpr>([
    ['n', { kind: 'nat' }],
    ['key', option('sys/TextOrSecretRef@1')],
    ['raw', option('sys/BytesOrSecretRef@1')],
  ]),
}
const RECEIPT: TypeExpr = { kind: 'record', fields: new Map<string, TypeExpr>([['answer', { kind: 'text' }]]) }
export const TABLE: SchemaTable = new Map([...BUILTIN_SCHEMAS].map(([name, { type }]) => [name, type]))
const params = { type: PARAMS, codec: compileSchema(PARAMS, TABLE) }
const receipt = { type: RECEIPT, codec: compileSchema(RECEIPT, TABLE) }

const digest = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())
export const WORLD: Hash = formatHash(digest('the world'))

/** Everything a test drives and looks at. */
export interface FakeWorld {
  readonly world: EffectsWorld
  readonly receipts: ReceiptIngress[]
  /** Every entry as `kind` and the intent or nothing. */
  readonly entries: readonly string[]
  readonly events: EffectsEvent[]
  readonly blobs: ReadonlyMap<Hash, Uint8Array>
  readonly quarantined: Set<Hash>
  /** Adds an open intent, as a turn does; `n` is its parameter and its name. */
  emit(n: number, given?: Partial<IntentReport> & { readonly value?: Value }): Hash
  /** What it is now. */
  intent(hash: Hash): IntentReport | undefined
  /** What a stream of events would wait for. */
  catchingUp(): Promise<void> | undefined
  /** Until `release` nothing becomes durable. */
  hold(): () => void
  due(ns: bigint | undefined, now: bigint): void
  effects(options: Partial<EffectsHostOptions>): EffectsHost
  remove(): void
}

/** Bindings of the fake manifest; the kinds are `test.once` and `test.again`. */
export const BINDINGS: readonly EffectBinding[] = [
  { pattern: 'test.once', adapter: 'test' },
  { pattern: 'test.again', adapter: 'test', idempotent: true, attemptsMax: 3 },
  { pattern: 'test.*', adapter: 'test', timeoutMs: 20, idempotent: true, attemptsMax: 1, concurrencyMax: 2 },
]

export function makeFakeWorld(folder = mkdtempSync(join(tmpdir(), 'aos-effects-'))): FakeWorld {
  const place = worldFolderAt(join(folder, 'world'))
  const keyFolder = join(folder, 'keys')
  const hostKey = createHostKey(keyFolder)
  ensureDispatchLog(place.dispatchLog, { world: WORLD, open: [] })
  let brake: (() => Promise<void> | undefined) | undefined
  const intents = new Map<Hash, IntentReport>()
  const blobs = new Map<Hash, Uint8Array>()
  const observers = new Set<OnTurn>()
  const receipts: ReceiptIngress[] = []
  const entries: string[] = []
  const events: EffectsEvent[] = []
  const quarantined = new Set<Hash>()
  const time = { due: undefined as bigint | undefined, now: 0n } // a test sets both
  let durable: Promise<void> | undefined
  const keys = [{ publicKey: hostKey.publicKey, role: 'host', kinds: [], from: 0, revoked: undefined }]

  const turn = (ingress: Ingress, name: string, effects: Partial<EffectsReport>): TurnResult => {
    entries.push(name)
    const result = {
      kind: 'accepted',
      height: entries.length,
      leaf: new Uint8Array(32),
      entry: new Uint8Array(0),
      outcome: 'ok',
      steps: [],
      migrations: [],
      raised: [],
      effects: { decisions: [], emitted: [], settled: [], changed: [], started: [], ended: [], ...effects },
      governance: [],
    } as const
    for (const observer of observers) observer(result, ingress)
    return result
  }
  const refused = (code: string): TurnResult => ({ kind: 'refused', error: new AosError(code, code) })
  const restate = (hash: Hash, status: IntentReport['status']): void => {
    const intent = intents.get(hash)
    if (intent !== undefined) intents.set(hash, { ...intent, status })
  }
  const submit = (ingress: Ingress): TurnResult => {
    switch (ingress.kind) {
      case 'receipt': {
        const hash = formatHash(ingress.receipt.intentHash)
        if (quarantined.has(hash) && ingress.receipt.status !== 'unknown') return refused('host.quarantined')
        if (!intents.delete(hash)) return refused('kernel.intent_settled')
        receipts.push(ingress)
        const settled = [{ intent: hash, status: ingress.receipt.status, code: undefined }]
        return turn(ingress, `receipt ${hash}`, { settled })
      }
      case 'signal':
        restate(ingress.intent, 'dead')
        return turn(ingress, `${ingress.code} ${ingress.intent}`, {
          changed: [{ intent: ingress.intent, change: 'dead' }],
        })
      case 'requeue':
        restate(ingress.intent, 'open')
        return turn(ingress, 'requeue', { changed: [{ intent: ingress.intent, change: 'requeued' }] })
      case 'tick':
        time.due = undefined
        return turn(ingress, 'tick', {})
      default:
        return refused('test.kind')
    }
  }
  const settledDurably = async (): Promise<void> => {
    await durable
  }
  const kernel = {
    keys,
    listIntents: () => intents.values(),
    readIntent: (hash: Hash) => intents.get(hash),
    get nextDueNs() {
      return time.due
    },
    get time() {
      return { clock: 'real', entropy: 'os', nowNs: time.now, logicalNowNs: time.now }
    },
  } as unknown as World // what an effects host asks of one
  const world: EffectsWorld = {
    id: WORLD,
    kernel,
    keyFolder,
    folder: place,
    vault: new Vault({ file: place.vault, keyFolder, environment: {}, world: () => WORLD }),
    isReceiptQuarantined: (hash) => quarantined.has(hash),
    clock: undefined,
    readContent: () => new Uint8Array(0),
    definitions: {
      manifestHash: WORLD,
      manifest: {
        ...EMPTY_MANIFEST,
        bindings: BINDINGS,
        grants: [{ name: 'some', cap: 'sys/blob@1', params: { kind: 'record', fields: new Map() } }],
        secrets: [],
      },
      table: TABLE,
    } as unknown as EffectsWorld['definitions'], // without what only pushes read
    store: {
      content: {
        get: (hash: Hash) => blobs.get(hash),
        put: async (values: readonly Uint8Array[]) => {
          await settledDurably()
          return values.map((bytes) => {
            const hash = formatHash(digest(Buffer.from(bytes).toString('latin1')))
            blobs.set(hash, bytes)
            return hash
          })
        },
      },
    } as unknown as EffectsWorld['store'], // only the content is used
    submit,
    flush: () => undefined,
    durable: () => durable,
    send: async (ingress) => {
      const result = submit(ingress)
      await settledDurably()
      return result
    },
    brakeStreams(given) {
      brake = given
      return () => {
        brake = undefined
      }
    },
    observe(observer) {
      observers.add(observer)
      return () => observers.delete(observer)
    },
  }
  return {
    world,
    receipts,
    entries,
    events,
    blobs,
    quarantined,
    emit(n, { value, ...given } = {}) {
      const bytes = params.codec.encode(value ?? { n, key: null, raw: null }).slice()
      const hash = digest(`intent ${n}`)
      const intent: IntentReport = {
        hash: formatHash(hash),
        hashBytes: hash,
        height: entries.length + 1,
        index: 1,
        manifest: formatHash(digest('manifest')),
        effectKind: 'test.once',
        params: bytes,
        paramsHash: sha256(nodeSha256, bytes),
        requestHash: digest(`request ${n}`),
        decisionHash: digest(`decision ${n}`),
        grant: 'some',
        adapter: 'test',
        origin: { kind: 'reducer', reducer: 'test/R@1', key: undefined },
        idempotencyKey: hash,
        principal: 'local:test',
        trace: undefined,
        status: 'open',
        isOrphan: false,
        receipt,
        paramsSchema: params,
        dueNs: undefined,
        ...given,
      }
      intents.set(intent.hash, intent)
      turn({ kind: 'tick', principal: 'host:test' }, `emit ${n}`, { emitted: [intent] })
      return intent.hash
    },
    intent: (hash) => intents.get(hash),
    catchingUp: () => brake?.(),
    hold() {
      let release = (): void => undefined
      durable = new Promise((resolve) => {
        release = () => {
          durable = undefined
          resolve()
        }
      })
      return release
    },
    due(ns, now) {
      time.due = ns
      time.now = now
    },
    effects: (options) =>
      createEffectsHost(world, {
        adapters: [],
        environment: {},
        chance: () => 0,
        onEvent: (event) => {
          events.push(event)
        },
        ...options,
      }),
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An adapter that answers with what the function says. */
export function adapterOf(
  perform: (call: AdapterCall) => Promise<AdapterResult>,
  given: Partial<Adapter> = {},
): Adapter & { readonly calls: AdapterCall[] } {
  const calls: AdapterCall[] = []
  return {
    id: 'test',
    kinds: ['test.once', 'test.again'],
    calls,
    perform(call) {
      calls.push(call)
      return perform(call)
    },
    close: () => Promise.resolve(),
    ...given,
  }
}

/** The `n` of a call. */
export function nOf(call: AdapterCall): number {
  return (call.params as { readonly n: number }).n // by PARAMS
}

export function ok(answer: string): AdapterResult {
  return { status: 'ok', payload: { answer }, cost: new Map([['calls', 1]]) }
}

export function lost(): AdapterResult {
  const payload = { code: 'connection_lost', message: 'gone' }
  return { status: 'error', payload, cost: new Map([['calls', 1]]), retryable: true }
}

/** Decoded payload of a receipt: by the receipt schema or a failure. */
export function payloadOf(ingress: ReceiptIngress | undefined): Value {
  if (ingress === undefined) throw new Error('there is no such receipt')
  try {
    return receipt.codec.decode(ingress.payload)
  } catch {
    return compileSchema({ kind: 'ref', name: 'sys/EffectFailure@1' }, FAILURES).decode(ingress.payload)
  }
}

const text: TypeExpr = { kind: 'text' }
const FAILURES: SchemaTable = new Map<string, TypeExpr>([
  ['sys/EffectFailure@1', { kind: 'record', fields: new Map([['code', text], ['message', text]]) }], // prettier-ignore
])
