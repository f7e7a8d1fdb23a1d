/** Commands about proposals as they stand in ingress (spec/journal.cddl, "governance"), and back. Their bytes are what is signed. */
import { encode, formatHash, hashBytes } from '@aos/cbor'
import type { CanonicalBytes, Data, Hash } from '@aos/cbor'
import { kernelError } from '../errors.ts'

/** Puts a change up for decision. */
export interface ProposeCommand {
  readonly op: 'propose'
  readonly patch: Hash
  /** What the patch leads to. */
  readonly manifest: Hash
  /** The manifest it starts from, and the height that put that in force; otherwise `kernel.stale_base`. */
  readonly base: Hash
  readonly baseHeight: number
  readonly description?: string
  /** The proposal that this one takes back. */
  readonly reverts?: number
}

/** What a shadow run on the base in force came to. */
export interface ShadowedCommand {
  readonly op: 'shadowed'
  readonly proposal: number
  readonly report: Hash
}

/** What an approver decides (G2); the statement of the same fields is what is signed. */
export interface DecideCommand {
  readonly op: 'decide'
  readonly proposal: number
  readonly decision: 'approve' | 'reject'
  readonly patch: Hash
  readonly base: Hash
  readonly baseHeight: number
  readonly report: Hash
  /** Logical time. */
  readonly expiresNs: bigint
  readonly reason?: string
}

/** Puts an approved proposal in force from the next height on. */
export interface ApplyCommand {
  readonly op: 'apply'
  readonly proposal: number
  /** Open intents whose calls have begun: they are left alone. */
  readonly inFlight: readonly Hash[]
}

/** Takes a proposal back. */
export interface WithdrawCommand {
  readonly op: 'withdraw'
  readonly proposal: number
}

/** Judges open intents again by what is in force, after a change that could not name those in flight. */
export interface ReviewCommand {
  readonly op: 'review'
  readonly inFlight: readonly Hash[]
}

/** What can be done about proposals. */
export type GovernanceCommand =
  ProposeCommand | ShadowedCommand | DecideCommand | ApplyCommand | WithdrawCommand | ReviewCommand

const OPS: readonly GovernanceCommand['op'][] = ['propose', 'shadowed', 'decide', 'apply', 'withdraw', 'review']
const DECISIONS: readonly DecideCommand['decision'][] = ['approve', 'reject']

/** Canonical bytes without the prefix. */
export function encodeGovernance(command: GovernanceCommand): CanonicalBytes {
  const fields = [OPS.indexOf(command.op), ...fieldsOf(command)]
  const map = new Map<Data, Data>()
  fields.forEach((field, index) => {
    if (field !== undefined) map.set(index, field)
  })
  return encode(map)
}

function fieldsOf(command: GovernanceCommand): readonly (Data | undefined)[] {
  switch (command.op) {
    case 'propose': {
      const { patch, manifest, base, baseHeight, description, reverts } = command
      return [hashBytes(patch), hashBytes(manifest), hashBytes(base), baseHeight, description, reverts]
    }
    case 'shadowed':
      return [command.proposal, hashBytes(command.report)]
    case 'decide': {
      const { proposal, decision, patch, base, baseHeight, report, expiresNs, reason } = command
      const bound = [hashBytes(patch), hashBytes(base), baseHeight, hashBytes(report), expiresNs]
      return [proposal, DECISIONS.indexOf(decision), ...bound, reason]
    }
    case 'apply':
      return [command.proposal, command.inFlight.map(hashBytes)]
    case 'withdraw':
      return [command.proposal]
    case 'review':
      return [command.inFlight.map(hashBytes)]
  }
}

/** Throws `kernel.bad_entry`. */
export function decodeGovernance(fields: ReadonlyMap<Data, Data>): GovernanceCommand {
  const op = OPS[countAt(fields, 0)]
  if (op === undefined) throw badField(0)
  switch (op) {
    case 'propose': {
      const description = fields.get(5)
      return {
        op,
        patch: hashAt(fields, 1),
        manifest: hashAt(fields, 2),
        base: hashAt(fields, 3),
        baseHeight: countAt(fields, 4),
        ...(typeof description === 'string' ? { description } : {}),
        ...(fields.has(6) ? { reverts: countAt(fields, 6) } : {}),
      }
    }
    case 'shadowed':
      return { op, proposal: countAt(fields, 1), report: hashAt(fields, 2) }
    case 'decide': {
      const decision = DECISIONS[countAt(fields, 2)]
      const reason = fields.get(8)
      if (decision === undefined) throw badField(2)
      return {
        op,
        proposal: countAt(fields, 1),
        decision,
        patch: hashAt(fields, 3),
        base: hashAt(fields, 4),
        baseHeight: countAt(fields, 5),
        report: hashAt(fields, 6),
        expiresNs: uintAt(fields, 7),
        ...(typeof reason === 'string' ? { reason } : {}),
      }
    }
    case 'apply':
      return { op, proposal: countAt(fields, 1), inFlight: hashesAt(fields, 2) }
    case 'withdraw':
      return { op, proposal: countAt(fields, 1) }
    case 'review':
      return { op, inFlight: hashesAt(fields, 1) }
  }
}

function hashAt(fields: ReadonlyMap<Data, Data>, position: number): Hash {
  return asHash(fields.get(position), position)
}

function asHash(value: Data | undefined, position: number): Hash {
  if (value instanceof Uint8Array && value.length === 32) return formatHash(value)
  throw badField(position)
}

function hashesAt(fields: ReadonlyMap<Data, Data>, position: number): readonly Hash[] {
  const value = fields.get(position)
  if (!Array.isArray(value)) throw badField(position)
  return (value as readonly Data[]).map((item) => asHash(item, position)) // narrowed to any[]
}

function countAt(fields: ReadonlyMap<Data, Data>, position: number): number {
  const value = fields.get(position)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw badField(position)
}

function uintAt(fields: ReadonlyMap<Data, Data>, position: number): bigint {
  const value = fields.get(position)
  if ((typeof value === 'number' || typeof value === 'bigint') && value >= 0) return BigInt(value)
  throw badField(position)
}

function badField(position: number): Error {
  return kernelError('kernel.bad_entry', `field ${position} of the governance command is not of its form`)
}
