/** Codes of the kernel (spec/08-errors.md). */
import { AosError } from '@aos/cbor'
import type { AosErrorOptions } from '@aos/cbor'
import type { GovernanceErrorCode } from './governance/errors.ts'

/** What each code means for which an ingress is refused or a replay stopped (spec/06-kernel.md, "Ingress"). */
export const KERNEL_ERRORS = {
  'kernel.no_genesis': 'the world has no genesis yet, so nothing but genesis is admitted',
  'kernel.genesis_exists': 'the world has its genesis already',
  'kernel.bad_genesis': 'the genesis command is not well-formed',
  'kernel.bad_ingress': 'a field of the ingress is not well-formed or over its limit',
  'kernel.unknown_schema': 'the manifest in force lists no schema of that name',
  'kernel.key_missing': 'a routed reducer is keyed and the event carries no key',
  'kernel.key_unexpected': 'the event carries a key and a routed reducer is not keyed',
  'kernel.key_mismatch': 'the key that the event carries differs from the one in its key field',
  'kernel.bad_key': 'the key does not match the key schema of a routed reducer',
  'kernel.too_large': 'a value is over its limit',
  'kernel.conflict': 'the idempotency key was used before with another body',
  'kernel.not_authorized': 'the command needs the signature of a registered owner key',
  'kernel.stale_base': 'the command was made against a state that is no longer in force',
  'kernel.manifest_in_force': 'the manifest is in force already',
  'kernel.bad_manifest': 'the manifest or a definition it names does not hold',
  'kernel.bad_node': 'a definition node is not what the manifest says',
  'kernel.unlisted_blob': 'the manifest relies on a blob that the ingress does not list',
  'kernel.key_exists': 'the key is registered already',
  'kernel.key_unknown': 'the key is not registered, or revoked already',
  'kernel.last_owner': 'the last owner key cannot be revoked',
  'kernel.engine_in_force': 'the engine is in force already',
  'kernel.clock_backwards': 'the time of a clock command lies before the logical time of the world',
  'kernel.engine_older': 'a world never goes back to an older engine',
  'kernel.bad_entry': 'a journal entry is not in the form of its format',
  'kernel.bodies_missing': 'the bodies of an entry were dropped, so it cannot be re-derived',
  'kernel.no_gate': 'the engine of the world has no plans and no gate; `aos upgrade` changes it',
  'kernel.unknown_plan': 'the manifest in force lists no plan of that name',
  'kernel.unknown_instance': 'no running plan has that name',
  'kernel.intent_status': 'the intent is not in the state that the command needs',
  'kernel.approval_expired': 'the approval is past its expiry',
  'kernel.other_world': 'the receipt or approval was made for another world',
  'kernel.intent_unknown': 'the world has no open intent of that hash',
  'kernel.intent_settled': 'the intent has its receipt already, or was cancelled',
  'kernel.intent_parked': 'the intent waits for an approval and was never given to an adapter',
  'kernel.receipt_altered': 'a field of the receipt does not belong to the intent, or the payload to its hash',
  'kernel.other_adapter': 'the intent is for another adapter than the one that signed',
  'kernel.receipt_key': 'the key that signed is not registered for this adapter and kind, or revoked',
  'kernel.bad_snapshot': 'a node or a record of a snapshot is not in its one form',
  'kernel.bad_checkpoint': 'a checkpoint is not in its form',
  'kernel.bad_proof': 'a proof about a cell does not hold',
  'kernel.no_snapshots': 'the engine of the world has no snapshots; `aos upgrade` changes it',
  'kernel.no_cut': 'the snapshot root names a cut that is not the newest one, or that has not come to a root',
  'kernel.snapshot_root': 'the snapshot root is not what the cut comes to',
  'kernel.reentered': 'a turn was started inside a turn; the world is stopped',
  'introspect.bad_consistency': 'the consistency is neither head nor exact:HEIGHT nor at_least:HEIGHT',
  'introspect.bad_key': 'the key is not of the key schema of the reducer',
  'engine.unsupported': 'the world was made for an engine that this release does not have',
} as const

/** Codes of this package; a refusal of the kernel may also carry one of `air`. */
export type KernelErrorCode = keyof typeof KERNEL_ERRORS | GovernanceErrorCode

/** An error with a code of this package, so that another does not compile. */
export function kernelError(code: KernelErrorCode, message: string, options: AosErrorOptions = {}): AosError {
  return new AosError(code, message, options)
}
