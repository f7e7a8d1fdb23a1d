/** Commands about plans, effects and what people decide about them. */
import type { Argv } from 'yargs'
import type { CommandGroup, CommandSpec } from './spec.ts'

/** Adds `--wait`, for commands after which there may be something to perform. */
export const WAIT = (parser: Argv): Argv =>
  parser.option('wait', { type: 'string', describe: '--wait=DURATION (30s): until nothing is left to perform' })

const INSTANCE = (parser: Argv): Argv =>
  parser.positional('instance', { type: 'string', describe: 'as `plan ls` says' })
const INTENT = (parser: Argv): Argv => parser.positional('intent', { type: 'string', describe: 'hash of an intent' })
const ANSWER = (parser: Argv): Argv =>
  WAIT(parser)
    .positional('id', { type: 'string', describe: 'hash of a parked intent' })
    .option('expires', { type: 'string', requiresArg: true, default: '1h', describe: 'how long the answer is good' })

/** Plans, intents, receipts and answers, in the order of `aos --help`; those that leave something to perform take `--wait`. */
export const GATE_COMMANDS: readonly (CommandSpec | CommandGroup)[] = [
  {
    name: 'plan',
    describe: 'plans that run',
    commands: [
      {
        command: 'start <plan> <value>',
        describe: 'start one by hand',
        options: (parser) =>
          WAIT(parser)
            .positional('plan', { type: 'string', describe: 'AIR name, such as demo/fetch_plan@1' })
            .positional('value', { type: 'string', describe: 'its input: JSON, @FILE, or @- for standard input' }),
        load: async () => (await import('../run/plan.ts')).planStart,
        served: { text: 'value' },
      },
      {
        command: 'ls',
        describe: 'what runs, in the order of the start',
        load: async () => (await import('../run/plan.ts')).planLs,
        served: {},
      },
      {
        command: 'show <instance>',
        describe: 'the steps of one that runs',
        options: INSTANCE,
        load: async () => (await import('../run/plan.ts')).planShow,
        served: {},
      },
      {
        command: 'cancel <instance>',
        describe: 'end one that runs (journaled)',
        options: INSTANCE,
        load: async () => (await import('../run/plan.ts')).planCancel,
        served: {},
      },
    ],
  },
  {
    name: 'effects',
    describe: 'intents that nothing has come of yet',
    commands: [
      {
        command: 'ls',
        describe: 'all, or only those of a status',
        options: (parser) =>
          WAIT(parser)
            .option('open', { type: 'boolean', describe: 'to be performed' })
            .option('parked', { type: 'boolean', describe: 'waiting for a person' })
            .option('dead', { type: 'boolean', describe: 'given up' }),
        load: async () => (await import('../run/effects.ts')).effectsLs,
        served: {},
      },
      {
        command: 'requeue <intent>',
        describe: 'try a dead one again (journaled)',
        options: (parser) => WAIT(INTENT(parser)),
        load: async () => (await import('../run/effects.ts')).effectsRequeue,
        served: {},
      },
    ],
  },
  {
    name: 'receipt',
    describe: 'what adapters reported',
    commands: [
      {
        command: 'ls',
        describe: 'the last receipts',
        options: (parser) =>
          parser.option('count', {
            type: 'string',
            alias: 'n',
            requiresArg: true,
            default: '20',
            describe: 'how many',
          }),
        load: async () => (await import('../run/receipt.ts')).receiptLs,
        served: {},
      },
      {
        command: 'show <intent>',
        describe: 'the receipt of an intent, with payload and signature',
        options: INTENT,
        load: async () => (await import('../run/receipt.ts')).receiptShow,
        served: {},
      },
      {
        command: 'submit <file>',
        describe: 'a receipt that was signed elsewhere: @FILE, or @- for standard input',
        options: (parser) => parser.positional('file', { type: 'string' }),
        load: async () => (await import('../run/receipt.ts')).receiptSubmit,
        served: { text: 'file' },
      },
    ],
  },
  {
    name: 'approvals',
    describe: 'what waits for a person',
    commands: [
      {
        command: 'ls',
        describe: 'parked intents',
        options: (parser) => parser.option('ids', { type: 'boolean', describe: 'their hashes alone, one a line' }),
        load: async () => (await import('../run/effects.ts')).approvalsLs,
        served: {},
      },
    ],
  },
  {
    command: 'approve <id>',
    describe: 'let a parked intent go (journaled, signed by an approver)',
    options: ANSWER,
    load: async () => (await import('../run/approve.ts')).approve,
  },
  {
    command: 'reject <id>',
    describe: 'deny a parked intent (journaled, signed by an approver)',
    options: ANSWER,
    load: async () => (await import('../run/approve.ts')).reject,
  },
  {
    name: 'policy',
    describe: 'the gate',
    commands: [
      {
        command: 'explain <intent>',
        describe: 'what was decided, by which grant and rule: of an intent, a height or an event',
        options: INTENT,
        load: async () => (await import('../run/policy.ts')).policyExplain,
        served: {},
      },
    ],
  },
  {
    command: 'upgrade',
    describe: 'put the newest engine of this release in force (journaled, signed by the owner)',
    load: async () => (await import('../run/upgrade.ts')).upgrade,
  },
  {
    name: 'driver',
    describe: 'programs that perform effects',
    commands: [
      {
        command: 'test',
        describe: 'does it speak the protocol? aos driver test --kind KIND -- COMMAND…',
        options: (parser) =>
          parser
            .option('kind', { type: 'string', array: true, requiresArg: true, describe: 'effect kind it performs' })
            .option('samples', { type: 'string', requiresArg: true, describe: 'file: [{kind, params}], performed' }),
        load: async () => (await import('../run/driver.ts')).driverTest,
      },
    ],
  },
]
