/** Records of proposals, of generations of states, of upcasters, and of what is watched (spec/16-snapshots.md, "Records"). */
import { encode, fromHex, hashBytes, toHex } from '@aos/cbor'
import type { Authority } from '@aos/air'
import type { Data } from '@aos/cbor'
import type { Generations } from '../cells/migrate.ts'
import type { RecordCodec } from '../collections/collection.ts'
import type { Proposal, ProposalStatus } from '../governance/proposal.ts'
import type { Upcaster } from '../governance/upcast.ts'
import type { Watch } from '../governance/watch.ts'
import { Fields } from './fields.ts'

const STATUSES: readonly ProposalStatus[] = ['open', 'rejected', 'withdrawn', 'applied', 'reverted']
const AUTHORITIES: readonly Authority[] = ['narrows', 'keeps', 'widens']

/** An array of the fields in the order of the type. */
export const PROPOSAL_RECORDS: RecordCodec<Proposal> = {
  encode: (proposal) =>
    encode([
      proposal.number,
      STATUSES.indexOf(proposal.status),
      hashBytes(proposal.patch),
      hashBytes(proposal.manifest),
      hashBytes(proposal.base),
      proposal.baseHeight,
      proposal.proposer,
      proposal.proposerKey === undefined ? null : fromHex(proposal.proposerKey),
      proposal.height,
      proposal.description ?? null,
      AUTHORITIES.indexOf(proposal.authority),
      proposal.report === undefined ? null : [hashBytes(proposal.report.hash), proposal.report.height],
      proposal.approvals.map(({ keyId, report, expiresNs, height }) => [
        fromHex(keyId),
        hashBytes(report),
        expiresNs,
        height,
      ]),
      proposal.appliedHeight ?? null,
      proposal.reverts ?? null,
    ]),
  decode: (bytes) => {
    const fields = Fields.of(bytes)
    const proposal: Proposal = {
      number: fields.count(),
      status: fields.oneOf(STATUSES),
      patch: fields.hash(),
      manifest: fields.hash(),
      base: fields.hash(),
      baseHeight: fields.count(),
      proposer: fields.text(),
      proposerKey: fields.optional((each) => toHex(each.bytes())),
      height: fields.count(),
      description: fields.optional((each) => each.text()),
      authority: fields.oneOf(AUTHORITIES),
      report: fields.optional((each) => {
        const inner = each.list()
        return { hash: inner.hash(), height: inner.count() }
      }),
      approvals: fields.each((each) => {
        const inner = each.list()
        return { keyId: toHex(inner.bytes()), report: inner.hash(), expiresNs: inner.uint(), height: inner.count() }
      }),
      appliedHeight: fields.optional((each) => each.count()),
      reverts: fields.optional((each) => each.count()),
    }
    fields.end()
    return proposal
  },
}

/** [[* wasm hash of the module that leads on from each generation], last manifest / null] */
export const GENERATION_RECORDS: RecordCodec<Generations> = {
  encode: ({ modules, lastManifest }) =>
    encode([modules.map(hashBytes), lastManifest === undefined ? null : hashBytes(lastManifest)]),
  decode: (bytes) => {
    const fields = Fields.of(bytes)
    const generations = {
      modules: fields.each((each) => each.hash()),
      lastManifest: fields.optional((each) => each.hash()),
    }
    fields.end()
    return generations
  },
}

/** [wasm hash of the module, fingerprint of the schema that it leads to] */
export const UPCASTER_RECORDS: RecordCodec<Upcaster> = {
  encode: ({ module, to }) => encode([hashBytes(module), hashBytes(to)]),
  decode: (bytes) => {
    const fields = Fields.of(bytes)
    const upcaster = { module: fields.hash(), to: fields.hash() }
    fields.end()
    return upcaster
  },
}

/** [proposal, the manifest before, patch, logical time at which it ends, [* count]] / null */
export function watchData(watch: Watch | undefined): Data {
  if (watch === undefined) return null
  const { proposal, back, patch, untilNs, counts } = watch
  return [proposal, hashBytes(back), hashBytes(patch), untilNs, [...counts]]
}

/** Throws `kernel.bad_snapshot`. */
export function readWatch(fields: Fields): Watch | undefined {
  return fields.optional((each) => {
    const inner = each.list()
    const watch = {
      proposal: inner.count(),
      back: inner.hash(),
      patch: inner.hash(),
      untilNs: inner.uint(),
      counts: inner.each((item) => item.count()),
    }
    inner.end()
    return watch
  })
}
