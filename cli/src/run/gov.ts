/** `aos gov`: changes of the manifest, from the proposal to what is in force (spec/17-governance.md). */
import { parseDuration, parseJson } from '@aos/air'
import { AosError, parseHash } from '@aos/cbor'
import {
  answerProposal,
  applyProposal,
  assembleFolder,
  guardPush,
  prepareFolder,
  preparePatch,
  prepareRevert,
  proposeChange,
  readKey,
  readText,
  withdrawProposal,
} from '@aos/host'
import type { GuardedPush, KeyPair, PreparedChange, SigningWorld } from '@aos/host'
import { resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { makeModuleBuilder } from '../module-builder.ts'
import { withSigningWorld } from '../world.ts'

/** `aos gov propose`: what a patch or a folder changes of what is in force, signed. */
export async function govPropose(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withSigningWorld(context, args, async (world) => {
    const prepared = await prepare(context, args, world)
    if (prepared.change.patch.operations.length === 0) throw unchanged(prepared.change)
    return propose(context, args, { world, ...prepared, reverts: undefined })
  })
}

/** `aos gov revert`: back to what was in force before a proposal, as a proposal of its own. */
export async function govRevert(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const reverts = numberArgument(args)
  return withSigningWorld(context, args, async (world) => {
    const change = await prepareRevert(world, reverts)
    if (change.patch.operations.length === 0) throw unchanged(change)
    return propose(context, args, { world, change, guard: undefined, reverts })
  })
}

interface Prepared {
  readonly change: PreparedChange
  /** When the folder of the world is what is proposed. */
  readonly guard: GuardedPush | undefined
}

async function prepare(context: CommandContext, args: Arguments, world: SigningWorld): Promise<Prepared> {
  const [patch, dir] = [args.optionalText('patch'), args.optionalText('dir')]
  const overwrite = args.flag('overwrite')
  if (patch !== undefined && dir !== undefined) throw usage('--patch and --dir cannot be given together')
  if (overwrite && (patch !== undefined || dir !== undefined)) throw usage('--overwrite is for the folder of the world')
  if (patch !== undefined) {
    const change = await preparePatch(world, parseJson(readText(resolve(context.cwd, patch))))
    return { change, guard: undefined }
  }
  const facts = await world.facts()
  const assembly = await assembleFolder(world, {
    builder: makeModuleBuilder(context),
    forceBuild: args.flag('force-build'),
    airPath: dir === undefined ? undefined : resolve(context.cwd, dir),
    onProgress: (line) => {
      context.progress.report(line)
    },
  })
  // What another folder says was never compared with the world.
  const guard = dir === undefined ? await guardPush(world, { facts, assembly, overwrite, by: 'proposal' }) : undefined
  return { change: await prepareFolder(world, { assembly, facts }), guard }
}

interface Proposing extends Prepared {
  readonly world: SigningWorld
  readonly reverts: number | undefined
}

async function propose(context: CommandContext, args: Arguments, asked: Proposing): Promise<CommandResult> {
  const { world, change, guard, reverts } = asked
  const document = {
    patch_hash: change.patchHash,
    manifest_hash: change.manifest,
    operations: change.patch.operations.map(({ op }) => op),
    authority: change.authority.verdict,
  }
  if (args.flag('dry-run')) {
    return { data: { ...document, outcome: 'dry_run' }, text: [change.text, authorityLine(change)].join('\n') }
  }
  const { height, number } = await proposeChange(world, change, {
    key: signingKey(context, args, world),
    description: args.optionalText('description'),
    reverts,
  })
  guard?.proposed(change.facts, number)
  const next = `next: aos gov shadow ${number}`
  const said = `height ${height}: proposal ${context.style.bold(String(number))} is open`
  return {
    data: { ...document, outcome: 'proposed', proposal: number, height },
    text: [change.text, authorityLine(change), said, next].join('\n'),
  }
}

function authorityLine({ authority }: PreparedChange): string {
  const items = authority.items.map(({ section, name, change, reason }) => `  ${change} ${section} ${name}: ${reason}`)
  return [`it ${authority.verdict} what the world may do`, ...items].join('\n')
}

/** `aos gov approve`: bound to the patch, its base and the report that was read. */
export async function govApprove(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return answer(context, args, 'approve')
}

/** `aos gov reject`: closes the proposal. */
export async function govReject(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return answer(context, args, 'reject')
}

async function answer(
  context: CommandContext,
  args: Arguments,
  decision: 'approve' | 'reject',
): Promise<CommandResult> {
  const number = numberArgument(args)
  const expires = args.text('expires')
  const goodForNs = parseDuration(expires)
  if (goodForNs === undefined || goodForNs <= 0n) throw usage(`--expires: expected a duration, found ${expires}`)
  const report = args.optionalText('report')
  return withSigningWorld(context, args, async (world) => {
    const height = await answerProposal(world, {
      number,
      decision,
      goodForNs,
      reason: args.optionalText('reason'),
      report: report === undefined ? undefined : parseHash(report),
      key: signingKey(context, args, world),
    })
    return { data: { height, proposal: number, decision }, text: `height ${height}: ${decision} proposal ${number}` }
  })
}

/** `aos gov apply`: in force from the next height on. */
export async function govApply(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const number = numberArgument(args)
  return withSigningWorld(context, args, async (world) => {
    const height = await applyProposal(world, { number, key: signingKey(context, args, world) })
    const { manifest } = await world.proposal({ number })
    const data = { height, proposal: number, manifest_hash: manifest }
    return { data, text: `height ${height}: proposal ${number} is in force, ${manifest}` }
  })
}

/** `aos gov withdraw`: by who proposed it, or an owner. */
export async function govWithdraw(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const number = numberArgument(args)
  return withSigningWorld(context, args, async (world) => {
    const height = await withdrawProposal(world, { number, key: signingKey(context, args, world) })
    return { data: { height, proposal: number }, text: `height ${height}: proposal ${number} is withdrawn` }
  })
}

/** `--key FILE`, else the owner's. Throws `key.missing`, `key.bad_file`, `key.permissions`. */
function signingKey(context: CommandContext, args: Arguments, world: SigningWorld): KeyPair {
  const file = args.optionalText('key')
  return readKey(world.keyFolder, file === undefined ? undefined : resolve(context.cwd, file))
}

/** The positional that every command about one proposal has, counted from 1. Throws `cli.usage`. */
export function numberArgument(args: Arguments): number {
  const text = args.text('number')
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
  throw usage(`expected the number of a proposal, found ${text}`)
}

function unchanged({ manifest }: PreparedChange): AosError {
  return new AosError('kernel.manifest_in_force', `nothing changes: ${manifest} is in force`)
}
