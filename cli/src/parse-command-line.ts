/** yargs over the table of commands. */
import yargs from 'yargs'
import type { Argv } from 'yargs'
import { isAosError } from '@aos/cbor'
import { usage } from './arguments.ts'
import { COMMANDS } from './commands/index.ts'
import type { CommandGroup, CommandSpec } from './commands/spec.ts'
import { VERSION } from './version.ts'

/**
 * A command with what was parsed for it. The handler throws it: after a handler that returns, yargs lays out the help of the
 * command, which takes longer than all of parsing. The command runs when yargs is done.
 */
class Chosen extends Error {
  readonly choice: Choice

  constructor(choice: Choice) {
    super('a command was chosen')
    this.choice = choice
  }
}

/** The command that a command line names. */
export interface Choice {
  readonly spec: CommandSpec
  /** Its words, such as `event send`. */
  readonly verb: string
  readonly parsed: Readonly<Record<string, unknown>>
}

/** Undefined for help and version, which yargs has printed. Throws `cli.usage`. */
export function parseCommandLine(argv: readonly string[]): Choice | undefined {
  try {
    makeParser(argv).parseSync()
    return undefined
  } catch (thrown) {
    if (thrown instanceof Chosen) return thrown.choice
    throw thrown
  }
}

function makeParser(argv: readonly string[]): Argv {
  let parser: Argv = yargs(argv.map(completeWait))
    .scriptName('aos')
    .locale('en')
    .usage('$0 COMMAND: deterministic, event-sourced worlds')
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'populate--': true,
    })
    .option('world', { type: 'string', requiresArg: true, describe: 'world folder (or AOS_WORLD, or walk up)' })
    .option('json', { type: 'boolean', describe: 'one JSON document on standard output' })
    .option('quiet', { type: 'boolean', alias: 'q', describe: 'no progress' })
    .option('accept-loss', { type: 'boolean', describe: 'open although acknowledged entries are gone' })
    .version(VERSION)
    .alias('version', 'V')
    .help()
    .alias('help', 'h')
    .strict()
    .strictCommands()
    .recommendCommands()
    .demandCommand(1, 'a command is missing')
    .exitProcess(false)
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .fail((message: string | null, error: unknown) => {
      if (isAosError(error)) throw error
      if (error instanceof Error && error.name !== 'YError') throw error
      throw usage(message ?? (error instanceof Error ? error.message : 'the command line was not understood'))
    })
  for (const entry of namedBy(argv)) {
    parser = 'commands' in entry ? addGroup(parser, entry) : addCommand(parser, entry, '')
  }
  return parser
}

/** What stands first decides; the others would only take time. Without it all are there, for the help and for what is nearly one. */
function namedBy(argv: readonly string[]): typeof COMMANDS {
  const named = COMMANDS.filter((entry) => ('commands' in entry ? entry.name : verbOf(entry)) === argv[0])
  return named.length > 0 ? named : COMMANDS
}

/** `--wait` alone takes no word that comes after it. */
function completeWait(word: string, at: number, words: readonly string[]): string {
  const end = words.indexOf('--')
  return word === '--wait' && (end === -1 || at < end) ? `--wait=${WAIT_DEFAULT}` : word
}

const WAIT_DEFAULT = '30s'

function addGroup(parser: Argv, group: CommandGroup): Argv {
  const { name, describe, alone, commands } = group
  const addVerbs = (inner: Argv): Argv => {
    let nested = inner
    for (const spec of commands) nested = addCommand(nested, spec, `${name} `)
    return nested
  }
  if (alone !== undefined) {
    const spec: CommandSpec = { command: name, describe, ...alone }
    return addCommand(parser, { ...spec, options: (inner) => addVerbs(alone.options?.(inner) ?? inner) }, '')
  }
  return parser.command(name, describe, (inner) =>
    addVerbs(inner.demandCommand(1, `say which: aos ${name} ${commands.map(verbOf).join('|')}`)),
  )
}

function addCommand(parser: Argv, spec: CommandSpec, before: string): Argv {
  return parser.command({
    command: spec.command,
    describe: spec.describe,
    builder: (inner) => spec.options?.(inner) ?? inner,
    handler: (parsed) => {
      throw new Chosen({ spec, verb: before + verbOf(spec), parsed })
    },
  })
}

/** The first word of a command as yargs takes it. */
export function verbOf(spec: CommandSpec): string {
  return spec.command.split(' ')[0] ?? spec.command
}

let known: ReadonlyMap<string, CommandSpec> | undefined

/** Every verb that a daemon does, by its words. */
export function servedVerbs(): ReadonlyMap<string, CommandSpec> {
  if (known !== undefined) return known
  const found = new Map<string, CommandSpec>()
  const add = (spec: CommandSpec, verb: string): void => {
    if (spec.served !== undefined) found.set(verb, spec)
  }
  for (const entry of COMMANDS) {
    if (!('commands' in entry)) {
      add(entry, verbOf(entry))
      continue
    }
    const { name, describe, alone, commands } = entry
    if (alone !== undefined) add({ command: name, describe, ...alone }, name)
    for (const spec of commands) add(spec, `${name} ${verbOf(spec)}`)
  }
  known = found
  return found
}
