/** Commands about secrets. */
import type { Argv } from 'yargs'
import type { CommandGroup } from './spec.ts'

const NAME = (parser: Argv): Argv => parser.positional('name', { type: 'string', describe: 'such as api/key' })
const VALUE = (parser: Argv): Argv =>
  NAME(parser).option('from-env', {
    type: 'string',
    requiresArg: true,
    describe: 'variable that holds the value, instead of standard input',
  })

/** Verbs of `aos secret`, about the vault of a world. */
export const SECRET_COMMANDS: readonly CommandGroup[] = [
  {
    name: 'secret',
    describe: 'secrets of this world, encrypted at rest',
    commands: [
      {
        command: 'set <name>',
        describe: 'keep a new secret, read from standard input',
        options: VALUE,
        load: async () => (await import('../run/secret.ts')).secretSet,
        served: { secret: true },
      },
      {
        command: 'rotate <name>',
        describe: 'give it another value, read from standard input',
        options: (parser) =>
          VALUE(parser).option('to', {
            type: 'string',
            requiresArg: true,
            describe: 'version that is there, instead of a new value',
          }),
        load: async () => (await import('../run/secret.ts')).secretRotate,
        served: { secret: true },
      },
      {
        command: 'stage <name>',
        describe: 'keep a value for the effect vault.put, and print what names it',
        options: VALUE,
        load: async () => (await import('../run/secret.ts')).secretStage,
        served: { secret: true },
      },
      {
        command: 'ls',
        describe: 'names and versions, never values',
        load: async () => (await import('../run/secret.ts')).secretLs,
        served: {},
      },
      {
        command: 'rm <name>',
        describe: 'forget a secret, or one version of it',
        options: (parser) =>
          NAME(parser).option('of', { type: 'string', requiresArg: true, describe: 'this version alone' }),
        load: async () => (await import('../run/secret.ts')).secretRm,
        served: {},
      },
    ],
  },
]
