/** Ends a process that hangs: code without an end cannot be stopped from its own thread. */
import { Worker } from 'node:worker_threads'

const SOURCE = `
const { workerData } = require('node:worker_threads')
const { writeSync } = require('node:fs')
const [progress, seconds, seed] = [new Int32Array(workerData.shared), workerData.seconds, workerData.seed]
let last = -1
let since = Date.now()
setInterval(() => {
  const now = Atomics.load(progress, 0)
  if (now !== last) { last = now; since = Date.now() }
  else if (Date.now() - since > seconds * 1000) {
    writeSync(2, 'HANG: no progress for ' + seconds + ' s in module ' + now + ' of seed ' + seed + '\\n')
    process.kill(process.pid, 'SIGKILL')
  }
}, 500)
`

export interface Watchdog {
  /** The module that is being checked. */
  progress(index: number): void
  stop(): Promise<void>
}

/** Names the module and kills the process when `progress` is not called for so long. */
export function startWatchdog(seed: number, seconds = 30): Watchdog {
  const shared = new SharedArrayBuffer(4)
  const cell = new Int32Array(shared)
  const worker = new Worker(SOURCE, { eval: true, workerData: { shared, seconds, seed }, execArgv: [] })
  worker.unref()
  return {
    progress(index) {
      Atomics.store(cell, 0, index)
    },
    async stop() {
      await worker.terminate()
    },
  }
}
