/** Two processes on one world: one that may not have it, and one that lost its lock while it was stopped. */
import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { collect } from './command.ts'
import type { Head, Ran, Sandbox, Summary, Tail } from './command.ts'
import { expectSound } from './crash.ts'
import type { Ack } from './crash.ts'
import { pickInteger } from './random.ts'
import { COUNTER } from './worlds.ts'

export interface Rivals {
  readonly sandbox: Sandbox
  readonly world: string
  /** Events of the first writer, more than it can send before it is stopped, and of the second. */
  readonly lines: readonly [number, number]
  readonly random: () => number
}

/** A stream of events that say whose they are by their idempotency key. */
function writeStream(sandbox: Sandbox, whose: string, count: number): string {
  const file = sandbox.path(`${whose}.ndjson`)
  const lines = Array.from(
    { length: count },
    (_, line) => `{"value":{"Tick":null},"idempotency_key":"${whose}-${line}"}\n`,
  )
  writeFileSync(file, lines.join(''))
  return file
}

function streamArguments(world: string, file: string): readonly string[] {
  return ['event', 'send', COUNTER.event, `@${file}`, '--ndjson', '--envelope', '--acks', '--world', world]
}

function parseAcks(stdout: string): readonly Ack[] {
  const complete = stdout.slice(0, stdout.lastIndexOf('\n') + 1)
  const lines = complete.split('\n').filter((line) => line !== '')
  // The two kinds of line that --acks writes.
  return lines.map((line) => JSON.parse(line) as Ack | Summary).flatMap((line) => ('event_id' in line ? [line] : []))
}

async function firstOutput(child: ChildProcess, ended: Promise<Ran>): Promise<void> {
  if (child.stdout !== null) await Promise.race([once(child.stdout, 'data'), ended])
}

/** While one process sends a stream, another one is turned away; nothing of the stream is lost. */
export async function runLockedOut({ sandbox, world, lines }: Rivals): Promise<void> {
  const base = await sandbox.data<Head>(['journal', 'head', '--world', world])
  const file = writeStream(sandbox, 'first', lines[0])
  const child = sandbox.start([
    'event',
    'send',
    COUNTER.event,
    '@-',
    '--ndjson',
    '--envelope',
    '--acks',
    '--world',
    world,
  ])
  const ended = collect(child)
  const text = readFileSync(file, 'utf8')
  const half = text.indexOf('\n', text.length / 2) + 1
  child.stdin?.write(text.slice(0, half))
  await firstOutput(child, ended)
  // The stream pauses, so its process has the world for as long as this takes.
  const second = await sandbox.ask(['event', 'send', COUNTER.event, '{"Tick":null}', '--world', world])
  expect(second).toMatchObject({ ok: false, exit: 6, error: { code: 'store.locked' } })
  child.stdin?.end(text.slice(half))
  const first = await ended
  expect(first.code, first.stderr).toBe(0)
  expect(await eventHeights(sandbox, world, base)).toEqual(parseAcks(first.stdout).map(({ height }) => height))
  expect(parseAcks(first.stdout)).toHaveLength(lines[0])
  await expectSound(sandbox, world)
}

/**
 * Stops a writer in the middle of a stream, takes its lock away, lets another one work, and lets the first go on. False
 * when the first had finished before it was stopped.
 */
export async function runStoppedWriter(rivals: Rivals): Promise<boolean> {
  const { sandbox, world, lines, random } = rivals
  const files = [writeStream(sandbox, 'first', lines[0]), writeStream(sandbox, 'second', lines[1])] as const
  const base = await sandbox.data<Head>(['journal', 'head', '--world', world])
  const child = sandbox.start(streamArguments(world, files[0]))
  const ended = collect(child)
  await firstOutput(child, ended)
  await new Promise((resolve) => setTimeout(resolve, pickInteger(random, { low: 0, high: 120 })))
  child.kill('SIGSTOP')
  await stopped(child)
  removeLocks(join(world, '.aos/world'))
  const second = await sandbox.run(streamArguments(world, files[1]))
  child.kill('SIGCONT')
  const first = await ended
  expect(second.code, second.stderr).toBe(0)
  const acks = [parseAcks(first.stdout), parseAcks(second.stdout)] as const
  expect(acks[1].length).toBe(lines[1])
  const finished = first.code === 0
  if (!finished) {
    expect(first.code, first.stderr).toBe(6)
    expect(first.stderr).toMatch(/\[(host|store)\.fenced\]/)
    expect(acks[0].length).toBeLessThan(lines[0])
  }
  await expectSound(sandbox, world)
  await expectStanding(rivals, { files, acks, base })
  return !finished
}

/** Sent again, what was acknowledged is where it was, and in the end every event is there once. */
async function expectStanding(
  { sandbox, world, lines }: Rivals,
  promised: {
    readonly files: readonly [string, string]
    readonly acks: readonly [readonly Ack[], readonly Ack[]]
    readonly base: Head
  },
): Promise<void> {
  for (const [index, file] of promised.files.entries()) {
    const again = await sandbox.run(streamArguments(world, file))
    expect(again.code, again.stderr).toBe(0)
    const standing = new Map(parseAcks(again.stdout).map((ack) => [ack.line, ack.event_id]))
    const moved = promised.acks[index]?.filter((ack) => standing.get(ack.line) !== ack.event_id)
    expect(moved).toEqual([])
  }
  expect(await eventHeights(sandbox, world, promised.base)).toHaveLength(lines[0] + lines[1])
}

/** Where the events behind a head stand, in order. Snapshots stand between them. */
async function eventHeights(sandbox: Sandbox, world: string, base: Head): Promise<readonly number[]> {
  const { height } = await sandbox.data<Head>(['journal', 'head', '--world', world])
  const tail = ['journal', 'tail', '--count', String(height - base.height), '--world', world]
  const { entries } = await sandbox.data<Tail>(tail)
  expect(entries).toHaveLength(height - base.height)
  return entries.filter(({ kind }) => kind === 'event').map((entry) => entry.height)
}

/** Waits until the process really stands still, or is over. */
async function stopped(child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < 5000 && child.exitCode === null; waited += 5) {
    try {
      // The state stands behind the name, which is in brackets.
      const state = readFileSync(`/proc/${child.pid ?? 0}/stat`, 'utf8').replace(/^.*\) /s, '')
      if (/^[TZX]/.test(state)) return
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** What an impatient person does with a world that is said to be locked. */
function removeLocks(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.name === 'LOCK') rmSync(join(entry.parentPath, entry.name))
  }
}
