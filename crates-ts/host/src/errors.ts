/** Every code this package produces (spec/08-errors.md is generated from these tables). */
import type { SYNC_ERRORS } from './sync/errors.ts'

/** What each code about worlds, their folders and what is asked of them means. */
export const HOST_ERRORS = {
  'host.no_world': 'No world folder was found: neither aos.json nor .aos stands here or above.',
  'host.no_worlds': 'The folder of worlds was not found.',
  'host.world_exists': 'The folder already holds a world.',
  'host.not_empty': 'The folder of a new world holds files.',
  'host.bad_config': 'aos.json or aos.sync.json is not what the host expects; the path names the member.',
  'host.file': 'A file of the world folder could not be read or written.',
  'host.no_genesis': 'The world has no genesis yet: nothing was pushed.',
  'host.no_air': 'The AIR folder is missing or holds no definitions.',
  'host.air_differs':
    'The world file and the AIR folder of a world do not say the same; details.differences lists what.',
  'host.invalid_air': 'The AIR folder does not validate; details.issues lists everything found.',
  'host.no_manifest': 'The AIR folder holds no manifest, or more than one.',
  'host.missing_wasm': 'A module has neither a source in aos.sync.json nor a WASM file nor a hash that the store has.',
  'host.unknown_schema': 'The manifest has no schema of this name.',
  'host.unknown_effect': 'The world defines no effect of this kind, or the module does not declare it.',
  'host.unknown_reducer': 'The manifest has no reducer of this name.',
  'host.unknown_plan': 'The manifest has no plan of this name.',
  'host.unknown_instance': 'No plan is running under this id.',
  'host.unknown_intent': 'The journal has no intent, receipt or decision of this hash.',
  'host.unknown_definition': 'The manifest has no definition of this name.',
  'host.key_required': 'The reducer is keyed: say which cell.',
  'host.not_keyed': 'A key was given where no reducer takes one.',
  'host.bad_value': 'A value does not match its schema; details.issues lists everything found.',
  'host.bad_height': 'The height is not one the journal has.',
  'host.conflict': 'Another writer appended to the journal; the world in memory was discarded.',
  'host.fenced': 'A later opening of the journal took over; the world in memory was discarded.',
  'host.stopped': 'The world was stopped by an earlier fault and takes nothing more.',
  'host.fault': 'The machine, not the world, failed during a turn: nothing was recorded.',
  'host.quarantined': 'The machine failed twice at the same ingress; it is refused from then on.',
  'host.no_seed': 'The entropy of the world comes from a seed, which aos.json does not have.',
  'host.real_clock': 'The clock of the world is real: nobody sets its time.',
  'host.virtual_clock': 'The clock of the world is virtual: the wall clock does not count.',
  'host.replay_differs': 'A journaled entry does not follow from the ones before it.',
  'host.signature': 'A signature does not verify.',
  'host.unknown_module': 'The manifest has no module of this name.',
  'store.missing_blob': 'The store lacks content that the world relies on.',
  'host.in_flight': 'A call has begun that the signed change does not name as in flight; it is to be signed again.',
  'host.bad_migration':
    'The input of a migration does not take the values that are there; details.migrations says which and why.',
  'host.not_applied': 'A proposal that is not in force cannot be taken back.',
  'host.dispatch_log': 'The dispatch log could not be written, so nothing is called any more.',
  'host.too_few_snapshots':
    'Two snapshots that can be read whole must stand for entries that are dropped; details tell how many were found.',
  'host.compact_too_late':
    'Entries behind the older of two snapshots may not be dropped; details.latest is the latest height.',
  'host.no_snapshot': 'The world has no snapshot, or none of that height.',
  'host.bad_proof': 'A proof about a cell is not in its form, or does not hold.',
  'host.unknown_blob': 'The store has no content with this hash.',
  'host.unknown_workspace': 'The world has no workspace of this name.',
  'host.unknown_version': 'The workspace has no version of this number.',
  'host.no_workspaces': 'The manifest does not route commits of workspaces to their reducer.',
  'host.commit_failed':
    'A version of a workspace was not added, for another reason than that somebody else was faster.',
} as const

/** What each code about key files and public keys means; none of them shows a private key. */
export const KEY_ERRORS = {
  'key.small_order': 'The public key has small order, is not canonical or is not on the curve.',
  'key.bad_public_key': 'A public key is 32 bytes, written as 64 hexadecimal digits.',
  'key.bad_file': 'A key file does not hold an ed25519 private key.',
  'key.permissions': 'A key file or its folder can be read by others.',
  'key.exists': 'The file for a new key exists already.',
  'key.missing': 'There is no owner key, or not the one this world names.',
  'key.inside_world': 'Private keys lie outside the world folder.',
} as const

/** Codes of receipts that come from outside; the kernel's own refusals pass through. */
export const RECEIPT_ERRORS = {
  'receipt.bad_form': 'A file does not hold a signed receipt; the path names the member.',
  'receipt.bad_signature': 'The signature of a receipt does not verify, or is not at its place in its batch.',
} as const

/** Codes with which the host answers effects that are for it (spec/14-dispatch.md, "The host as an adapter"). */
export const ANSWER_ERRORS = {
  'introspect.not_reached': 'The journal has not come to the height that is asked for; it may later.',
  'introspect.gone': 'The state of a height cannot be derived any more, because entries were cut to their headers.',
} as const

/** What each code of the control socket means (spec/15-control.md, "Errors"). */
export const CONTROL_ERRORS = {
  'control.bad_message': 'A message on the control socket is not one of its form.',
  'control.too_long': 'A message on the control socket is longer than allowed.',
  'control.busy': 'The daemon has as many connections or worlds awake, or the connection as many requests, as allowed.',
  'control.unknown_verb': 'The daemon does nothing of this name.',
  'control.unknown_world': 'The daemon keeps no world of this name, or a host of many was not told which.',
  'control.failed': 'The daemon has a bug; its log shows where.',
  'control.lost': 'The daemon went away before it answered.',
  'control.thread': 'The thread of the host that kept the world ended before it answered; another one takes its place.',
  'control.socket': 'The daemon cannot listen at its socket.',
  'control.running': 'A daemon holds this world, or a host these worlds, already.',
  'control.not_running': 'No daemon holds this world, or no host these worlds.',
  'control.start': 'The daemon ended before it served.',
} as const

/** What each code of a vault means (spec/25-secrets.md, "The vault"); none of them shows a value. */
export const VAULT_ERRORS = {
  'vault.bad_key': 'The key of a vault is 32 bytes, written as 64 hexadecimal digits.',
  'vault.key_command': 'The command that tells the key of a vault failed.',
  'vault.no_key': 'There is a vault, but no key to open it.',
  'vault.wrong_key': 'The vault was sealed with another key.',
  'vault.damaged': 'The file of a vault is not as it was written.',
  'vault.unsupported': 'The vault was written by a later release.',
  'vault.other_world': 'The vault belongs to another world.',
  'vault.bad_name': 'The name of a secret is not of its form.',
  'vault.bad_value': 'The value of a secret is too long, or is no text.',
  'vault.exists': 'The vault has a secret of this name already.',
  'vault.unknown': 'The vault has no secret, version or slot of this name.',
  'vault.current': 'The current version of a secret cannot be removed alone.',
  'vault.full': 'The vault holds as many versions as it may.',
} as const

/** What each code of exporting and importing a world means (spec/25-secrets.md, "World archives"). */
export const ARCHIVE_ERRORS = {
  'transfer.damaged': 'The archive of a world is not as it was written.',
  'transfer.compacted': 'Entries were cut to their headers while the world was exported.',
  'transfer.exists': 'The file of an archive is there already.',
  'transfer.imported': 'The world was imported and not adopted: it performs no effects.',
  'transfer.not_imported': 'The world was not imported, or is adopted already.',
  'transfer.unsupported': 'The archive of a world was written by a later release.',
} as const

/** Codes that opening and driving a world can end with; those of the store and the kernel pass through. */
export type HostErrorCode =
  | keyof typeof ANSWER_ERRORS
  | keyof typeof ARCHIVE_ERRORS
  | keyof typeof HOST_ERRORS
  | keyof typeof KEY_ERRORS
  | keyof typeof CONTROL_ERRORS
  | keyof typeof RECEIPT_ERRORS
  | keyof typeof SYNC_ERRORS
  | keyof typeof VAULT_ERRORS
