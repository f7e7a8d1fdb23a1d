/** What a command may use of its surroundings; `main` makes it once. */
import type { EffectsHost, FairShare, HostWorld, StepsOptions } from '@aos/host'
import type { Arguments } from './arguments.ts'
import type { CommandSpec } from './commands/spec.ts'
import type { Choice } from './parse-command-line.ts'
import type { Progress } from './progress.ts'
import type { SecretGuard } from './secret-guard.ts'

/** All that a command knows of the machine and the terminal; tests bring their own. */
export interface CommandContext {
  readonly cwd: string
  /** What the bundle brings beside its code: templates and the guest SDK. */
  readonly assets: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream
  /** Data. */
  readonly stdout: NodeJS.WritableStream
  /** Everything else. */
  readonly stderr: NodeJS.WritableStream
  readonly json: boolean
  readonly quiet: boolean
  readonly style: Style
  readonly progress: Progress
  /** For the command that does others. */
  readonly table?: CommandTable
  /** Told what is not to be said about a world that the command opens. */
  readonly guard?: SecretGuard
  /** The world that this process holds: a command of a daemon runs on it instead of opening one. */
  readonly held?: HeldWorld
}

/** The commands there are. */
export interface CommandTable {
  /** Undefined for help and version. Throws `cli.usage`. */
  readonly parse: (argv: readonly string[]) => Choice | undefined
  /** What a daemon does, by its words. */
  readonly served: () => ReadonlyMap<string, CommandSpec>
}

/** A world with what a daemon knows about it. */
export interface HeldWorld {
  readonly host: HostWorld
  /** Of the request that is being done: aborted when nobody waits for it any more. */
  readonly signal: AbortSignal
  readonly daemon: DaemonFacts
  /** Undefined while the world has no genesis. */
  readonly effects: EffectsHost | undefined
  /** For what goes on for long: others want this thread, too. */
  readonly share: FairShare
}

/** How long work on a held world is done: in slices, and as long as somebody waits for it. Empty in a process of one's own. */
export function shareOf(held: HeldWorld | undefined): StepsOptions {
  return held === undefined ? {} : { slice: held.share.begin(held.host.folder.root), signal: held.signal }
}

/** What `aos status` says of a daemon. */
export interface DaemonFacts {
  readonly pid: number
  /** RFC 3339. */
  readonly since: string
  readonly socket: string
}

/** Text attributes, empty when standard output is no terminal. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  bad(text: string): string
}

/** What a command found out. `main` prints it. */
export interface CommandResult {
  /** Under `data` with --json. */
  readonly data: unknown
  /** For people; without a line end. Empty: nothing is printed. */
  readonly text: string
  readonly meta?: unknown
  readonly exit?: number
  /** The command wrote a stream; this is its last line, in both forms. */
  readonly lastLine?: unknown
}

/** What a verb does; the result is printed by the caller, in one of two forms. */
export type Run = (context: CommandContext, args: Arguments) => Promise<CommandResult>

/** Escape sequences when `colour`, else the text as it is. */
export function makeStyle(colour: boolean): Style {
  const wrap = (code: string) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { bold: wrap('1'), dim: wrap('2'), good: wrap('32'), bad: wrap('31') }
}
