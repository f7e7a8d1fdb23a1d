/** Commands that run what the checkout brings: examples and benches. */
import type { CommandGroup, CommandSpec } from './spec.ts'

export const LADDER_COMMANDS: readonly (CommandSpec | CommandGroup)[] = [
  {
    command: 'examples [name..]',
    describe: 'run examples (all, or demo for the tour); without a name: list them',
    options: (parser) =>
      parser
        .positional('name', { type: 'string', array: true })
        .option('keep', { type: 'string', requiresArg: true, describe: 'folder in which the worlds stay' })
        .option('force-build', { type: 'boolean', describe: 'compile even what has not changed' }),
    load: async () => (await import('../run/examples.ts')).examples,
  },
  {
    command: 'bench [name..]',
    describe: 'measure, and compare with the bars',
    options: (parser) => parser.positional('name', { type: 'string', array: true }),
    load: async () => (await import('../run/bench.ts')).bench,
  },
]
