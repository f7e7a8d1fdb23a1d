/**
 * Bounds of one turn and of one ingress (K9; spec/06-kernel.md, "Limits"). They are part of the engine digest: changing a
 * number here changes where old worlds stop, so it needs a new engine.
 */
export const LIMITS = {
  /** Fuel of one call of a module. */
  stepFuelMax: 50_000_000,
  /** Fuel of all calls of one turn. */
  turnFuelMax: 500_000_000,
  /** Items of `derived`: deliveries, raised events, module uses. */
  turnItemsMax: 4096,
  /** Bytes of states and raised values that one turn may make. */
  turnBytesMax: 33_554_432,
  /** Bytes of one event value, given or raised. */
  eventBytesMax: 4_194_304,
  /** Bytes of one cell key. */
  keyBytesMax: 4096,
  /** Bytes of one cell's state. */
  stateBytesMax: 16_777_216,
  /** Events that one delivery may raise. */
  raisedPerStepMax: 256,
  /** Effects that one delivery may emit (K21). */
  effectsPerStepMax: 1,
  /** Blobs that one ingress may list. */
  blobsPerIngressMax: 65_536,
  /** UTF-8 bytes of an idempotency key, a principal or a message. */
  shortTextBytesMax: 1024,
  /** K15: how many idempotency keys are remembered, and for how long in logical time. */
  idempotencyKeysMax: 1_000_000,
  idempotencyAgeNs: 604_800_000_000_000,
} as const

/** Bounds of plans and effects, from kernel semantics 2 on (spec/06-kernel.md, "Limits"). */
export const EFFECT_LIMITS = {
  /** Timers and deadlines that one tick does. */
  duePerTickMax: 256,
  /** Spendings that one dimension of a budget keeps apart. */
  spendingsMax: 4096,
} as const

/** Bounds of a turn that puts another manifest in force, from kernel semantics 3 on: everything in flight may have to be judged again in it. */
export const CHANGE_LIMITS = {
  changeFuelMax: 32_000_000_000,
  changeItemsMax: 1_048_576,
  changeBytesMax: 268_435_456,
} as const

/** What internal effects pay for content, from kernel semantics 3 on (spec/06-kernel.md, "Limits"). */
export const INTERNAL_LIMITS = {
  /** Fuel of every value that is read or written. */
  fuelPerBlob: 1000,
  /** Fuel of every byte of it. */
  fuelPerByte: 1,
} as const

/** Form of snapshots, from kernel semantics 3 on (spec/16-snapshots.md, "Trie" and "Collections"): it decides what roots are. */
export const SNAPSHOT_LIMITS = {
  /** Entries of one leaf: with one more it becomes a branch. */
  leafEntriesMax: 32,
  /** Longer records lie beside the trie, by hash. */
  inlineBytesMax: 1024,
} as const
