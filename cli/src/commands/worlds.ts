/** Commands about the worlds of a host. */
import type { Argv } from 'yargs'
import type { CommandGroup } from './spec.ts'

/** `--worlds DIR`, for commands that may be about the host of a folder instead of one world. */
export const WORLDS = (parser: Argv): Argv =>
  parser.option('worlds', {
    type: 'string',
    requiresArg: true,
    describe: 'folder of worlds, of the host of all of them',
  })

/** Verbs about a folder of worlds and the process that serves them. */
export const WORLDS_COMMANDS: readonly CommandGroup[] = [
  {
    name: 'worlds',
    describe: 'the worlds of a host',
    commands: [
      {
        command: 'ls',
        describe: 'each world: asleep or awake, head, open work, what is due, what is wrong',
        options: WORLDS,
        load: async () => (await import('../run/worlds.ts')).worldsLs,
      },
    ],
  },
]
