/** The codes of this package (spec/08-errors.md). */
import { AosError } from '@aos/cbor'

/** What each code of admission and of the runtime means (spec/05-determinism.md, "Admission"). */
export const WASM_ERRORS = {
  'wasm.malformed': 'The bytes are not a well-formed WebAssembly binary: magic, LEB128, section order or lengths.',
  'wasm.invalid': 'The module does not validate as WebAssembly.',
  'wasm.limit': 'A count, size or depth is over its limit; details name it.',
  'wasm.import': 'The module imports something; a module has no surroundings.',
  'wasm.forbidden_section': 'A section that is not in the allow-list.',
  'wasm.forbidden_type': 'A type that is not in the allow-list (i32, i64, f32, f64, funcref).',
  'wasm.forbidden_opcode': 'An opcode that is not in the allow-list.',
  'wasm.simd': 'A vector instruction or type.',
  'wasm.threads': 'An atomic instruction or a shared memory.',
  'wasm.exceptions': 'An exception instruction or a tag section.',
  'wasm.gc': 'An instruction or type of the garbage collection proposal or of typed function references.',
  'wasm.tail_call': 'A tail call.',
  'wasm.multi_memory': 'More than one memory.',
  'wasm.memory64': 'A memory or table with 64-bit addresses.',
  'wasm.multi_table': 'More than one table.',
  'wasm.passive_segment': 'A passive segment, or an instruction that reads or drops one.',
  'wasm.table_mutation': 'An instruction that changes a table.',
  'wasm.constant': 'An initialiser that is not one plain constant.',
  'wasm.segment_out_of_bounds': 'A data or element segment does not fit into the declared initial memory or table.',
  'wasm.memory_too_large': 'The declared initial memory is over the cap.',
  'wasm.missing_export': 'The module does not export what the ABI needs.',
  'wasm.bad_component':
    'A component has imports, holds anything but one core module, or lifts no `step` or `run` of lists of bytes.',
  'wasm.bad_signature': 'An ABI export does not have one of the types the ABI allows.',
  'wasm.reserved_export': 'An export has a name that the rewriter adds.',
  'wasm.frame_too_large': 'The stack frame of a function is over the limit.',
  'wasm.rewriter_defect': 'The rewritten module does not validate: a defect of the rewriter; the module is refused.',
  'wasm.hash_mismatch': 'The module bytes do not have the hash they were asked for by.',
  'wasm.bad_fuel_limit': 'A fuel limit is a whole number from 0 to 2^53-1.',
  'wasm.host_fault': 'A condition of the host (stack, memory) ended the call; it is a fault and never an outcome.',
} as const

/** Codes of this package. A module is refused for them; a running one ends with an outcome instead. */
export type WasmErrorCode = keyof typeof WASM_ERRORS

/** One reason why a module is refused. `offset` counts bytes from the start of the module. */
export interface WasmIssue {
  readonly code: WasmErrorCode
  readonly offset: number | undefined
  readonly message: string
}

/** A refusal that ends the reading of the part in which it was found. */
export function refusal(code: WasmErrorCode, offset: number | undefined, message: string): AosError {
  return new AosError(code, offset === undefined ? message : `${message} (at byte ${offset})`, {
    details: offset === undefined ? {} : { offset },
  })
}
