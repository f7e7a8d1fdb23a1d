/** What an operator does to change a world: propose, shadow, approve, apply (spec/17-governance.md). */
import {
  answerProposal,
  applyProposal,
  assembleFolder,
  localSigningWorld,
  prepareFolder,
  proposeChange,
  readOwnerKey,
  shadowProposal,
  shadowReportText,
} from '@aos/host'
import type { PreparedChange, ShadowReport } from '@aos/host'
import type { ExampleRun } from './example.ts'

/** How long the approval is good, of the world's time. */
const APPROVAL_NS = 3_600_000_000_000n

/** A change that is in force, and what was said of it before. */
export interface WorldChange {
  /** Height of the entry from behind which it is in force. */
  readonly height: number
  readonly report: ShadowReport
  /** For people: what changes, what the shadow run found, what was done about it. */
  readonly lines: readonly string[]
}

/** What differs between the definitions in `airPath` and what is in force. Throws what `aos gov propose` throws. */
export async function prepareChange(run: ExampleRun, airPath: string): Promise<PreparedChange> {
  const world = localSigningWorld(run.host)
  const { builder, progress: onProgress } = run
  const assembly = await assembleFolder(world, { builder, forceBuild: false, airPath, onProgress })
  return prepareFolder(world, { assembly, facts: await world.facts() })
}

/** By the owner's key, who may decide where the manifest names no approvers. Throws the kernel's refusals. */
export async function changeWorld(
  { host, progress }: ExampleRun,
  change: PreparedChange,
  description: string,
): Promise<WorldChange> {
  const world = localSigningWorld(host)
  const key = readOwnerKey(host.keyFolder)
  const { number, height: proposed } = await proposeChange(world, change, { key, description })
  progress(`proposal ${number} in shadow`)
  const { report, height: noted } = await shadowProposal(host, { proposal: number })
  const approved = await answerProposal(world, { number, decision: 'approve', goodForNs: APPROVAL_NS, key })
  const height = await applyProposal(world, { number, key })
  const lines = [
    `height ${proposed}: proposal ${number}, ${description}; it ${change.authority.verdict} what the world may do`,
    ...indented(change.text.split('\n')),
    `height ${noted}: the shadow run says`,
    ...indented(shadowReportText(report)),
    `height ${approved}: approved by the owner`,
    `height ${height}: applied`,
  ]
  return { height, report, lines }
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`)
}
