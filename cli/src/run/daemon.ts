/** `aos run|stop|logs`. */
import { AosError } from '@aos/cbor'
import { WORKERS_MAX, connectControl, connectWorld, controlPlaceOf, readWorldsSettings } from '@aos/host'
import type { ControlClient, ControlPlace } from '@aos/host'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arguments } from '../arguments.ts'
import { usage } from '../arguments.ts'
import type { CommandContext, CommandResult, DaemonFacts } from '../context.ts'
import { optionalMs } from '../duration.ts'
import { EXIT } from '../exit-code.ts'
import { isRecord } from '../record.ts'
import { findWorld } from '../world.ts'
import { connectHost, findWorlds } from './worlds.ts'

/** `aos run`: holds a world, or all worlds of a folder, and serves, here or in a process of its own. */
export async function run(context: CommandContext, args: Arguments): Promise<CommandResult> {
  if (args.optionalText('worlds') !== undefined) return runHost(context, args)
  for (const only of ['workers', 'idle']) {
    if (args.optionalText(only) !== undefined) throw usage(`--${only} goes with --worlds`)
  }
  const folder = findWorld(context, args)
  const acceptLoss = args.flag('accept-loss')
  if (args.flag('detach')) {
    return detach(context, folder.root, ['--world', folder.root, ...(acceptLoss ? ['--accept-loss'] : [])])
  }
  const { runDaemon } = await import('../daemon/daemon.ts')
  return serveHere(folder.root, (onServing) => runDaemon(context, { folder, acceptLoss, onServing }))
}

async function runHost(context: CommandContext, args: Arguments): Promise<CommandResult> {
  if (args.optionalText('world') !== undefined) throw usage('--world and --worlds exclude each other')
  if (args.flag('accept-loss')) throw usage('--accept-loss is for one world: open that one without the host')
  const folder = findWorlds(context, args)
  const settings = readWorldsSettings(folder)
  const workers = args.optionalHeight('workers') ?? settings.workers
  if (workers > WORKERS_MAX) throw usage(`--workers: expected at most ${WORKERS_MAX}`)
  const idleMs = optionalMs(args, 'idle') ?? settings.idleMs
  if (args.flag('detach')) {
    const words = ['--worlds', folder.root, `--workers=${workers}`, `--idle=${idleMs}ms`]
    return detach(context, folder.root, words)
  }
  const { runWorlds } = await import('../daemon/worlds-host.ts')
  return serveHere(folder.root, (onServing) =>
    runWorlds(context, { folder, settings: { ...settings, workers, idleMs }, onServing }),
  )
}

/** Tells the process that started this one, if any, how it went. */
async function serveHere(
  root: string,
  serve: (onServing: (facts: DaemonFacts) => void) => Promise<number>,
): Promise<CommandResult> {
  const tellParent = process.send?.bind(process)
  try {
    const exit = await serve((facts) => tellParent?.({ facts }))
    return { data: { folder: root }, text: '', exit }
  } catch (error) {
    if (error instanceof AosError)
      tellParent?.({ error: { code: error.code, message: error.message, hint: error.hint } })
    throw error
  }
}

const START_MS_MAX = 60_000

/**
 * What the system's parts of a process are told when nobody else told them: buffers are given back to the system when they are
 * freed (glibc), and so many writes may be under way (libuv), as each world waits for its own.
 */
const SYSTEM_SETTINGS = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536', UV_THREADPOOL_SIZE: '16' } as const

/** Starts another process and waits until that serves. */
async function detach(context: CommandContext, root: string, words: readonly string[]): Promise<CommandResult> {
  const command = process.argv[1] ?? ''
  const child = spawn(process.execPath, [...process.execArgv, command, 'run', '--quiet', ...words], {
    cwd: root,
    env: { ...SYSTEM_SETTINGS, ...context.environment },
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const facts = await waitUntilServing(child)
  child.disconnect()
  child.unref()
  const { pid, socket } = facts
  const [option = '', value = ''] = words
  const text = `process ${pid} serves ${root}; end it with \`aos stop ${option} ${value}\``
  return { data: { pid, socket, folder: root }, text }
}

function waitUntilServing(child: ChildProcess): Promise<DaemonFacts> {
  return new Promise((resolve, reject) => {
    const give = (reason: string): void => {
      reject(new AosError('control.start', `the daemon did not come to serve: ${reason}`, { hint: 'see `aos logs`' }))
    }
    const timer = setTimeout(() => {
      child.kill()
      give(`not within ${START_MS_MAX / 1000} s`)
    }, START_MS_MAX)
    child.once('error', (error) => {
      give(error.message)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      give(`it ended with ${code ?? 'a signal'}`)
    })
    child.once('message', (message: unknown) => {
      clearTimeout(timer)
      child.removeAllListeners('exit')
      const { facts, error } = isRecord(message) ? message : {}
      if (isRecord(facts)) {
        const { pid, since, socket } = facts
        resolve({ pid: Number(pid), since: String(since), socket: String(socket) })
      } else if (isRecord(error)) {
        const hint = typeof error['hint'] === 'string' ? error['hint'] : undefined
        reject(new AosError(String(error['code']), String(error['message']), { hint }))
      } else give('it said nothing that is understood')
    })
  })
}

/** Connections get 10 s to end, effects 5 s, and then the worlds of a host 30 s to be closed. */
const STOP_MS_MAX = 60_000
const POLL_MS = 25

/** `aos stop`: asks the daemon or host to end, and waits until its process is gone. */
export async function stop(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const client = await connectNamed(context, args)
  const answer = await client.ask({ verb: 'stop', args: [] })
  client.close()
  const pid = isRecord(answer.data) ? Number(answer.data['pid']) : Number.NaN
  if (!answer.ok || !Number.isSafeInteger(pid)) throw new AosError('control.failed', 'the daemon did not agree to stop')
  for (let waited = 0; isAlive(pid); waited += POLL_MS) {
    if (waited >= STOP_MS_MAX) {
      throw new AosError('control.failed', `process ${pid} does not end`, { hint: 'see `aos logs`' })
    }
    await sleep(POLL_MS)
  }
  return { data: { pid }, text: `process ${pid} has ended` }
}

async function connectNamed(context: CommandContext, args: Arguments): Promise<ControlClient> {
  if (args.optionalText('worlds') !== undefined) return connectHost(findWorlds(context, args))
  const folder = findWorld(context, args)
  const client = await connectControl(controlPlaceOf(folder))
  if (client !== undefined) return client
  const host = await connectWorld(folder)
  host?.close()
  throw new AosError('control.not_running', 'no daemon holds this world alone', {
    hint: host === undefined ? 'start one with `aos run --detach`' : 'end its host with `aos stop --worlds DIR`',
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const FOLLOW_MS = 200
const READ_BYTES = 1 << 16

/** `aos logs`: the last lines of the daemon's log, whether or not it runs. */
export async function logs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const count = args.optionalHeight('count') ?? 0
  const follow = args.flag('follow')
  if (follow && context.json) throw usage('--follow prints lines; it does not go with --json')
  const isHost = args.optionalText('worlds') !== undefined
  const place = isHost ? findWorlds(context, args).place : controlPlaceOf(findWorld(context, args))
  const text = readFrom(`${place.log}.1`, 0) + readFrom(place.log, 0)
  const lines = text.split('\n').slice(0, -1)
  const last = count === 0 ? [] : lines.slice(-count)
  if (!follow) return { data: { lines: last }, text: last.join('\n'), exit: EXIT.ok }
  if (last.length > 0) context.stdout.write(`${last.join('\n')}\n`)
  return followLog(context, place)
}

async function followLog(context: CommandContext, { log }: ControlPlace): Promise<never> {
  for (let seen = sizeOf(log); ;) {
    await sleep(FOLLOW_MS)
    const size = sizeOf(log)
    // Smaller: it was moved away; what was written to it in between is in the other file.
    const from = size < seen ? 0 : seen
    if (size > from) context.stdout.write(readFrom(log, from, size))
    seen = size
  }
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0
}

function readFrom(file: string, from: number, to = Number.MAX_SAFE_INTEGER): string {
  if (!existsSync(file)) return ''
  const fd = openSync(file, 'r')
  try {
    const chunks: Buffer[] = []
    for (let at = from; at < to;) {
      const chunk = Buffer.alloc(Math.min(READ_BYTES, to - at))
      const read = readSync(fd, chunk, 0, chunk.length, at)
      if (read === 0) break
      chunks.push(chunk.subarray(0, read))
      at += read
    }
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    closeSync(fd)
  }
}
