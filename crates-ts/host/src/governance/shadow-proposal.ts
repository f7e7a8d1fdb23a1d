/** `aos gov shadow`: a shadow run whose report the world takes note of (spec/17-governance.md, "Shadow"). */
import type { Hash } from '@aos/cbor'
import { AosError, hashText } from '@aos/cbor'
import type { HostWorld } from '../host-world.ts'
import { signGovernance } from '../keys/governance-command.ts'
import { findHostKey } from '../receipts/host-key.ts'
import { encodeShadowReport } from '../shadow/report-json.ts'
import type { ShadowReport } from '../shadow/report.ts'
import { runShadow } from '../shadow/run-shadow.ts'
import type { RunShadowOptions } from '../shadow/run-shadow.ts'
import { nodeSha256 } from '../sha256.ts'

/** What a run came to, and where it stands. */
export interface NotedReport {
  readonly report: ShadowReport
  /** Canonical JSON, which is content. */
  readonly bytes: Uint8Array
  /** Of these bytes. */
  readonly hash: Hash
  readonly height: number
}

/**
 * Runs, stores the report, and says its hash with the host's key. The same report is not noted twice, so approvals stay. Throws what `runShadow` throws, `key.missing`,
 * and the kernel's refusals.
 */
export async function shadowProposal(host: HostWorld, options: Omit<RunShadowOptions, 'host'>): Promise<NotedReport> {
  const key = findHostKey(host.keyFolder, host.kernel.keys)
  const report = await runShadow({ ...options, host })
  if (options.signal?.aborted === true) throw new AosError('control.lost', 'nobody waits for the report any more')
  const bytes = encodeShadowReport(report)
  const hash = hashText(nodeSha256, bytes)
  const known = host.kernel.readProposal(options.proposal)?.report
  if (known?.hash === hash) return { report, bytes, hash, height: known.height }
  await host.store.content.put([bytes])
  const command = { op: 'shadowed', proposal: options.proposal, report: hash } as const
  const result = await host.send(signGovernance(key, { world: host.id, command, blobs: [hash] }))
  if (result.kind === 'refused') throw result.error
  return { report, bytes, hash, height: result.height }
}
