/** Does in the daemon what was asked for over the control socket: the same commands, on the world that is open (spec/15-control.md, "Verbs"). */
import { formatJson, isJsonArray } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import {
  factsOf,
  formatFacts,
  formatProposal,
  inFlightOf,
  localSigningWorld,
  proposalFacts,
  readSignedIngress,
} from '@aos/host'
import type {
  ControlCall,
  ControlRequest,
  ControlResult,
  EffectsHost,
  FairShare,
  HostWorld,
  WhichProposal,
} from '@aos/host'
import type { Scrubber } from '@aos/adapters'
import { Arguments } from '../arguments.ts'
import type { CommandSpec } from '../commands/spec.ts'
import { makeStyle } from '../context.ts'
import type { CommandContext, CommandResult, CommandTable, DaemonFacts } from '../context.ts'
import { exitCodeOf } from '../exit-code.ts'
import { toJsonText } from '../json-text.ts'
import { errorDocument, reportFailure, reportResult } from '../report.ts'
import { ScrubbedOutput } from '../scrubbed-output.ts'
import { serveSync } from '../workspaces/sync-beside.ts'
import { compileEagerly } from './engine-memory.ts'

/** What a process that serves has of its surroundings. */
export type Surroundings = Pick<CommandContext, 'assets' | 'environment'>

/** What every call of a daemon has in common. */
export interface Serving extends Surroundings {
  readonly host: HostWorld
  readonly table: CommandTable
  readonly daemon: DaemonFacts
  readonly effects: EffectsHost | undefined
  readonly share: FairShare
  /** Of the world, as `makeWorldScrubber` makes it. */
  readonly scrubber: () => Scrubber
}

/** Runs the verb and ends its streams. Never rejects for what a command throws. */
export async function serveCall(serving: Serving, given: ControlCall): Promise<ControlResult> {
  const { call, finish } = guardCall(serving, given)
  return finish(await doCall(serving, call))
}

interface GuardedCall {
  readonly call: ControlCall
  /** Hands on what the streams hold back, and gives the result without secrets. */
  readonly finish: (result: ControlResult) => Promise<ControlResult>
}

/** What the world's secrets are, everybody who asks may not hear. */
function guardCall({ scrubber }: Serving, given: ControlCall): GuardedCall {
  const out = new ScrubbedOutput(given.out, scrubber)
  const err = new ScrubbedOutput(given.err, scrubber)
  const progress = (line: string): void => given.progress(scrubber().text(line))
  return {
    call: { ...given, out, err, progress },
    finish: async (result) => {
      await out.finish()
      await err.finish()
      return result.json === undefined ? result : { ...result, json: scrubber().text(result.json) }
    },
  }
}

/** What is over before it would pay to compile anything. A stream of events becomes work by its events. */
const QUICK: readonly string[] = ['status', 'event send', 'state get', 'effects ls']

async function doCall(serving: Serving, call: ControlCall): Promise<ControlResult> {
  if (!QUICK.includes(call.verb)) compileEagerly()
  const { host, daemon, effects, share } = serving
  const held = { host, signal: call.signal, daemon, effects, share }
  const context = { ...makeContext(serving, call, host.folder.root), held }
  try {
    const synced = await serveSync(context, call)
    if (synced !== undefined) return { ok: true, exit: 0, json: toJsonText(synced) }
    const signing = SIGNING_VERBS.get(call.verb)
    if (signing !== undefined) return { ok: true, exit: 0, json: toJsonText(await signing(serving, call)) }
    const { spec, parsed } = chooseVerb(serving.table, call)
    const run = await spec.load()
    const result = await run(context, new Arguments(parsed))
    return answerCall(serving, call, result)
  } catch (thrown) {
    return refuseCall(serving, call, thrown)
  }
}

/** The answer to a call that was done, in the form that was asked for. */
export function answerCall(surroundings: Surroundings, call: ControlCall, result: CommandResult): ControlResult {
  if (call.as === 'data') return { ok: true, exit: result.exit ?? 0, json: toJsonText(result.data) }
  return { ok: true, exit: reportResult(makeContext(surroundings, call, ''), result), json: undefined }
}

/** The answer to a call that failed, in the form that was asked for. */
export function refuseCall(surroundings: Surroundings, call: ControlCall, thrown: unknown): ControlResult {
  const error = isAosError(thrown) ? thrown : internal(thrown)
  if (call.as === 'data') return { ok: false, exit: exitCodeOf(error), json: toJsonText(errorDocument(error)) }
  return { ok: false, exit: reportFailure(makeContext(surroundings, call, ''), error), json: undefined }
}

type SigningVerb = (serving: Pick<Serving, 'host' | 'effects'>, call: ControlCall) => Promise<unknown>

/** What the side that has the keys needs (spec/15-control.md, "Verbs"). */
const SIGNING_VERBS: ReadonlyMap<string, SigningVerb> = new Map<string, SigningVerb>([
  ['world facts', async ({ host }) => formatFacts(await host.read(() => factsOf(host)))],
  ['effects in-flight', async (serving) => ({ in_flight: inFlight(serving) })],
  [
    'gov facts',
    async ({ host }, { args }) =>
      formatProposal(await host.read((kernel) => proposalFacts(kernel, whichProposal(args)))),
  ],
  [
    'submit',
    async (serving, { args }) => {
      const { host } = serving
      const ingress = readSignedIngress(host, isJsonArray(args) ? args[0] : args.get('ingress'))
      if (ingress.kind === 'governance' && ingress.command.op === 'apply') {
        refuseUnnamed(inFlight(serving), new Set(ingress.command.inFlight))
      }
      return { height: await localSigningWorld(host).submit(ingress) }
    },
  ],
])

function inFlight({ host, effects }: Pick<Serving, 'host' | 'effects'>): readonly Hash[] {
  return effects?.inFlight ?? inFlightOf(host)
}

/** What began after the change was signed would lose its receipt. */
function refuseUnnamed(began: readonly Hash[], named: ReadonlySet<Hash>): void {
  const unnamed = began.find((hash) => !named.has(hash))
  if (unnamed === undefined) return
  throw new AosError('host.in_flight', `the call for ${unnamed} has begun since the change was signed`, {
    hint: 'sign it again',
  })
}

/** Throws `cli.usage`. */
function whichProposal(args: ControlCall['args']): WhichProposal {
  const number = isJsonArray(args) ? undefined : countOf(args.get('number'))
  const height = isJsonArray(args) ? undefined : countOf(args.get('height'))
  if (number !== undefined) return { number }
  if (height !== undefined) return { height }
  throw new AosError('cli.usage', 'gov facts: expected number or height')
}

function countOf(node: JsonNode | undefined): number | undefined {
  const text = node === undefined ? '' : formatJson(node)
  return /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : undefined
}

function internal(thrown: unknown): AosError {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AosError('cli.internal', message, { cause: thrown })
}

function makeContext({ assets, environment }: Surroundings, call: ControlCall, cwd: string): CommandContext {
  return {
    cwd,
    assets,
    environment,
    stdin: call.input,
    stdout: call.out,
    stderr: call.err,
    json: call.as !== 'text',
    quiet: call.quiet,
    style: makeStyle(call.colour),
    progress: { report: call.progress, announce: call.progress, done: () => undefined },
  }
}

/** Throws `control.unknown_verb`, `cli.usage`. */
function chooseVerb(
  table: CommandTable,
  request: ControlRequest,
): {
  readonly spec: CommandSpec
  readonly parsed: Readonly<Record<string, unknown>>
} {
  const served = table.served()
  const spec = served.get(request.verb)
  if (spec === undefined) {
    throw new AosError('control.unknown_verb', `the daemon does nothing of the name ${request.verb.slice(0, 64)}`, {
      hint: `it does ${[...served.keys()].join(', ')}`,
    })
  }
  const { args } = request
  const words = isJsonArray(args) ? args.map(wordOf) : wordsOf(spec, args)
  const choice = table.parse([...request.verb.split(' '), ...words])
  // Words may lead to another verb of the same group, which is one that is served, too; or to help.
  if (choice?.spec.served !== undefined) return choice
  throw new AosError('cli.usage', `${request.verb}: the words are not those of the verb`)
}

/** A text is a word as it stands; anything else is its JSON. */
function wordOf(node: JsonNode): string {
  return typeof node === 'string' ? node : formatJson(node)
}

function wordsOf(spec: CommandSpec, args: ReadonlyMap<string, JsonNode>): readonly string[] {
  const names = [...spec.command.matchAll(/[<[]([a-z-]+)(?:\.\.)?[>\]]/g)].map(([, name = '']) => name)
  const options: string[] = []
  for (const [name, value] of args) {
    if (names.includes(name) || name === '_' || value === null) continue
    if (value === true) options.push(`--${name}`)
    else if (value === false) options.push(`--no-${name}`)
    else for (const item of isJsonArray(value) ? value : [value]) options.push(`--${name}=${wordOf(item)}`)
  }
  const positionals = names.flatMap((name) => {
    const value = args.get(name)
    if (value === undefined || value === null) return []
    return isJsonArray(value) ? value.map(wordOf) : [wordOf(value)]
  })
  return [...positionals, ...options]
}
