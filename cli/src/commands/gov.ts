/** Commands about changes of what a world is. */
import type { Argv } from 'yargs'
import type { CommandGroup } from './spec.ts'

const NUMBER = (parser: Argv): Argv => parser.positional('number', { type: 'string', describe: 'of a proposal' })
const KEY = (parser: Argv): Argv =>
  parser.option('key', { type: 'string', requiresArg: true, describe: "file of the key that signs; the owner's" })
const SIGNED = (parser: Argv): Argv => KEY(NUMBER(parser))
const PROPOSED = (parser: Argv): Argv =>
  KEY(parser)
    .option('description', { type: 'string', requiresArg: true, describe: 'what for, in one line' })
    .option('dry-run', { type: 'boolean', describe: 'say what would change; propose nothing' })
const ANSWER = (parser: Argv): Argv =>
  SIGNED(parser)
    .option('expires', { type: 'string', requiresArg: true, default: '24h', describe: 'how long the answer is good' })
    .option('reason', { type: 'string', requiresArg: true, describe: 'in one line' })
    .option('report', { type: 'string', requiresArg: true, describe: 'hash of the report that was read' })

/** The way of a change: propose, shadow, approve, apply. What signs reads its key where it is asked, also when a daemon holds the world. */
export const GOV_COMMANDS: readonly CommandGroup[] = [
  {
    name: 'gov',
    describe: 'changes of what is in force',
    commands: [
      {
        command: 'propose',
        describe: 'put a change up for decision: a patch, or a folder against what is in force',
        options: (parser) =>
          PROPOSED(parser)
            .option('patch', { type: 'string', requiresArg: true, describe: 'file of a patch' })
            .option('dir', { type: 'string', requiresArg: true, describe: 'AIR folder; that of the world' })
            .option('overwrite', { type: 'boolean', describe: 'take back what others changed of the definitions' })
            .option('force-build', { type: 'boolean', describe: 'compile modules again' }),
        load: async () => (await import('../run/gov.ts')).govPropose,
      },
      {
        command: 'ls',
        describe: 'proposals',
        options: (parser) => parser.option('open', { type: 'boolean', describe: 'only those to be decided' }),
        load: async () => (await import('../run/gov-read.ts')).govLs,
        served: {},
      },
      {
        command: 'show <number>',
        describe: 'one proposal, with its report',
        options: NUMBER,
        load: async () => (await import('../run/gov-read.ts')).govShow,
        served: {},
      },
      {
        command: 'shadow <number>',
        describe: 'run history again under the change, and report (journaled)',
        options: (parser) =>
          NUMBER(parser)
            .option('from', { type: 'string', requiresArg: true, describe: 'first height that is run again' })
            .option('events', { type: 'string', requiresArg: true, describe: 'file: events that come behind it' })
            .option('script', { type: 'string', requiresArg: true, describe: 'file: answers of effects' }),
        load: async () => (await import('../run/gov-read.ts')).govShadow,
        served: { files: ['events', 'script'] },
      },
      {
        command: 'approve <number>',
        describe: 'say yes (journaled, signed by an approver)',
        options: ANSWER,
        load: async () => (await import('../run/gov.ts')).govApprove,
      },
      {
        command: 'reject <number>',
        describe: 'say no, which closes it (journaled, signed by an approver)',
        options: ANSWER,
        load: async () => (await import('../run/gov.ts')).govReject,
      },
      {
        command: 'apply <number>',
        describe: 'put it in force (journaled, signed)',
        options: SIGNED,
        load: async () => (await import('../run/gov.ts')).govApply,
      },
      {
        command: 'withdraw <number>',
        describe: 'take it back before it is decided (journaled, signed)',
        options: SIGNED,
        load: async () => (await import('../run/gov.ts')).govWithdraw,
      },
      {
        command: 'revert <number>',
        describe: 'propose what was in force before it',
        options: (parser) => PROPOSED(NUMBER(parser)),
        load: async () => (await import('../run/gov.ts')).govRevert,
      },
    ],
  },
]
