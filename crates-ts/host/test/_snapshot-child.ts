/**
 * One life of a host that sends events and cuts snapshots all the time, until somebody kills it: `folder keys round snapshots|checkpoints`. Checkpoints
 * come by themselves. Durable events are lines `<number> <height>`: all, or those with a key, for each key is a change.
 */
import { writeSync } from 'node:fs'
import { openWorld, valueFromText, worldFolderAt } from '../src/index.ts'
import { EVENT } from './_world.ts'

const [folder = '', keys = '', round = '', at = ''] = process.argv.slice(2)
const host = await openWorld(worldFolderAt(folder), { environment: { AOS_KEY_DIR: keys }, lockWaitMs: 2000 })
const values = Array.from({ length: 24 }, (_, n) => valueFromText(host.definitions, EVENT, JSON.stringify({ n })))

async function cutForever(): Promise<never> {
  for (;;) await host.createSnapshot()
}

if (at === 'snapshots') {
  cutForever().catch((error: unknown) => {
    throw error
  })
}
for (let number = 0; ;) {
  const sent: string[] = []
  for (let count = 0; count < 40; count += 1, number += 1) {
    const value = values[number % 24] ?? new Uint8Array(0)
    const event = { kind: 'event', principal: 'local:test', schema: EVENT, value } as const
    const isTold = at === 'snapshots' || number % 8 === 0
    const result = host.submit(isTold ? { ...event, idempotencyKey: `${round} ${number}` } : event)
    if (isTold && result.kind === 'accepted') sent.push(`${number} ${result.height}\n`)
  }
  host.flush()
  await host.durable()
  writeSync(1, sent.join(''))
}
