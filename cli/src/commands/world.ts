/** Commands that make a world or write to one. */
import { describeTemplates } from '../templates.ts'
import { WAIT } from './gate.ts'
import type { CommandGroup, CommandSpec } from './spec.ts'

const PULL_HELP = `Definitions that are the same stay as they are written. One that was changed in the world, by a
patch or from another folder, is written where it stands. What only the folder changed stays, for
the next push; what both changed is a conflict, and nothing is written. A world.air.ts is never
written: what differs is listed.

  aos pull --dry-run    what would change, definition by definition
  aos pull              then \`aos push --dry-run\` finds nothing`

/** One part of the table of commands, in the order of the help. */
export const WORLD_COMMANDS: readonly (CommandSpec | CommandGroup)[] = [
  {
    command: 'init <dir>',
    describe: 'make a new world that runs at once',
    options: (parser) =>
      parser
        .positional('dir', { type: 'string', describe: 'folder, new or empty' })
        .option('template', { type: 'string', requiresArg: true, default: 'counter', describe: 'see below' })
        .option('clock', { type: 'string', requiresArg: true, default: 'real', describe: 'real or virtual' })
        .option('entropy', { type: 'string', requiresArg: true, default: 'os', describe: 'os or seeded' })
        .epilogue(describeTemplates()),
    load: async () => (await import('../run/init.ts')).init,
  },
  {
    command: 'push',
    describe: 'bring the definitions, modules and workspaces of the folder into the world',
    options: (parser) =>
      parser
        .option('dry-run', { type: 'boolean', describe: 'say what would change, write nothing' })
        .option('prune', { type: 'boolean', describe: 'remove files that only the workspaces have' })
        .option('force-build', { type: 'boolean', describe: 'compile even what has not changed' })
        .option('overwrite', { type: 'boolean', describe: 'take back what others changed of the definitions' })
        .option('message', { type: 'string', requiresArg: true, describe: 'stands in the journal entry' }),
    load: async () => (await import('../run/push.ts')).push,
  },
  {
    command: 'pull',
    describe: 'bring the definitions and workspaces of the world into the folder',
    options: (parser) =>
      parser
        .option('dry-run', { type: 'boolean', describe: 'say what would change, write nothing' })
        .option('modules', { type: 'boolean', describe: 'bring modules that the folder cannot build, as .wasm files' })
        .option('overwrite', {
          type: 'boolean',
          describe: 'take the definitions of the world where the folder differs',
        })
        .option('prune', { type: 'boolean', describe: 'remove files of workspaces that only the folders have' })
        .epilogue(PULL_HELP),
    load: async () => (await import('../run/pull.ts')).pull,
  },
  {
    name: 'event',
    describe: 'send events',
    commands: [
      {
        command: 'send <schema> [value]',
        describe: 'send one event, or a stream of them with --ndjson',
        options: (parser) =>
          parser
            .positional('schema', { type: 'string', describe: 'AIR name, such as demo/CounterEvent@1' })
            .positional('value', { type: 'string', describe: 'JSON, @FILE, or @- for standard input' })
            .option('key', { type: 'string', requiresArg: true, describe: 'cell key, JSON or a bare word' })
            .option('idempotency-key', { type: 'string', requiresArg: true, describe: 'sent twice, counted once' })
            .option('ndjson', { type: 'boolean', describe: 'every line of VALUE is an event' })
            .option('envelope', { type: 'boolean', describe: 'lines are {value, key?, idempotency_key?}' })
            .option('acks', { type: 'boolean', describe: 'a line for every durable event' })
            .option('wait', { type: 'string', describe: '--wait=DURATION (30s): until nothing is left to perform' }),
        load: async () => (await import('../run/event-send.ts')).eventSend,
        served: { text: 'value', stream: 'value', streamFlag: 'ndjson' },
      },
    ],
  },
  {
    name: 'clock',
    describe: 'time of a world with a virtual clock',
    commands: [
      {
        command: 'advance [duration]',
        describe: 'let time pass, such as 90s, 1h30m or P1D (journaled)',
        options: (parser) =>
          WAIT(parser)
            .positional('duration', { type: 'string' })
            .option('to', { type: 'string', requiresArg: true, describe: 'instant, such as 2030-01-01T00:00:00Z' }),
        load: async () => (await import('../run/clock.ts')).clockAdvance,
        served: {},
      },
    ],
  },
  {
    name: 'blob',
    describe: 'content by hash',
    commands: [
      {
        command: 'put <file>',
        describe: 'store a file (@- for standard input) and print its hash',
        options: (parser) => parser.positional('file', { type: 'string' }),
        load: async () => (await import('../run/blob.ts')).blobPut,
        served: { stream: 'file' },
      },
      {
        command: 'get <hash>',
        describe: 'write the bytes of a hash',
        options: (parser) =>
          parser.positional('hash', { type: 'string' }).option('out', {
            type: 'string',
            alias: 'o',
            requiresArg: true,
            describe: 'file instead of standard output',
          }),
        load: async () => (await import('../run/blob.ts')).blobGet,
        served: { files: ['out'] },
      },
      {
        command: 'stat [hash]',
        describe: 'size of a blob, or of the whole store',
        options: (parser) => parser.positional('hash', { type: 'string' }),
        load: async () => (await import('../run/blob.ts')).blobStat,
        served: {},
      },
      {
        command: 'gc',
        describe: 'remove what the world does not need',
        options: (parser) => parser.option('dry-run', { type: 'boolean', describe: 'only count' }),
        load: async () => (await import('../run/retention.ts')).blobGc,
        served: {},
      },
    ],
  },
  {
    name: 'key',
    describe: 'keys of this person and of this world',
    commands: [
      {
        command: 'ls',
        describe: 'the keys in the key folder',
        load: async () => (await import('../run/key.ts')).keyLs,
      },
      {
        command: 'new <file>',
        describe: 'make a key in a file that does not exist yet, for an approver or another owner',
        options: (parser) => parser.positional('file', { type: 'string' }),
        load: async () => (await import('../run/key.ts')).keyNew,
      },
      {
        command: 'register <public-key>',
        describe: 'let a key sign for an owner or an adapter (journaled, signed by the owner)',
        options: (parser) =>
          parser
            .positional('public-key', { type: 'string', describe: '64 hexadecimal digits' })
            .option('role', {
              type: 'string',
              requiresArg: true,
              default: 'owner',
              describe: 'owner, or an adapter id',
            })
            .option('kind', { type: 'string', array: true, requiresArg: true, describe: 'effect kind it may sign' }),
        load: async () => (await import('../run/key.ts')).keyRegister,
      },
      {
        command: 'revoke <public-key>',
        describe: 'take that away (journaled, signed by the owner)',
        options: (parser) =>
          parser.positional('public-key', { type: 'string', describe: '64 hexadecimal digits' }).option('role', {
            type: 'string',
            requiresArg: true,
            default: 'owner',
            describe: 'owner, or an adapter id',
          }),
        load: async () => (await import('../run/key.ts')).keyRevoke,
      },
    ],
  },
]
