/** Commands that look at a world. */
import type { Argv } from 'yargs'
import type { CommandGroup, CommandSpec } from './spec.ts'

const REDUCER = (parser: Argv): Argv =>
  parser.positional('reducer', { type: 'string', describe: 'AIR name of the module' })
const AT = (parser: Argv): Argv =>
  parser.option('at', { type: 'string', requiresArg: true, describe: 'height (default: the head)' })

/** One part of the table of commands, in the order of the help. */
export const READ_COMMANDS: readonly (CommandSpec | CommandGroup)[] = [
  {
    command: 'status',
    describe: 'the world at a glance',
    load: async () => (await import('../run/status.ts')).status,
    served: {},
  },
  {
    name: 'state',
    describe: 'cells of reducers',
    commands: [
      {
        command: 'get <reducer>',
        describe: 'the state of one cell',
        options: (parser) =>
          AT(REDUCER(parser))
            .option('key', { type: 'string', requiresArg: true, describe: 'cell key, JSON or a bare word' })
            .option('raw', { type: 'boolean', describe: 'the bytes as they are' }),
        load: async () => (await import('../run/state.ts')).stateGet,
        served: {},
      },
      {
        command: 'ls <reducer>',
        describe: 'the cells of a reducer',
        options: (parser) =>
          AT(REDUCER(parser))
            .option('limit', { type: 'string', requiresArg: true, default: '1000', describe: 'how many at most' })
            .option('cursor', { type: 'string', requiresArg: true, describe: 'next_cursor of the answer before' }),
        load: async () => (await import('../run/state.ts')).stateLs,
        served: {},
      },
      {
        command: 'prove <reducer>',
        describe: 'a proof of a cell, checked without the world',
        options: (parser) =>
          REDUCER(parser)
            .option('key', { type: 'string', requiresArg: true, describe: 'cell key, JSON or a bare word' })
            .option('cut', { type: 'string', requiresArg: true, describe: 'of which snapshot (default: the newest)' })
            .option('out', { type: 'string', alias: 'o', requiresArg: true, describe: 'file to write' }),
        load: async () => (await import('../run/state-proof.ts')).stateProve,
        served: { files: ['out'] },
      },
      {
        command: 'verify-proof <file>',
        describe: 'check a proof; needs no world',
        options: (parser) =>
          parser
            .positional('file', { type: 'string', describe: 'what `state prove` wrote' })
            .option('root', { type: 'string', requiresArg: true, describe: 'the state root it must be for' })
            .option('log-root', { type: 'string', requiresArg: true, describe: 'the log root it must be for' }),
        load: async () => (await import('../run/state-proof.ts')).stateVerifyProof,
      },
    ],
  },
  {
    name: 'snapshot',
    describe: 'the state as content, at one height',
    commands: [
      {
        command: 'create',
        describe: 'cut one now',
        load: async () => (await import('../run/snapshot.ts')).snapshotCreate,
        served: {},
      },
      {
        command: 'ls',
        describe: 'the newest ones',
        load: async () => (await import('../run/snapshot.ts')).snapshotLs,
        served: {},
      },
      {
        command: 'verify [cut]',
        describe: 'read one back whole',
        options: (parser) => parser.positional('cut', { type: 'string', describe: 'height (default: the newest)' }),
        load: async () => (await import('../run/snapshot.ts')).snapshotVerify,
        served: {},
      },
    ],
  },
  {
    name: 'journal',
    describe: 'the journal and its proofs',
    commands: [
      {
        command: 'head',
        describe: 'the last entry and the root of the log',
        load: async () => (await import('../run/journal.ts')).journalHead,
        served: {},
      },
      {
        command: 'tail',
        describe: 'the last entries',
        options: (parser) =>
          parser
            .option('count', { type: 'string', alias: 'n', requiresArg: true, default: '20', describe: 'how many' })
            .option('follow', { type: 'boolean', alias: 'f', describe: 'go on with what comes' }),
        load: async () => (await import('../run/journal-tail.ts')).journalTail,
        served: {},
      },
      {
        command: 'show <height>',
        describe: 'one entry in full',
        options: (parser) =>
          parser
            .positional('height', { type: 'string' })
            .option('notes', { type: 'boolean', describe: 'run it again, to say where modules failed' }),
        load: async () => (await import('../run/journal.ts')).journalShow,
        served: {},
      },
      {
        command: 'verify',
        describe: 'check hashes, chain, canonical form and signatures',
        options: (parser) =>
          parser.option('archive', { type: 'string', requiresArg: true, describe: 'also a file that compact wrote' }),
        load: async () => (await import('../run/journal-verify.ts')).journalVerify,
        served: { files: ['archive'] },
      },
      {
        command: 'compact',
        describe: 'drop the content of old entries; headers and proofs stay',
        options: (parser) =>
          parser
            .option('before', { type: 'string', requiresArg: true, describe: 'height below which it is dropped' })
            .option('archive', { type: 'string', requiresArg: true, describe: 'file to write the entries to first' }),
        load: async () => (await import('../run/retention.ts')).journalCompact,
        served: { files: ['archive'] },
      },
      {
        command: 'replay',
        describe: 'run the journal again; with --verify compare everything',
        options: (parser) =>
          parser
            .option('to', { type: 'string', requiresArg: true, describe: 'last height' })
            .option('verify', { type: 'boolean', describe: 're-derive and compare with what was written' })
            .option('from-snapshot', { type: 'boolean', describe: 'start from the newest snapshot, not from genesis' })
            .option('module', {
              type: 'string',
              array: true,
              requiresArg: true,
              describe: 'NAME=FILE: other bytes for a module',
            }),
        load: async () => (await import('../run/journal-verify.ts')).journalReplay,
        served: { files: ['module'] },
      },
    ],
  },
  {
    name: 'defs',
    describe: 'definitions in force',
    commands: [
      {
        command: 'ls',
        describe: 'their names and hashes',
        load: async () => (await import('../run/defs.ts')).defsLs,
        served: {},
      },
      {
        command: 'get <name>',
        describe: 'one of them as AIR JSON',
        options: (parser) => parser.positional('name', { type: 'string' }),
        load: async () => (await import('../run/defs.ts')).defsGet,
        served: {},
      },
    ],
  },
  {
    name: 'manifest',
    describe: 'the manifest in force',
    commands: [
      {
        command: 'get',
        describe: 'as AIR JSON',
        load: async () => (await import('../run/defs.ts')).manifestGet,
        served: {},
      },
    ],
  },
]
