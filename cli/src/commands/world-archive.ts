/** Commands that copy whole worlds. */
import type { CommandGroup } from './spec.ts'

/** Verbs of `aos world`, about whole worlds as files. */
export const ARCHIVE_COMMANDS: readonly CommandGroup[] = [
  {
    name: 'world',
    describe: 'a whole world as one file',
    commands: [
      {
        command: 'export <file>',
        describe: 'write journal and content to a new file, without keys and secrets',
        options: (parser) => parser.positional('file', { type: 'string' }),
        load: async () => (await import('../run/world-archive.ts')).worldExport,
        served: { files: ['file'] },
      },
      {
        command: 'import <file> <dir>',
        describe: 'make a world folder of such a file',
        options: (parser) =>
          parser
            .positional('file', { type: 'string' })
            .positional('dir', { type: 'string', describe: 'folder, new or empty' }),
        load: async () => (await import('../run/world-archive.ts')).worldImport,
      },
      {
        command: 'adopt',
        describe: 'let an imported world perform effects',
        load: async () => (await import('../run/world-archive.ts')).worldAdopt,
      },
    ],
  },
]
