/** Commands that run what the checkout brings: examples and benches. */
import type { CommandGroup, CommandSpec } from './spec.ts'

/** One part of the table of commands, in the order of the help. */
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
    options: (parser) =>
      parser
        .positional('name', { type: 'string', array: true })
        .option('compare', { type: 'string', requiresArg: true, describe: 'file of an earlier run (--json)' })
        .option('rounds', { type: 'string', requiresArg: true, describe: 'figures of a row; each bench has its own' })
        .option('full', { type: 'boolean', describe: 'sizes of the bars (1,000,000), minutes (or AOS_BENCH_FULL=1)' })
        .option('trial', {
          type: 'boolean',
          describe: 'a hundredth of the sizes: do benches run? the figures say nothing',
        }),
    load: async () => (await import('../run/bench.ts')).bench,
  },
]
