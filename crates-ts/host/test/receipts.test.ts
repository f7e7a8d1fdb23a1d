import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AdapterCall } from '@aos/adapters'
import { formatHash, hashBytes, sha256 } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { decodeEntry } from '@aos/kernel'
import type { IntentReport } from '@aos/kernel'
import type { JournalRecord } from '@aos/store'
import { changeKey, createEffectsHost, findHostKey, formatReceiptFile, nodeSha256, parseReceiptFile, replayJournal, signReceipts, verifyOpenJournal } from '../src/index.ts' // prettier-ignore
import type { EffectsHost, HostWorld, SignedReceipt } from '../src/index.ts'
import { FaultLog } from '../src/fault-log.ts'
import { SignatureHistory } from '../src/signature-history.ts'
import { createKeyFile } from '../src/keys/key-pair.ts'
import { adapterOf, ok } from './_effects.ts'
import { doing, entriesOf, pushedEffectWorld } from './_effect-world.ts'
import type { EffectWorld } from './_effect-world.ts'

const SECRET = 'sk-live-0123456789abcdef'

let world: EffectWorld
let host: HostWorld
let effects: EffectsHost

beforeEach(async () => {
  world = await pushedEffectWorld()
  host = await world.open()
})

afterEach(async () => {
  await effects.stop({ graceMs: 0 })
  await host.close()
  world.remove()
})

async function begin(
  perform: Parameters<typeof adapterOf>[0],
  environment = { TEST_KEY: SECRET },
): Promise<AdapterCall[]> {
  const adapter = adapterOf(perform)
  effects = createEffectsHost(host, { adapters: [adapter], environment, chance: () => 0 })
  await effects.start()
  return adapter.calls
}

/** What an adapter elsewhere would send for the only open intent. */
function receiptFor(intent: IntentReport, change: Partial<SignedReceipt['receipt']> = {}): SignedReceipt {
  const payload = intent.receipt.codec.encode({ answer: 'from outside' }).slice()
  const receipt = {
    world: host.id,
    height: intent.height,
    intentHash: hashBytes(intent.hash),
    paramsHash: intent.paramsHash,
    decisionHash: intent.decisionHash,
    adapterId: intent.adapter,
    status: 'ok' as const,
    payloadHash: sha256(nodeSha256, payload),
    cost: new Map([['calls', 1]]),
    startedNs: 1n,
    finishedNs: 2n,
    ...change,
  }
  const key = findHostKey(host.keyFolder, host.kernel.keys)
  const [signed] = signReceipts(key, [{ receipt, payload }])
  if (signed === undefined) throw new Error('nothing was signed')
  return signed
}

function onlyIntent(): IntentReport {
  const [intent] = host.kernel.listIntents()
  if (intent === undefined) throw new Error('there is no intent')
  return intent
}

/** No adapter performs them here: their receipts come from outside. */
async function waiting(): Promise<IntentReport> {
  effects = createEffectsHost(host, { adapters: [], environment: {} })
  const { publicKey } = createKeyFile(join(world.keys, 'robot.key'))
  await changeKey(host, { change: 'register', publicKey, role: 'test', kinds: [] })
  await effects.start()
  await host.send(doing('once', 1))
  expect(await effects.quiet({ timeoutMs: 1000 })).toBe('quiet')
  return onlyIntent()
}

test('a receipt from outside settles its intent, once', async () => {
  const file = formatReceiptFile(receiptFor(await waiting()))
  expect(await effects.submitReceipt(file)).toMatchObject({ kind: 'accepted' })
  expect([...host.kernel.listInstances()]).toEqual([])
  const again = await effects.submitReceipt(file)
  expect(again).toMatchObject({ kind: 'refused', error: { code: 'kernel.intent_settled' } })
})

test('one that is altered by a bit, signed by another key or for another world is refused, and the right one still counts', async () => {
  const intent = await waiting()
  const right = receiptFor(intent)
  const submit = (signed: SignedReceipt): Promise<unknown> => effects.submitReceipt(formatReceiptFile(signed))
  for (const at of [0, 31, 32, 63]) {
    const signature = right.signature.signature.slice()
    signature[at] = (signature[at] ?? 0) ^ 1
    const bad = { ...right, signature: { ...right.signature, signature } }
    await expect(submit(bad)).rejects.toMatchObject({ code: 'receipt.bad_signature' })
  }
  const cheaper = { ...right, receipt: { ...right.receipt, cost: new Map([['calls', 0]]) } }
  await expect(submit(cheaper)).rejects.toMatchObject({ code: 'receipt.bad_signature' })
  const placed = {
    ...right,
    signature: { ...right.signature, place: { index: 0, size: 2, path: [new Uint8Array(32)] } },
  }
  await expect(submit(placed)).rejects.toMatchObject({ code: 'receipt.bad_signature' })
  const stranger = createKeyFile(join(world.keys, 'stranger.key'))
  const [foreign] = signReceipts(stranger, [right])
  if (foreign !== undefined) await expect(submit(foreign)).rejects.toMatchObject({ code: 'kernel.receipt_key' })
  const payload = intent.receipt.codec.encode({ answer: 'another' }).slice()
  expect(await submit({ ...right, payload })).toMatchObject({ error: { code: 'kernel.receipt_altered' } })
  expect(await submit(receiptFor(intent, { height: intent.height + 1 }))).toMatchObject({ error: { code: 'kernel.receipt_altered' } }) // prettier-ignore
  const elsewhere: typeof host.id = `sha256:${'0'.repeat(64)}` as typeof host.id // a hash, spelled as one
  expect(await submit(receiptFor(intent, { world: elsewhere }))).toMatchObject({
    error: { code: 'kernel.other_world' },
  })
  expect(host.kernel.readIntent(intent.hash)?.status).toBe('open')
  expect(await submit(right)).toMatchObject({ kind: 'accepted' })
  expect(await verifyOpenJournal(host, () => undefined)).toMatchObject({ ok: true })
})

test('a file says what is not of its form, and where', async () => {
  const right = formatReceiptFile(receiptFor(await waiting()))
  expect(formatReceiptFile(parseReceiptFile(right))).toBe(right)
  const file = (change: (file: FileForm) => void): string => {
    const parsed = JSON.parse(right) as FileForm // as it was just written
    change(parsed)
    return JSON.stringify(parsed)
  }
  const cases: readonly (readonly [string, string])[] = [
    ['{', ''],
    [file((form) => delete form.receipt['status']), 'receipt.status'],
    [file((form) => (form.receipt['status'] = 'fine')), 'receipt.status'],
    [file((form) => (form.receipt['height'] = -1)), 'receipt.height'],
    [file((form) => (form.receipt['height'] = 1.5)), 'receipt.height'],
    [file((form) => (form.receipt['extra'] = 1)), 'receipt.extra'],
    [file((form) => (form.receipt['intent_hash'] = 'sha256:00')), 'receipt.intent_hash'],
    [file((form) => (form.payload = 'ABCD')), 'payload'],
    [file((form) => (form.signature['sig'] = 'ab')), 'signature.sig'],
    [file((form) => (form.signature['size'] = 2)), 'signature.path'],
  ]
  for (const [text, path] of cases) {
    await expect(effects.submitReceipt(text), text).rejects.toMatchObject({
      code: 'receipt.bad_form',
      path: path === '' ? [] : path.split('.'),
    })
  }
})

interface FileForm {
  receipt: Record<string, unknown>
  payload: string
  signature: Record<string, unknown>
}

test('a journal with batches of receipts verifies offline, and a signature that is not its own does not', async () => {
  const ends: (() => void)[] = []
  await begin(async () => {
    await new Promise<void>((resolve) => {
      ends.push(resolve)
      if (ends.length === 7) for (const end of ends) end()
    })
    return ok('together')
  })
  for (let n = 0; n < 7; n += 1) await host.send(doing('again', n))
  expect(await effects.quiet({ timeoutMs: 5000 })).toBe('quiet')
  const receipts = entriesOf(host).filter(({ kind }) => kind === 'receipt')
  expect(receipts).toHaveLength(7)
  expect(await verifyOpenJournal(host, () => undefined)).toMatchObject({ ok: true })
  const records: JournalRecord[] = []
  for (const batch of host.store.journal.read({ from: 0 })) {
    for (const { height, leaf, bytes } of batch) records.push({ height, leaf: leaf.slice(), bytes: bytes.slice() })
  }
  expect(firstBad(records, () => undefined)).toBeUndefined()
  const [first, second] = records.filter(
    ({ height }) => height === receipts[0]?.height || height === receipts[1]?.height,
  )
  if (first === undefined || second === undefined) throw new Error('expected receipts')
  const borrowed = decodeEntry(second.bytes).ingress.get(2)
  expect(firstBad(records, ({ height }) => (height === first.height ? borrowed : undefined))).toEqual({
    height: first.height,
    path: 'ingress.auth[0]',
    expected: 'a signature that verifies',
    found: 'one that does not',
  })
  const replay = replayJournal(host, { to: undefined, verify: true, onProgress: () => undefined })
  expect(replay.firstDifference).toBeUndefined()
})

/** The first entry whose signatures do not hold, some of them put in the place of what is written. */
function firstBad(records: readonly JournalRecord[], put: (record: JournalRecord) => Data | undefined): unknown {
  const history = new SignatureHistory(() => undefined)
  for (const record of records) {
    const entry = decodeEntry(record.bytes)
    const auth = put(record)
    const ingress = auth === undefined ? entry.ingress : new Map([...entry.ingress, [2, auth] as const])
    const bad = history.verify({ ...entry, ingress }, record)
    if (bad !== undefined) return { height: record.height, ...bad }
  }
  return undefined
}

test('a machine that fails twice at receipts for one intent gives it up, whatever they say', () => {
  const log = new FaultLog(join(world.folder.root, 'faults'))
  effects = createEffectsHost(host, { adapters: [], environment: {} })
  const intentHash = new Uint8Array(32).fill(1)
  const fault = (status: 'ok' | 'unknown', finishedNs: bigint): void => {
    const receipt = { world: host.id, height: 1, intentHash, paramsHash: intentHash, decisionHash: intentHash, adapterId: 'test', status, payloadHash: intentHash, cost: new Map<string, number>(), startedNs: 0n, finishedNs } // prettier-ignore
    const signature = { keyId: intentHash, signature: new Uint8Array(64) }
    log.record({
      kind: 'receipt',
      principal: 'adapter:test',
      receipt,
      payload: Buffer.from(`${finishedNs}`),
      signature,
    })
  }
  fault('unknown', 1n)
  fault('unknown', 2n)
  fault('ok', 3n)
  expect(log.isReceiptQuarantined(formatHash(intentHash))).toBe(false)
  fault('ok', 4n)
  expect(log.isReceiptQuarantined(formatHash(intentHash))).toBe(true)
  expect(new FaultLog(join(world.folder.root, 'faults')).isReceiptQuarantined(formatHash(intentHash))).toBe(true)
})

test('a secret reaches the adapter and nothing else', async () => {
  const seen: unknown[] = []
  await begin(async (call) => {
    seen.push((call.params as { readonly key: unknown }).key) // by test/Params@1
    await call.blobs.put(Buffer.from(`{"authorization":"Bearer ${SECRET}"}`))
    return ok(`echo ${SECRET} and ${Buffer.from(SECRET).toString('base64')}`)
  })
  await host.send(doing('again', 1))
  await effects.quiet({ timeoutMs: 5000 })
  expect(seen).toEqual([{ $tag: 'literal', $value: SECRET }])
  expect(JSON.stringify(entriesOf(host).map(({ derived }) => derived))).not.toContain(SECRET)
  await effects.stop()
  await host.close()
  const holding = filesOf(world.folder.root).filter((file) => {
    const bytes = readFileSync(file)
    return bytes.includes(SECRET) || bytes.includes(Buffer.from(SECRET).toString('base64').slice(0, 28))
  })
  expect(holding).toEqual([])
  host = await world.open()
})

test.each([
  ['secret_missing', {}],
  ['secret_too_short', { TEST_KEY: 'short' }],
])('without a value that will do the adapter is not called: %s', async (code, environment) => {
  const calls = await begin(() => Promise.resolve(ok('called')), environment as { TEST_KEY: string }) // or nothing
  await host.send(doing('once', 1))
  await effects.quiet({ timeoutMs: 5000 })
  expect(calls).toHaveLength(0)
  const [receipt] = entriesOf(host).filter(({ kind }) => kind === 'receipt')
  expect(receipt?.receipt?.status).toBe('error')
  expect(Buffer.from(readBody(receipt)).toString('latin1')).toContain(code)
})

function readBody(entry: ReturnType<typeof entriesOf>[number] | undefined): Uint8Array {
  for (const batch of host.store.journal.read({ from: entry?.height ?? 0, to: entry?.height ?? 0 })) {
    for (const record of batch) return record.bytes.slice()
  }
  throw new Error('there is no such entry')
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesOf(path) : [path]
  })
}
