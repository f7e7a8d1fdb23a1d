/** A process that holds a world (`aos run`), and the memory that it takes. */
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectControl, controlPlaceOf } from '@aos/host'
import type { ControlClient } from '@aos/host'
import { launcherOf } from './bench-world.ts'
import type { BenchWorld } from './bench-world.ts'

const POLL_MS = 20
/** A world of a million entries is replayed when it is opened. */
const START_MS_MAX = 180_000
const SAMPLE_MS = 20

export interface HostProcess {
  readonly pid: number
  /** Bytes of memory that the process has now. */
  memory(): number
  /** Ends the process in an orderly way and waits for it. */
  stop(): Promise<void>
  /** Ends the process where it stands and waits for it. */
  kill(): Promise<void>
}

/** Starts `aos run` on the world and waits until it serves. Throws when it ends before that or takes minutes. */
export async function startHostProcess(root: string, bench: BenchWorld): Promise<HostProcess> {
  const words = [launcherOf(root), 'run', '--quiet', '--world', bench.folder.root]
  const child = spawn(process.execPath, words, { env: { ...bench.environment }, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve()
    })
    child.once('error', () => {
      resolve()
    })
  })
  try {
    const client = await connectWhenServing(child, bench)
    client.close()
  } catch (error) {
    child.kill()
    await ended
    throw error
  }
  const pid = child.pid ?? 0
  return {
    pid,
    memory: () => residentBytes(pid),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function connectWhenServing(child: ChildProcess, bench: BenchWorld): Promise<ControlClient> {
  const place = controlPlaceOf(bench.folder)
  for (let waited = 0; waited < START_MS_MAX; waited += POLL_MS) {
    const client = await connectControl(place)
    if (client !== undefined) return client
    if (child.exitCode !== null || child.pid === undefined) throw new Error('`aos run` ended before it served')
    await sleep(POLL_MS)
  }
  throw new Error(`\`aos run\` did not serve within ${START_MS_MAX / 1000} s`)
}

/** Resident set of a process in bytes. */
export function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`
  const kibibytes = existsSync(status)
    ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  const bytes = Number(kibibytes) * 1024
  if (!(bytes > 0)) throw new Error(`the memory of process ${pid} cannot be read`)
  return bytes
}

/** The most memory that the process had, sampled, while the work was done. */
export async function peakMemory(host: HostProcess, work: () => Promise<unknown>): Promise<number> {
  let peak = host.memory()
  const sampler = setInterval(() => {
    peak = Math.max(peak, host.memory())
  }, SAMPLE_MS)
  try {
    await work()
  } finally {
    clearInterval(sampler)
  }
  return Math.max(peak, host.memory())
}
