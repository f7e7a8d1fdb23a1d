/** Commands for authors of definitions and modules; none of them needs a world. */
import type { Argv } from 'yargs'
import type { CommandGroup, CommandSpec } from './spec.ts'

const PATHS = (parser: Argv): Argv =>
  parser
    .positional('path', {
      type: 'string',
      array: true,
      describe: 'files or folders of AIR JSON, world files, world folders (default: the world)',
    })
    .option('lenient', { type: 'boolean', describe: 'accept what AIR v1 accepted, and warn' })

/** Verbs about definitions and modules in files; they need no world, and `gen types` may look into one. */
export const AUTHOR_COMMANDS: readonly (CommandSpec | CommandGroup)[] = [
  {
    name: 'air',
    describe: 'AIR definitions in files',
    commands: [
      {
        command: 'check [path..]',
        describe: 'validate; lists every issue with its file, code and path',
        options: PATHS,
        load: async () => (await import('../run/air.ts')).airCheck,
      },
      {
        command: 'fmt [path..]',
        describe: 'print in canonical form',
        options: (parser) =>
          PATHS(parser).option('lens', {
            choices: ['sugar', 'tagged'],
            default: 'sugar',
            requiresArg: true,
            describe: 'JSON lens',
          }),
        load: async () => (await import('../run/air.ts')).airFmt,
      },
      {
        command: 'hash [path..]',
        describe: 'the hash of every definition',
        options: PATHS,
        load: async () => (await import('../run/air.ts')).airHash,
      },
      {
        command: 'emit [path]',
        describe: 'write what a world file (world.air.ts) says as AIR JSON',
        options: (parser) =>
          parser
            .positional('path', { type: 'string', describe: 'world file, or a folder with one (default: the world)' })
            .option('out', {
              type: 'string',
              requiresArg: true,
              describe: 'folder (default: the AIR folder beside it)',
            })
            .option('check', { type: 'boolean', describe: 'write nothing; fail when the file there differs' }),
        load: async () => (await import('../run/air-emit.ts')).airEmit,
      },
      {
        command: 'diff [path..]',
        describe:
          'what is different by meaning: the world and what a push would make of it, the world and PATH, or two PATHs',
        options: (parser) =>
          parser
            .positional('path', {
              type: 'string',
              array: true,
              describe: 'files or folders of AIR JSON; a world folder stands for what is in force there',
            })
            .option('lenient', { type: 'boolean', describe: 'accept what AIR v1 accepted' }),
        load: async () => (await import('../run/air-diff.ts')).airDiff,
      },
    ],
  },
  {
    name: 'gen',
    describe: 'code for programs that talk to a world',
    commands: [
      {
        command: 'types [path..]',
        describe: 'TypeScript types of events, cells, plans and effects as JSON',
        options: (parser) =>
          parser
            .positional('path', {
              type: 'string',
              array: true,
              describe: 'files or folders of definitions, `.` for this folder (default: what is in force in the world)',
            })
            .option('out', { type: 'string', alias: 'o', requiresArg: true, describe: 'file to write' }),
        load: async () => (await import('../run/gen-types.ts')).genTypes,
        served: { files: ['path', 'out'] },
      },
    ],
  },
  {
    name: 'module',
    describe: 'WASM modules in files',
    commands: [
      {
        command: 'check <file>',
        describe: 'would it be admitted, and what is in it',
        options: (parser) => parser.positional('file', { type: 'string' }),
        load: async () => (await import('../run/module-check.ts')).moduleCheck,
      },
    ],
  },
]
