/**
 * One life of a host that performs effects, up to the moment at which it kills itself: `folder keys calls kind n point`. Every call is
 * written to the file `calls` and synced while it is made. With the point `never` it goes on until all is quiet; `after N` kills N
 * milliseconds after the start.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { encodeNode } from '@aos/cbor'
import { createEffectsHost, openWorld, worldFolderAt } from '../src/index.ts'
import { DispatchLog } from '../src/dispatch/dispatch-log.ts'

const [folder = '', keys = '', callsFile = '', kind = '', n = '0', point = ''] = process.argv.slice(2)
const host = await openWorld(worldFolderAt(folder), { environment: { AOS_KEY_DIR: keys }, lockWaitMs: 2000 })

/** Nothing of this process runs after it. */
function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Only what the event of this life asked for dies; what earlier lives left is worked off first. */
let armed = false
const dieAt = (here: string): void => {
  if (armed && here === point) die()
}

const { mark } = DispatchLog.prototype
DispatchLog.prototype.mark = async function (this: DispatchLog, ...args) {
  dieAt('before-mark')
  await mark.apply(this, args)
  dieAt('after-mark')
}
const submit = host.submit.bind(host)
host.submit = (ingress) => {
  if (ingress.kind === 'receipt') dieAt('before-submit')
  const result = submit(ingress)
  if (ingress.kind === 'receipt') dieAt('before-durable')
  return result
}
const effects = createEffectsHost(host, {
  environment: { TEST_KEY: 'a-key-that-nobody-may-see' },
  onEvent: (event) => {
    if (event.type === 'receipt') dieAt('after-durable')
  },
  adapters: [
    {
      id: 'test',
      kinds: ['test.once', 'test.again'],
      async perform(call) {
        const file = openSync(callsFile, 'a')
        writeSync(file, `${call.effectKind} ${call.idempotencyKey} ${call.attempt}\n`)
        fsyncSync(file)
        closeSync(file)
        dieAt('during-call')
        await Promise.resolve()
        return { status: 'ok', payload: { answer: 'done' }, cost: new Map([['calls', 1]]) }
      },
      close: () => Promise.resolve(),
    },
  ],
})
await effects.start()
await effects.quiet({ timeoutMs: 10_000 })
armed = true
const afterMs = /^after-([0-9]+)$/.exec(point)?.[1]
if (afterMs !== undefined) setTimeout(die, Number(afterMs))
if (kind !== '') {
  const value = encodeNode({ n: Number(n) })
  await host.send({ kind: 'event', principal: 'local:test', schema: `test/Do_${kind}@1`, value })
}
await effects.quiet({ timeoutMs: 10_000 })
await effects.stop()
await host.close()
