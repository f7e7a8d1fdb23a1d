/** `aos doctor clock` and `aos clock advance`. */
import { parseDuration, parseInstant } from '@aos/air'
import type { HostWorld } from '@aos/host'
import type { TurnResult } from '@aos/kernel'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { settleEffects } from '../daemon/effects.ts'
import { withWorld } from '../world.ts'

/** Wall clock beside the time of the world; with --accept the wall clock is journaled and believed. */
export async function doctorClock(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const before = report(host)
    if (!args.flag('accept')) return { data: before, text: lines(before).join('\n') }
    const height = heightOf(await host.acceptClock())
    const data = { ...report(host), accepted_height: height }
    return { data, text: [...lines(data), `accepted at height ${height}`].join('\n') }
  })
}

/** Moves the time of a world with a virtual clock. */
export async function clockAdvance(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const duration = args.optionalText('duration')
  const to = args.optionalText('to')
  if ((duration === undefined) === (to === undefined)) throw usage('expected a DURATION or --to TIME')
  return withWorld(context, args, async (host) => {
    const from = host.kernel.time.logicalNowNs
    const now = to === undefined ? from + durationOf(duration ?? '') : instantOf(to)
    const height = heightOf(await host.setClock(now))
    const waited = await settleEffects(context, args, host)
    const data = { height, from_ns: String(from), now_ns: String(now), time: timeText(now), waited }
    return { data, text: `height ${height}: it is ${data.time}` }
  })
}

function heightOf(result: TurnResult): number {
  if (result.kind === 'refused') throw result.error
  return result.height
}

function durationOf(text: string): bigint {
  const duration = parseDuration(text)
  if (duration === undefined || duration < 0n) throw usage(`expected a duration such as 90s or P1D, found ${text}`)
  return duration
}

function instantOf(text: string): bigint {
  const instant = parseInstant(text)
  if (instant === undefined || instant < 0n) throw usage(`--to: expected an RFC 3339 time, found ${text}`)
  return instant
}

interface ClockData {
  readonly clock: 'real' | 'virtual' | null
  readonly held: boolean
  readonly wall_ns: string
  /** What an event would be stamped with. */
  readonly stamped_ns: string
  /** Stamp of the last entry. */
  readonly last_now_ns: string
  readonly logical_now_ns: string
  /** How far the wall clock is ahead of the last entry. */
  readonly jump_ns: string
}

function report(host: HostWorld): ClockData {
  const { clock, nowNs, logicalNowNs } = host.kernel.time
  const isVirtual = clock === 'virtual'
  const { held = false, wallNs = 0n, stampedNs = 0n } = host.clock ?? {}
  return {
    clock: clock ?? null,
    held: held && !isVirtual,
    wall_ns: String(wallNs),
    stamped_ns: String(isVirtual ? logicalNowNs : stampedNs),
    last_now_ns: String(nowNs),
    logical_now_ns: String(logicalNowNs),
    jump_ns: String(wallNs - nowNs),
  }
}

function lines(data: ClockData): readonly string[] {
  const hint = data.held ? ['the jump is held; `aos doctor clock --accept` believes the wall clock'] : []
  return [
    `clock         ${data.clock ?? 'no genesis yet'}`,
    `wall clock    ${timeText(BigInt(data.wall_ns))}`,
    `next stamp    ${timeText(BigInt(data.stamped_ns))}`,
    `last entry    ${timeText(BigInt(data.last_now_ns))}`,
    `logical now   ${timeText(BigInt(data.logical_now_ns))}`,
    `jump          ${Number(BigInt(data.jump_ns) / 1_000_000n) / 1000} s`,
    ...hint,
  ]
}

function timeText(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString()
}
