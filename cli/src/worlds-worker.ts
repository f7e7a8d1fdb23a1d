/** The program of a thread that keeps worlds for a host (spec/15-control.md, "Threads"). */
import { parentPort, workerData } from 'node:worker_threads'
import { serveThread } from '@aos/host'
import { refuseCall } from './daemon/serve-call.ts'
import { startShard } from './daemon/worlds-shard.ts'
import type { ShardSetup } from './daemon/worlds-shard.ts'
import { parseCommandLine, servedVerbs } from './parse-command-line.ts'

if (parentPort !== null) {
  const port = parentPort
  const setup = workerData as ShardSetup // as the host of this release gives it
  const shard = startShard(setup, {
    table: { parse: parseCommandLine, served: servedVerbs },
    log: (line) => {
      port.postMessage({ kind: 'log', line })
    },
  })
  serveThread(port, {
    call: (world, call) => shard.call(world, call).catch((error: unknown) => refuseCall(setup, call, error)),
    list: () => shard.list(),
    stop: (options) => shard.stop(options),
  })
}
