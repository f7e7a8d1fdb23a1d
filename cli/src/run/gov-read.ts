/** `aos gov ls|show|shadow`: what is proposed, and what it would do (spec/17-governance.md, spec/24-shadow-report.md). */
import { formatJson, isJsonArray, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AosError } from '@aos/cbor'
import { readText, shadowProposal, shadowReportText } from '@aos/host'
import type { HostWorld, ShadowSeed } from '@aos/host'
import type { Proposal } from '@aos/kernel'
import { parseScript } from '@aos/adapters'
import { resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult, Style } from '../context.ts'
import { makeEvent } from '../event-text.ts'
import { withWorld } from '../world.ts'
import { numberArgument } from './gov.ts'

/** `aos gov ls`: all proposals in the order of their numbers, or only those that are open. */
export async function govLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const { proposals, isReviewDue, onProbation } = await host.read((kernel) => ({
      proposals: [...kernel.listProposals()],
      isReviewDue: kernel.needsReview,
      onProbation: kernel.probation?.proposal,
    }))
    const shown = args.flag('open') ? proposals.filter(({ status }) => status === 'open') : proposals
    const lines = shown.map((proposal) => proposalLine(context.style, host, proposal))
    if (onProbation !== undefined) lines.push(`proposal ${onProbation} is on probation`)
    return {
      data: {
        proposals: shown.map(documentOf),
        review_due: isReviewDue,
        ...(onProbation === undefined ? {} : { on_probation: onProbation }),
      },
      text: lines.length === 0 ? 'there is none' : lines.join('\n'),
    }
  })
}

/** `aos gov show`: one proposal, with the newest report of a shadow run. */
export async function govShow(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const number = numberArgument(args)
  return withWorld(context, args, async (host) => {
    const proposal = await host.read((kernel) => kernel.readProposal(number))
    if (proposal === undefined) {
      throw new AosError('gov.unknown_proposal', `there is no proposal ${number}`, { hint: 'see `aos gov ls`' })
    }
    const { report, approvals, description } = proposal
    const bytes = report === undefined ? undefined : host.store.content.get(report.hash)
    const lines = [
      proposalLine(context.style, host, proposal),
      ...(description === undefined ? [] : [`  ${description}`]),
      `  patch ${proposal.patch}`,
      `  from ${proposal.base} to ${proposal.manifest}`,
      `  proposed by ${proposal.proposer} at height ${proposal.height}`,
      ...approvals.map(
        ({ keyId, height, report: of }) =>
          `  approved by ${keyId} at height ${height}${of === report?.hash ? '' : ', of an older report'}`,
      ),
      report === undefined ? `  nobody has reported: run \`aos gov shadow ${number}\`` : `  report ${report.hash}`,
    ]
    return {
      data: {
        ...documentOf(proposal),
        ...(bytes === undefined ? {} : { shadow: jsonOf(bytes) }),
      },
      text: lines.join('\n'),
    }
  })
}

/** `aos gov shadow`: runs history again under the change, and journals the hash of what came of it. */
export async function govShadow(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const number = numberArgument(args)
  const script = args.optionalText('script')
  return withWorld(context, args, async (host) => {
    const { report, bytes, hash, height } = await shadowProposal(host, {
      proposal: number,
      from: args.optionalHeight('from'),
      seeds: readSeeds(host, args.optionalText('events'), context.cwd),
      script: script === undefined ? undefined : parseScript(readText(resolve(context.cwd, script))),
      signal: context.held?.signal,
      slice: context.held?.share?.begin(host.folder.root),
    })
    const text = [...shadowReportText(report), `height ${height}: report ${hash}`, `next: aos gov approve ${number}`]
    return { data: { proposal: number, height, report_hash: hash, report: jsonOf(bytes) }, text: text.join('\n') }
  })
}

function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}

/** Events of a file, `[{"schema", "value", "key"?}]`, that come behind the history. Throws `cli.usage`, and what an event of `event send` is refused with. */
function readSeeds(host: HostWorld, file: string | undefined, cwd: string): readonly ShadowSeed[] {
  if (file === undefined) return []
  const node = parseJson(readText(resolve(cwd, file)))
  if (!isJsonArray(node)) throw usage('--events: expected a list of {"schema", "value", "key"?}')
  return node.map((each, index) => {
    const members = isJsonObject(each) ? each : new Map<string, JsonNode>()
    const schema = members.get('schema')
    const value = members.get('value')
    const key = members.get('key')
    if (typeof schema !== 'string' || value === undefined) {
      throw usage(`--events: item ${index}: expected {"schema", "value", "key"?}`)
    }
    const text = key === undefined ? undefined : typeof key === 'string' ? key : formatJson(key)
    return makeEvent(host, { schema, value, key: text, idempotencyKey: undefined }, 'local:shadow')
  })
}

/** For `data`. */
function documentOf(proposal: Proposal): Readonly<Record<string, unknown>> {
  const { number, status, patch, manifest, base, baseHeight, proposer, proposerKey, height, description } = proposal
  return {
    proposal: number,
    status,
    patch_hash: patch,
    manifest_hash: manifest,
    base_manifest_hash: base,
    base_height: baseHeight,
    proposer,
    proposer_key: proposerKey,
    height,
    description,
    authority: proposal.authority,
    report_hash: proposal.report?.hash,
    approvals: proposal.approvals.map(({ keyId, report, expiresNs, height: at }) => ({
      key_id: keyId,
      report_hash: report,
      expires_ns: String(expiresNs),
      height: at,
    })),
    applied_height: proposal.appliedHeight,
    reverts: proposal.reverts,
  }
}

/** A proposal in one line, beginning with its number. */
export function proposalLine(style: Style, host: HostWorld, proposal: Proposal): string {
  const { number, status, authority, report, approvals, baseHeight } = proposal
  const stale = status === 'open' && baseHeight !== host.kernel.manifestHeight ? ', stale' : ''
  const reported = report === undefined ? '' : ', reported'
  const count = approvals.length === 0 ? '' : `, ${approvals.length} approved`
  return `${style.bold(String(number))} ${status}${stale}: ${authority}${reported}${count}`
}
