/** A newer engine comes into force between checkpoints (spec/06-kernel.md, "Engine"; spec/16-snapshots.md, "Checkpoints"). */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashBytes, sha256 } from '@aos/cbor'
import type { IntentReport } from '@aos/kernel'
import {
  engineDigest,
  engineDigests,
  ensureOwnerKey,
  findHostKey,
  localSigningWorld,
  nodeSha256,
  push,
  recoveryCost,
  replayJournal,
  setEngine,
  signReceipts,
} from '../src/index.ts'
import type { HostWorld } from '../src/index.ts'
import { createHostKey } from '../src/keys/key-ring.ts'
import { crashWorld } from './_checkpoint-world.ts'
import { doing, makeEffectWorld, nap } from './_effect-world.ts'
import type { EffectWorld } from './_effect-world.ts'
import { PUSH } from './_world.ts'

const RECOVERY_MS = 30
const SECOND = 1_000_000_000n
const START = 1_800_000_000n * SECOND

let world: EffectWorld

beforeEach(() => {
  world = makeEffectWorld()
  writeFileSync(world.folder.settingsFile, `{"version":1,"recovery_ms":${RECOVERY_MS}}`)
})

afterEach(() => {
  world.remove()
})

/** Pushed, with a virtual clock, under an engine that this release only knows. */
async function makeUnder(engine: HostWorld['kernel']['engineDigest']): Promise<HostWorld> {
  const host = await world.open()
  await host.send({
    kind: 'genesis',
    principal: 'local:test',
    nonce: new Uint8Array(randomBytes(16)),
    clock: 'virtual',
    entropy: 'os',
    ownerKeys: [ensureOwnerKey(world.keys).key.publicKey],
    hostKeys: [createHostKey(world.keys).publicKey],
    engine,
  })
  await push(host, PUSH)
  return host
}

/** What an adapter would say of the intent: from then on it is settled. */
function settle(host: HostWorld, intent: IntentReport): void {
  const payload = intent.receipt.codec.encode({ answer: 'done' }).slice()
  const receipt = {
    world: host.id,
    height: intent.height,
    intentHash: hashBytes(intent.hash),
    paramsHash: intent.paramsHash,
    decisionHash: intent.decisionHash,
    adapterId: intent.adapter,
    status: 'ok' as const,
    payloadHash: sha256(nodeSha256, payload),
    cost: new Map<string, number>(),
    startedNs: 1n,
    finishedNs: 2n,
  }
  const [signed] = signReceipts(findHostKey(host.keyFolder, host.kernel.keys), [{ receipt, payload }])
  if (signed === undefined) throw new Error('nothing was signed')
  const settled = host.submit({ kind: 'receipt', principal: 'local:test', ...signed })
  expect(settled.kind).toBe('accepted')
}

/** Plans begin, wait, are over in time or cancelled, and have what they asked for. */
async function live(host: HostWorld, from: number, count: number): Promise<void> {
  const base = { principal: 'local:test' }
  for (let number = from; number < from + count; number += 1) {
    host.submit(number % 3 === 0 ? nap() : doing(number % 3 === 1 ? 'again' : 'once', number))
    if (number % 7 === 0) host.submit({ kind: 'clock', ...base, nowNs: START + (BigInt(number) * SECOND) / 100n })
    if (number % 5 === 0) host.submit({ kind: 'tick', ...base })
    const [first] = number % 4 === 0 ? host.kernel.listInstances() : []
    if (first !== undefined) host.submit({ kind: 'cancel', ...base, instance: first.id })
    const [asked] = number % 2 === 0 ? host.kernel.listIntents() : []
    if (asked !== undefined) settle(host, asked)
    if (number % 25 === 24) await host.read(() => undefined)
  }
  await host.read(() => undefined)
  for (let looks = 0; looks < 1000 && recoveryCost(host.kernel) > RECOVERY_MS * 0.6; looks += 1) await sleep(1)
}

function look({ kernel }: HostWorld): unknown {
  const { head, engineDigest: engine, time, lastCut, nextDueNs } = kernel
  const instances = [...kernel.listInstances()].map(({ id, plan, steps }) => [id, plan, steps.length])
  const intents = [...kernel.listIntents()].map(({ hash, status, height }) => [hash, status, height])
  return [head, engine, { ...time }, lastCut, nextDueNs, instances, intents]
}

// Before semantics 2 there are no plans; before 3 no checkpoints, so that all that was comes to be in the first one.
test.each([
  { semantics: 2, before: 900, behind: 1300 },
  { semantics: 2, before: 1400, behind: 20 },
  { semantics: 3, before: 900, behind: 1300 },
  { semantics: 3, before: 1400, behind: 20 },
])('of $before events under kernel semantics $semantics and $behind behind them', async (life) => {
  const engine = engineDigests()[life.semantics - 1]
  if (engine === undefined) throw new Error('this release knows all engines')
  const host = await makeUnder(engine)
  await live(host, 0, life.before)
  await setEngine(localSigningWorld(host), engineDigest())
  await live(host, life.before, life.behind)
  const looked = await crashWorld(world, host, look)
  const again = await world.open()
  expect(again.kernel.recovery.changes).toBeGreaterThan(0)
  expect(look(again)).toEqual(looked)
  await live(again, life.before + life.behind, 200)
  await again.createSnapshot()
  // Its root is compared with what a replay from genesis comes to.
  const verified = replayJournal(again, { to: undefined, verify: true, onProgress: () => undefined })
  expect(verified.firstDifference).toBeUndefined()
  await again.close()
})
