/** Events into an open world, and how many a second. */
import { EventPipeline } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { EventIngress } from '@aos/kernel'
import { now } from './measure.ts'

/** Pipelined: from the first push to the last reply, each of which is durable. Throws when an event was not accepted. */
export async function pump(host: HostWorld, events: number, next: (index: number) => EventIngress): Promise<number> {
  let replies = 0
  const pipeline = new EventPipeline<undefined>(host, (reply) => {
    if (reply.kind === 'accepted') replies += 1
  })
  const started = now()
  for (let sent = 0; sent < events; sent += 1) {
    pipeline.push(next(sent), undefined)
    const room = pipeline.room()
    if (room !== undefined) await room
  }
  await pipeline.end()
  const seconds = (now() - started) / 1000
  if (replies !== events) throw new Error(`${replies} of ${events} events were accepted`)
  return events / seconds
}

/** One after the other, each answered before the next is sent. */
export async function sendEach(
  host: HostWorld,
  events: number,
  next: (index: number) => EventIngress,
): Promise<number> {
  const started = now()
  for (let sent = 0; sent < events; sent += 1) {
    const reply = await host.send(next(sent))
    if (reply.kind !== 'accepted') throw new Error(`an event was ${reply.kind}`)
  }
  return events / ((now() - started) / 1000)
}
