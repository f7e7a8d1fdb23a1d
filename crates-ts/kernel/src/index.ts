/** @aos/kernel: the world as one synchronous function from ingress to entry (spec/06-kernel.md). */
export type {
  CellReport,
  DecisionReport,
  DeliveryOutcome,
  Difference,
  EffectsReport,
  GovernanceReport,
  InstanceReport,
  KeyReport,
  PartDigests,
  RaisedReport,
  ReplayOptions,
  MemoryLimits,
  MemoryReport,
  MigrationReport,
  StepReport,
  TurnResult,
  World,
  WorldTime,
} from './api.ts'
export type {
  ApprovalIngress,
  CancelIngress,
  ClockIngress,
  EngineIngress,
  EventIngress,
  GenesisIngress,
  GovernanceIngress,
  Ingress,
  IngressKind,
  KeyIngress,
  ManifestIngress,
  ReceiptIngress,
  RequeueIngress,
  SignalIngress,
  SnapshotCutIngress,
  SnapshotRootIngress,
  Stamp,
  StartIngress,
  TickIngress,
  VerifiedSignature,
} from './ingress.ts'
export { ENTRY_KINDS, KIND_NUMBER, OUTCOMES } from './codes.ts'
export {
  JOURNAL_FORMAT,
  encodeClock,
  encodeKeyChange,
  encodeSetEngine,
  encodeSetManifest,
  encodeSnapshotRoot,
} from './commands.ts'
export { KERNEL_SEMANTICS, NORMALISER, hashEngine, supportedEngines, type KernelSemantics } from './engine.ts'
export type { ModuleProfile } from './engine.ts'
export { decodeEntry } from './entry-reader.ts'
export type { DecodedEntry, DecodedItem } from './entry-reader.ts'
export { KERNEL_ERRORS } from './errors.ts'
export { GOVERNANCE_ERRORS } from './governance/errors.ts'
export {
  decodeGovernance,
  encodeGovernance,
  type ApplyCommand,
  type DecideCommand,
  type GovernanceCommand,
  type ProposeCommand,
  type ReviewCommand,
  type ShadowedCommand,
  type WithdrawCommand,
} from './governance/command.ts'
export { GOVERNANCE_CHANGES, type GovernanceChange } from './governance/governance-item.ts'
export type { GivenApproval, Proposal, ProposalStatus } from './governance/proposal.ts'
export { WATCHED, type Watch, type WatchedCount } from './governance/watch.ts'
export { DENIAL_ERRORS, type DenialCode } from './gate/denial-errors.ts'
export { hasSecretSlots } from './gate/secret-slots.ts'
export type { KernelErrorCode } from './errors.ts'
export { EFFECT_LIMITS, LIMITS, SNAPSHOT_LIMITS } from './limits.ts'
export { parseConsistency, type AskedHeight } from './internal/introspect.ts'
export { HOST_ADAPTER, KERNEL_ADAPTER, TIMER_KIND, type IntentReport, type IntentStatus } from './intents/intent.ts'
export type { IntentChange } from './intents/effect-items.ts'
export { decodeApproval, decodeReceipt, encodeApproval, encodeReceipt } from './effect-commands.ts'
export type { CallOutcome, CallResult, ContentGetter, KernelPorts, LoadedModule, ModuleRuntime } from './ports.ts'
export type { AheadBlob } from './cells/read-ahead.ts'
export type { FreshBlob } from './collections/fresh-nodes.ts'
export { checkCellProof, proveCell, type CellProof, type ProvenCell } from './snapshot/cell-proof.ts'
export { decodeSnapshot, type SnapshotRecord } from './snapshot/snapshot-record.ts'
export { readCheckpointHead, type CheckpointHead, type CheckpointWork } from './snapshot/checkpoint.ts'
export type { ChangesSince } from './collections/part.ts'
export type { CheckpointSize, RecoveryAmounts, TailAmounts } from './snapshot/tail-cost.ts'
export { walkSnapshot, type SnapshotPiece } from './snapshot/walk-snapshot.ts'
export { readIngress, type RecordedIngress } from './replay.ts'
export { createWorld } from './world.ts'
