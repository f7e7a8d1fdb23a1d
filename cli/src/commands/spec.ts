/** How a command is described. What it does is loaded only when it runs. */
import type { Argv } from 'yargs'
import type { Run } from '../context.ts'

/** A verb: how it is parsed, and what is loaded only when it runs, so that starting is quick. */
export interface CommandSpec {
  /** As yargs takes it: the verb and its positionals. */
  readonly command: string
  readonly describe: string
  readonly options?: (parser: Argv) => Argv
  readonly load: () => Promise<Run>
  /** A daemon that holds the world does this verb in its own process (spec/15-control.md, "Verbs"). */
  readonly served?: Served
}

/** What the asking side does with the arguments before it hands them on. */
export interface Served {
  /** Positionals that may name a file: what they stand for is sent as text. */
  readonly text?: string
  /** Positional that may name a file, whose bytes are sent as a stream; only with the flag `streamFlag` when there is one. */
  readonly stream?: string
  readonly streamFlag?: string
  /** It takes the value of a secret, which is read here and sent as a stream. */
  readonly secret?: boolean
  /** Options that name files; they are made absolute. */
  readonly files?: readonly string[]
}

/** Verbs under one noun. */
export interface CommandGroup {
  readonly name: string
  readonly describe: string
  /** What the noun does without a verb; without it a verb is demanded. */
  readonly alone?: Pick<CommandSpec, 'options' | 'load' | 'served'>
  readonly commands: readonly CommandSpec[]
}
