/** @aos/kernel: the world as one synchronous function from ingress to entry (spec/06-kernel.md). */
export type {
  CellReport,
  ClockIngress,
  DeliveryOutcome,
  Difference,
  EngineIngress,
  EventIngress,
  GenesisIngress,
  Ingress,
  IngressKind,
  KeyIngress,
  KeyReport,
  ManifestIngress,
  PartDigests,
  RaisedReport,
  ReplayOptions,
  Stamp,
  StepReport,
  TickIngress,
  TurnResult,
  VerifiedSignature,
  World,
  WorldTime,
} from './api.ts'
export { ENTRY_KINDS, KIND_NUMBER, OUTCOMES } from './codes.ts'
export { JOURNAL_FORMAT, encodeClock, encodeKeyChange, encodeSetEngine, encodeSetManifest } from './commands.ts'
export { KERNEL_SEMANTICS, NORMALISER, hashEngine } from './engine.ts'
export type { ModuleProfile } from './engine.ts'
export { decodeEntry } from './entry-reader.ts'
export type { DecodedEntry, DecodedItem } from './entry-reader.ts'
export { KERNEL_ERRORS } from './errors.ts'
export type { KernelErrorCode } from './errors.ts'
export { LIMITS } from './limits.ts'
export type { CallOutcome, CallResult, ContentGetter, KernelPorts, LoadedModule, ModuleRuntime } from './ports.ts'
export { createWorld } from './world.ts'
