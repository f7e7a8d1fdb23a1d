/** Commands about workspaces (spec/19-workspaces.md). */
import type { Argv } from 'yargs'
import type { CommandGroup } from './spec.ts'

const REF = (parser: Argv): Argv =>
  parser.positional('ref', { type: 'string', describe: 'NAME, NAME@VERSION or NAME[@VERSION]/PATH' })
const PATTERN = (parser: Argv): Argv =>
  parser.positional('ref', { type: 'string', describe: 'NAME[@VERSION]/PATH; the path may have *, ? and **' })
const CHANGE = (parser: Argv): Argv =>
  parser
    .option('expect', {
      type: 'string',
      requiresArg: true,
      describe: 'change nothing unless this is the newest version',
    })
    .option('message', { type: 'string', alias: 'm', requiresArg: true, describe: 'why; `aos ws log` shows it' })

/** `aos ws`: trees of files with a history, in the world. */
export const WORKSPACE_COMMANDS: readonly CommandGroup[] = [
  {
    name: 'ws',
    describe: 'workspaces: trees of files with a history',
    commands: [
      {
        command: 'ls [ref]',
        describe: 'the workspaces, or what is in one',
        options: (parser) =>
          PATTERN(parser)
            .option('recursive', { type: 'boolean', alias: 'r', describe: 'what is below directories, too' })
            .option('long', { type: 'boolean', alias: 'l', describe: 'with mode, size and hash' })
            .option('limit', { type: 'string', requiresArg: true, default: '0', describe: 'how many at most; 0: all' })
            .option('cursor', { type: 'string', requiresArg: true, describe: 'next_cursor of the answer before' }),
        load: async () => (await import('../workspaces/ls.ts')).wsLs,
        served: {},
      },
      {
        command: 'cat <ref>',
        describe: 'write files to standard output',
        options: (parser) =>
          PATTERN(parser)
            .option('range', {
              type: 'string',
              requiresArg: true,
              describe: 'START:END, bytes from 0, END not included',
            })
            .option('lines', { type: 'string', requiresArg: true, describe: 'FIRST:LAST, lines from 1, LAST included' })
            .option('out', {
              type: 'string',
              alias: 'o',
              requiresArg: true,
              describe: 'file instead of standard output',
            }),
        load: async () => (await import('../workspaces/cat.ts')).wsCat,
        served: { files: ['out'] },
      },
      {
        command: 'write <ref> <file>',
        describe: 'a new version in which PATH is this file (@- for standard input)',
        options: (parser) =>
          CHANGE(REF(parser))
            .positional('file', { type: 'string' })
            .option('mode', { choices: ['644', '755'], requiresArg: true, describe: 'default: as it was, or 644' }),
        load: async () => (await import('../workspaces/change.ts')).wsWrite,
        served: { stream: 'file' },
      },
      {
        command: 'rm <ref>',
        describe: 'a new version without PATH: a file, an empty directory, or all that a pattern matches',
        options: (parser) =>
          CHANGE(PATTERN(parser)).option('recursive', {
            type: 'boolean',
            alias: 'r',
            describe: 'directories with all that is in them, too',
          }),
        load: async () => (await import('../workspaces/change.ts')).wsRm,
        served: {},
      },
      {
        command: 'diff <ref> [other]',
        describe: 'in what two trees differ (default: a version and the newest, or the newest and the one before)',
        options: (parser) =>
          REF(parser)
            .positional('other', { type: 'string', describe: 'as REF' })
            .option('names', { type: 'boolean', describe: 'paths only' })
            .option('context', { type: 'string', requiresArg: true, default: '3', describe: 'lines around a change' })
            .option('exit-code', { type: 'boolean', describe: 'exit 1 when they differ' }),
        load: async () => (await import('../workspaces/diff.ts')).wsDiff,
        served: {},
      },
      {
        command: 'log <ref>',
        describe: 'the versions of a workspace, or those in which PATH changed; the newest first',
        options: (parser) =>
          REF(parser).option('limit', {
            type: 'string',
            requiresArg: true,
            default: '0',
            describe: 'how many at most; 0: all',
          }),
        load: async () => (await import('../workspaces/log.ts')).wsLog,
        served: {},
      },
      {
        command: 'ann <ref> [key] [value]',
        describe: 'annotations of a workspace or PATH: all, one, or a new version in which KEY is VALUE',
        options: (parser) =>
          CHANGE(REF(parser))
            .positional('key', { type: 'string' })
            .positional('value', { type: 'string', describe: 'text, @FILE, or @- for standard input' })
            .option('as', {
              choices: ['text', 'json'],
              requiresArg: true,
              describe: 'VALUE is JSON: a text is kept as its UTF-8, the rest as CBOR; or show it as JSON',
            })
            .option('delete', { type: 'boolean', alias: 'd', describe: 'a new version without KEY' }),
        load: async () => (await import('../workspaces/annotations.ts')).wsAnn,
        served: { text: 'value' },
      },
      {
        command: 'restore <ref>',
        describe: 'a new version that is NAME@VERSION again, or in which PATH is as it was there',
        options: (parser) => CHANGE(REF(parser)),
        load: async () => (await import('../workspaces/change.ts')).wsRestore,
        served: {},
      },
    ],
  },
]
