/** Commands about the process that holds a world. */
import type { CommandSpec } from './spec.ts'
import { WORLDS } from './worlds.ts'

/** `aos run|stop|logs`. */
export const DAEMON_COMMANDS: readonly CommandSpec[] = [
  {
    command: 'run',
    describe: 'hold the world, or all worlds of a folder: serve commands, fire timers, perform effects',
    options: (parser) =>
      WORLDS(parser)
        .option('detach', { type: 'boolean', alias: 'd', describe: 'in a process of its own' })
        .option('workers', { type: 'string', requiresArg: true, describe: 'with --worlds: threads that keep worlds' })
        .option('idle', {
          type: 'string',
          requiresArg: true,
          describe: 'with --worlds: DURATION after which a world sleeps',
        }),
    load: async () => (await import('../run/daemon.ts')).run,
  },
  {
    command: 'stop',
    describe: 'end the process that holds the world, or the host of a folder of worlds',
    options: WORLDS,
    load: async () => (await import('../run/daemon.ts')).stop,
  },
  {
    command: 'logs',
    describe: 'what the process that holds the world has logged',
    options: (parser) =>
      WORLDS(parser)
        .option('count', { type: 'string', alias: 'n', requiresArg: true, default: '100', describe: 'how many lines' })
        .option('follow', { type: 'boolean', alias: 'f', describe: 'go on with what comes' }),
    load: async () => (await import('../run/daemon.ts')).logs,
  },
]
