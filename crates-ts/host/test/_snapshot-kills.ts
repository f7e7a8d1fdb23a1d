/** Hosts that are killed while they cut snapshots or take checkpoints, and what must be true afterwards. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { walkSnapshot } from '@aos/kernel'
import { replayJournal, snapshotNotes, valueFromText, verifyOpenJournal } from '../src/index.ts'
import type { HostWorld } from '../src/index.ts'
import { withScript } from './_child-script.ts'
import { EVENT, makeTestWorld, openPushed } from './_world.ts'

/** What came of all lives. */
export interface SnapshotKills {
  readonly acknowledged: number
  /** Acknowledged events that were not where they had been, or not there. */
  readonly lost: number
  readonly snapshots: number
  /** Openings that began with a checkpoint. */
  readonly fromCheckpoint: number
  /** Openings that had to derive everything. */
  readonly fromGenesis: number
  readonly isVerified: boolean
}

/** On a busy machine few lives are long enough for a whole snapshot: up to so many times more are run until there is one. */
const PATIENCE = 8

/** What the hosts do beside taking events: cut all the time, or let short openings bring checkpoints about. */
export type KilledAt = 'snapshots' | 'checkpoints'

const SETTINGS: Readonly<Record<KilledAt, string>> = {
  snapshots: '{"version":1}',
  checkpoints: '{"version":1,"recovery_ms":10}',
}

/** Runs so many lives, or more until one has left what it was killed at; each ends within a few milliseconds after its first durable event. */
export async function runSnapshotKills(lives: number, random: () => number, at: KilledAt): Promise<SnapshotKills> {
  const world = makeTestWorld()
  try {
    writeFileSync(world.folder.settingsFile, SETTINGS[at])
    const first = await openPushed(world)
    await first.close()
    const report = { acknowledged: 0, lost: 0, snapshots: 0, fromGenesis: 0, fromCheckpoint: 0 }
    await withScript('_snapshot-child.ts', async (script) => {
      let isOpenedFromOne = false
      for (let round = 0; round < lives || (!isOpenedFromOne && round < lives * PATIENCE); round += 1) {
        const acks = await live([script, world.folder.root, world.keys, String(round), at], random() * 60)
        const host = await world.open()
        report.acknowledged += acks.length
        report.lost += countLost(host, round, acks)
        const isFromCheckpoint = host.kernel.recovery.changes > 0
        if (isFromCheckpoint) report.fromCheckpoint += 1
        else if (host.snapshot === undefined) report.fromGenesis += 1
        isOpenedFromOne = at === 'checkpoints' ? isFromCheckpoint : host.snapshot !== undefined
        await host.close()
      }
    })
    const host = await world.open()
    const notes = snapshotNotes(host.store)
    for (const { root } of notes) for (const _ of walkSnapshot({ get: host.readContent }, root)) continue
    const whole = replayJournal(host, { to: undefined, verify: true, onProgress: () => undefined })
    const verdict = await verifyOpenJournal(host, () => undefined)
    await host.close()
    return { ...report, snapshots: notes.length, isVerified: whole.ok && verdict.ok }
  } finally {
    world.remove()
  }
}

type Ack = readonly [number, number]

async function live(words: readonly string[], afterMs: number): Promise<readonly Ack[]> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await once(child.stdout, 'data')
  await sleep(afterMs)
  child.kill('SIGKILL')
  await once(child, 'close')
  const whole = output.slice(0, output.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').map(Number))
    .map(([number = 0, height = 0]) => [number, height] as const)
}

/** Each acknowledged event is known by its key, at its height. */
function countLost(host: HostWorld, round: number, acks: readonly Ack[]): number {
  let lost = 0
  for (const [number, height] of acks) {
    const value = valueFromText(host.definitions, EVENT, JSON.stringify({ n: number % 24 }))
    const idempotencyKey = `${round} ${number}`
    const result = host.submit({ kind: 'event', principal: 'local:test', schema: EVENT, value, idempotencyKey })
    if (result.kind !== 'duplicate' || result.height !== height) lost += 1
  }
  return lost
}

/** Numbers from 0 to 1, the same for the same seed. */
export function makeRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
