/** `aos event send --ndjson`: many events, pipelined, each durable before it counts. */
import { formatJson, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import { EventPipeline, localPrincipal } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { TurnResult } from '@aos/kernel'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { settleEffects } from '../daemon/effects.ts'
import { makeEvent } from '../event-text.ts'
import type { EventText } from '../event-text.ts'
import { EXIT } from '../exit-code.ts'
import { makeHeldClockWarning } from '../held-clock.ts'
import { openArgumentStream } from '../input.ts'
import { readLines } from '../ndjson.ts'
import type { Line } from '../ndjson.ts'
import { withWorld } from '../world.ts'

/** Refusals that are spelled out on standard error; the rest is only counted. */
const REFUSALS_SHOWN = 10

interface Tally {
  sent: number
  accepted: number
  duplicates: number
  refused: number
  first: number | undefined
  last: number | undefined
}

/** `aos event send --ndjson`: a line is an event; many are under way at once, answered in order. */
export async function eventStream(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const started = performance.now()
    const tally: Tally = { sent: 0, accepted: 0, duplicates: 0, refused: 0, first: undefined, last: undefined }
    await sendLines(context, args, { host, tally })
    await settleEffects(context, args, host)
    const seconds = Math.round(performance.now() - started) / 1000
    const summary = {
      sent: tally.sent,
      accepted: tally.accepted,
      refused: tally.refused,
      duplicates: tally.duplicates,
      first_height: tally.first ?? null,
      last_height: tally.last ?? null,
      seconds,
    }
    const exit = tally.refused === 0 ? EXIT.ok : EXIT.failed
    // With --acks the lines before this one are bare, and so is the summary.
    const bare = args.flag('acks') || !context.json
    return { data: summary, text: '', exit, ...(bare ? { lastLine: summary } : {}) }
  })
}

async function sendLines(
  context: CommandContext,
  args: Arguments,
  work: { readonly host: HostWorld; readonly tally: Tally },
): Promise<void> {
  const { host, tally } = work
  const schema = args.text('schema')
  const acks = args.flag('acks')
  const envelope = args.flag('envelope')
  const given = { schema, key: args.optionalText('key'), idempotencyKey: args.optionalText('idempotency-key') }
  const { id } = host
  const principal = localPrincipal()
  let acknowledged = ''
  const deliver = (): void => {
    context.stdout.write(acknowledged)
    acknowledged = ''
  }
  const refuse = (line: number, error: AosError): void => {
    tally.refused += 1
    if (tally.refused <= REFUSALS_SHOWN) context.stderr.write(`line ${line}: ${error.message} [${error.code}]\n`)
    if (tally.refused === REFUSALS_SHOWN + 1) context.stderr.write('further refusals are only counted\n')
  }
  const warnWhenHeld = makeHeldClockWarning(context, host)
  const pipeline = new EventPipeline<number>(host, (reply, line) => {
    if (reply.kind === 'refused') refuse(line, reply.error)
    else {
      count(tally, reply)
      if (!acks) return
      // Once for all replies of a group, which come one after the other.
      if (acknowledged === '') queueMicrotask(deliver)
      acknowledged += `{"line":${line},"height":${reply.height},"event_id":"${id}:${reply.height}.0"}\n`
    }
  })
  const push = (line: Line): void => {
    tally.sent += 1
    try {
      const text = envelope ? openEnvelope(line, schema) : { ...given, value: parseJson(line.text) }
      pipeline.push(makeEvent(host, text, principal), line.number)
    } catch (error) {
      if (!isAosError(error) || error.code.startsWith('host.fault') || error.code === 'host.stopped') throw error
      refuse(line.number, error)
    }
  }
  const slice = context.held?.share.begin(host.folder.root)
  try {
    for await (const lines of readLines(openArgumentStream(context, args.optionalText('value')))) {
      slice?.run()
      for (const line of lines) {
        push(line)
        if (slice?.isOver() === true) {
          pipeline.flush()
          await slice.pass()
        }
        const full = pipeline.room()
        if (full === undefined) continue
        await full
        context.progress.report(`${tally.accepted} accepted, ${tally.refused} refused`)
      }
      // A source that pauses must not hold back what it sent.
      pipeline.flush()
      warnWhenHeld()
      slice?.rest()
    }
  } finally {
    slice?.rest()
  }
  await pipeline.end()
}

function count(tally: Tally, reply: Exclude<TurnResult, { readonly kind: 'refused' }>): void {
  if (reply.kind === 'duplicate') {
    tally.duplicates += 1
    return
  }
  tally.accepted += 1
  tally.first ??= reply.height
  tally.last = reply.height
}

const ENVELOPE_MEMBERS: readonly string[] = ['value', 'key', 'idempotency_key']

/** `{value, key?, idempotency_key?}`. Throws `cli.bad_line`, `air.bad_json`. */
function openEnvelope(line: Line, schema: string): EventText {
  const node = parseJson(line.text)
  if (!isJsonObject(node)) throw badEnvelope(line, 'expected an object {value, key?, idempotency_key?}')
  for (const member of node.keys()) {
    if (!ENVELOPE_MEMBERS.includes(member))
      throw badEnvelope(line, `expected only value, key, idempotency_key, found ${member}`)
  }
  const value = node.get('value')
  if (value === undefined) throw badEnvelope(line, 'expected a value')
  const idempotencyKey = node.get('idempotency_key')
  if (idempotencyKey !== undefined && typeof idempotencyKey !== 'string')
    throw badEnvelope(line, 'idempotency_key: expected a text')
  return { schema, value, key: keyText(node.get('key')), idempotencyKey }
}

function keyText(node: JsonNode | undefined): string | undefined {
  return node === undefined ? undefined : formatJson(node)
}

function badEnvelope(line: Line, message: string): AosError {
  return new AosError('cli.bad_line', `line ${line.number}: ${message}`, { details: { line: line.number } })
}
