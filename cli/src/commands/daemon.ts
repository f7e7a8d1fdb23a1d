/** Commands about the process that holds a world. */
import type { CommandSpec } from './spec.ts'

/** `aos run|stop|logs`. */
export const DAEMON_COMMANDS: readonly CommandSpec[] = [
  {
    command: 'run',
    describe: 'hold the world: serve commands, fire timers, perform effects',
    options: (parser) => parser.option('detach', { type: 'boolean', alias: 'd', describe: 'in a process of its own' }),
    load: async () => (await import('../run/daemon.ts')).run,
  },
  {
    command: 'stop',
    describe: 'end the process that holds the world',
    load: async () => (await import('../run/daemon.ts')).stop,
  },
  {
    command: 'logs',
    describe: 'what the process that holds the world has logged',
    options: (parser) =>
      parser
        .option('count', { type: 'string', alias: 'n', requiresArg: true, default: '100', describe: 'how many lines' })
        .option('follow', { type: 'boolean', alias: 'f', describe: 'go on with what comes' }),
    load: async () => (await import('../run/daemon.ts')).logs,
  },
]
