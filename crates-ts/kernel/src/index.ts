/** @aos/kernel: the world as one synchronous function from ingress to entry (spec/06-kernel.md). */
export type {
  ApprovalIngress,
  CancelIngress,
  CellReport,
  ClockIngress,
  DecisionReport,
  DeliveryOutcome,
  Difference,
  EffectsReport,
  EngineIngress,
  EventIngress,
  GenesisIngress,
  Ingress,
  IngressKind,
  InstanceReport,
  KeyIngress,
  KeyReport,
  ManifestIngress,
  PartDigests,
  RaisedReport,
  ReceiptIngress,
  ReplayOptions,
  RequeueIngress,
  SignalIngress,
  Stamp,
  StartIngress,
  StepReport,
  TickIngress,
  TurnResult,
  VerifiedSignature,
  World,
  WorldTime,
} from './api.ts'
export { ENTRY_KINDS, KIND_NUMBER, OUTCOMES } from './codes.ts'
export { JOURNAL_FORMAT, encodeClock, encodeKeyChange, encodeSetEngine, encodeSetManifest } from './commands.ts'
export { KERNEL_SEMANTICS, NORMALISER, hashEngine, supportedEngines, type KernelSemantics } from './engine.ts'
export type { ModuleProfile } from './engine.ts'
export { decodeEntry } from './entry-reader.ts'
export type { DecodedEntry, DecodedItem } from './entry-reader.ts'
export { KERNEL_ERRORS } from './errors.ts'
export { DENIAL_ERRORS, type DenialCode } from './gate/denial-errors.ts'
export type { KernelErrorCode } from './errors.ts'
export { EFFECT_LIMITS, LIMITS } from './limits.ts'
export { KERNEL_ADAPTER, TIMER_KIND, type IntentReport, type IntentStatus } from './intents/intent.ts'
export type { IntentChange } from './intents/effect-items.ts'
export { decodeApproval, decodeReceipt, encodeApproval, encodeReceipt } from './effect-commands.ts'
export type { CallOutcome, CallResult, ContentGetter, KernelPorts, LoadedModule, ModuleRuntime } from './ports.ts'
export { createWorld } from './world.ts'
