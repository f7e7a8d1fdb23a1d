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
}

/** Verbs under one noun. */
export interface CommandGroup {
  readonly name: string
  readonly describe: string
  /** What the noun does without a verb; without it a verb is demanded. */
  readonly alone?: Pick<CommandSpec, 'options' | 'load'>
  readonly commands: readonly CommandSpec[]
}
