/** Events that bring checkpoints about, and a crash behind them. */
import { cpSync, renameSync, rmSync } from 'node:fs'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { EventIngress } from '@aos/kernel'
import { recoveryCost, valueFromText } from '../src/index.ts'
import type { HostWorld } from '../src/index.ts'
import { EVENT } from './_world.ts'
import type { TestWorld } from './_world.ts'

/** Few have a key: each is a change, and with one for every event snapshots would do as well. */
export function makeEvent(host: HostWorld, number: number): EventIngress {
  const value = valueFromText(host.definitions, EVENT, JSON.stringify({ n: number % 24 }))
  const event = { kind: 'event', principal: 'local:test', schema: EVENT, value } as const
  return number % 8 === 3 ? { ...event, idempotencyKey: `key ${number}` } : event
}

/** With `recovery_ms` 10; ends when what is due has been taken and is durable, or when it does not come. */
export async function sendMany(host: HostWorld, from: number, count: number): Promise<void> {
  for (let number = from; number < from + count; number += 1) {
    host.submit(makeEvent(host, number))
    if (number % 50 === 49) await host.read(() => undefined)
  }
  await host.read(() => undefined)
  for (let turns = 0; turns < 2000 && recoveryCost(host.kernel) > 6; turns += 1) {
    await nextTurn()
    // The disk of a busy machine takes longer than all these turns.
    if (turns >= 1000) await sleep(1)
  }
}

/** As a crash leaves it: a copy of what is on the disk, in the place of the world. What was seen last comes back. */
export async function crashWorld<T>(
  world: Pick<TestWorld, 'folder'>,
  host: HostWorld,
  look: (host: HostWorld) => T,
): Promise<T> {
  const { root } = world.folder
  await host.durable()
  cpSync(root, `${root}.copy`, { recursive: true })
  const looked = look(host)
  await host.close()
  rmSync(root, { recursive: true })
  renameSync(`${root}.copy`, root)
  return looked
}
