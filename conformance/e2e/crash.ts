/** Kills a writer at a random moment and asks what is left. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { collect } from './command.ts'
import type { Head, Sandbox, Summary, Verdict } from './command.ts'
import { pickInteger } from './random.ts'

/** An event that was acknowledged as durable: the line it came from and where it stands. */
export interface Ack {
  readonly line: number
  readonly height: number
  readonly event_id: string
}

export interface CrashRound {
  readonly sandbox: Sandbox
  readonly world: string
  readonly schema: string
  /** Values, one event each. */
  readonly lines: readonly string[]
  readonly random: () => number
}

export interface CrashReport {
  readonly acknowledged: number
  /** Height found after the kill. */
  readonly height: number
  readonly finished: boolean
}

/**
 * Feeds all lines, kills, reopens, checks every promise, then feeds all of them again: what was acknowledged must stand
 * where it stood, and in the end each event must be there once.
 */
export async function runCrashRound(round: CrashRound): Promise<CrashReport> {
  const { sandbox, world, lines } = round
  const file = sandbox.path('events.ndjson')
  const envelopes = lines.map((value, line) => `{"value":${value},"idempotency_key":"line-${line}"}\n`)
  writeFileSync(file, envelopes.join(''))
  const base = await sandbox.data<Head>(['journal', 'head', '--world', world])

  const { acks, finished } = await feedAndKill(round, file)
  const last = acks.at(-1)
  const head = await sandbox.data<Head>(['journal', 'head', '--world', world])
  expect(head.height).toBeGreaterThanOrEqual(last?.height ?? base.height)
  await expectSound(sandbox, world)

  const again = await feed(round, file)
  const heights = new Map(again.acks.map((ack) => [ack.line, ack]))
  const moved = acks.filter((ack) => heights.get(ack.line)?.event_id !== ack.event_id)
  expect(moved).toEqual([])
  expect(again.summary).toMatchObject({ sent: lines.length, refused: 0 })
  const end = await sandbox.data<Head>(['journal', 'head', '--world', world])
  // Each once; what else the journal has are snapshots.
  expect(new Set(again.acks.map(({ height }) => height)).size).toBe(lines.length)
  expect(end.height).toBeGreaterThanOrEqual(base.height + lines.length)
  return { acknowledged: acks.length, height: head.height, finished }
}

/** Both proofs hold, over as many entries as there are. */
export async function expectSound(sandbox: Sandbox, world: string): Promise<void> {
  const head = await sandbox.data<Head>(['journal', 'head', '--world', world])
  for (const command of [['verify'], ['replay', '--verify']]) {
    const verdict = await sandbox.data<Verdict>(['journal', ...command, '--world', world])
    expect(verdict, command.join(' ')).toMatchObject({ ok: true, entries: head.entries, root: head.log_root })
  }
}

function sendArguments(round: CrashRound, file: string): readonly string[] {
  const flags = ['--ndjson', '--envelope', '--acks', '--json']
  return ['event', 'send', round.schema, `@${file}`, ...flags, '--world', round.world]
}

/** Complete lines only: the last one may have been cut by the kill. */
function parseLines(stdout: string): readonly (Ack | Summary)[] {
  const complete = stdout.slice(0, stdout.lastIndexOf('\n') + 1)
  return complete
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Ack | Summary) // the two kinds of line that --acks writes
}

function isAck(line: Ack | Summary): line is Ack {
  return 'event_id' in line
}

async function feed(
  round: CrashRound,
  file: string,
): Promise<{ readonly acks: readonly Ack[]; readonly summary: Summary | undefined }> {
  const ran = await round.sandbox.run(sendArguments(round, file))
  expect(ran.code, ran.stderr).toBe(0)
  const lines = parseLines(ran.stdout)
  const summary = lines.find((line) => !isAck(line))
  return { acks: lines.filter(isAck), summary: summary !== undefined && !isAck(summary) ? summary : undefined }
}

/** Most kills come soon after the first acknowledgement, some before it. */
async function feedAndKill(
  round: CrashRound,
  file: string,
): Promise<{ readonly acks: readonly Ack[]; readonly finished: boolean }> {
  const child = round.sandbox.start(sendArguments(round, file))
  const early = round.random() < 0.2
  const delayMs = pickInteger(round.random, { low: 0, high: early ? 400 : 250 })
  const ended = collect(child)
  if (!early && child.stdout !== null) await Promise.race([once(child.stdout, 'data'), ended])
  const timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
  const ran = await ended
  clearTimeout(timer)
  return { acks: parseLines(ran.stdout).filter(isAck), finished: ran.code === 0 }
}
