/** Every bound of this package (spec/05-determinism.md, "Limits"). All but the pool size are part of the engine digest. */

export const PAGE_BYTES = 65_536

/** Bounds of admission; a module over one of them is refused with `wasm.limit` (spec/05-determinism.md, "Limits"). */
export const WASM_LIMITS = {
  /** Size of a module as given, debug sections of compilers included. */
  moduleBytesMax: 33_554_432,
  /** Size of the code section: what admission has to rewrite. */
  codeBytesMax: 4_194_304,
  /** Code bytes of one function with its declarations of locals. Rewriting grows code at most 21-fold. */
  functionBytesMax: 262_144,
  typesMax: 4_096,
  parametersMax: 128,
  /** Results of a function, parameters or results of a block. */
  resultsMax: 16,
  functionsMax: 65_536,
  globalsMax: 4_096,
  exportsMax: 4_096,
  tableElementsMax: 65_536,
  elementSegmentsMax: 4_096,
  dataSegmentsMax: 16_384,
  /** Locals without parameters. */
  localsMax: 8_192,
  branchTableMax: 8_192,
  nestingMax: 1_024,
  /** The cap of a memory in pages of 64 KiB; a declared maximum lowers it. */
  memoryPagesMax: 256,
  /** Estimated bytes of one frame. */
  frameBytesMax: 65_536,
  frameBytesConstant: 96,
  /** What all frames of one call may be charged together. Engines give at least 984 KiB to a thread. */
  stackBytes: 655_360,
  /** A function without calls, of at most this many code bytes, neither checks the fuel at its entry nor is charged stack. */
  smallLeafBytesMax: 256,
  /** Issues reported at most for one module. */
  issuesMax: 64,
} as const

/** Instances kept by one runtime. A host setting: instances are stateless, so it changes nothing but time. */
export const POOL_MODULES_MAX = 256
