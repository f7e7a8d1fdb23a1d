/** What the reader finds out about a module; offsets count from the start of the module. */
import type { WasmIssue } from './errors.ts'

/** Value types of parameters and results, by their bytes in the binary. */
export interface FunctionType {
  readonly parameters: readonly number[]
  readonly results: readonly number[]
}

/** Bounds of a table or a memory, in elements or pages. */
export interface Limits {
  readonly min: number
  readonly max: number | undefined
}

/** `init` is the constant expression without its `end`. */
export interface Global {
  readonly type: number
  readonly mutable: boolean
  readonly init: Uint8Array
}

/** Sorts of imports and exports that the binary format knows; most of them are refused. */
export type ExternKind = 'func' | 'table' | 'memory' | 'global' | 'tag'

/** A name that a module offers, with the byte in the binary where its entry begins. */
export interface ModuleExport {
  readonly name: string
  readonly kind: ExternKind
  readonly index: number
  readonly offset: number
}

/** An import as the binary names it. An admitted module has none. */
export interface ModuleImport {
  readonly module: string
  readonly name: string
  readonly kind: ExternKind
}

/** Bytes that a fresh instance has at an offset of its memory. */
export interface DataSegment {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A function body: `localsAt` to `codeAt` are its declarations, `codeAt` to `end` its code with the last `end`. */
export interface FunctionBody {
  readonly localsAt: number
  readonly codeAt: number
  readonly end: number
  readonly localGroups: number
  readonly localCount: number
  readonly calls: boolean
  readonly loops: boolean
}

/** An admitted or refused module, taken apart; `issues` says which. */
export interface WasmModule {
  readonly bytes: Uint8Array
  readonly issues: readonly WasmIssue[]
  readonly types: readonly FunctionType[]
  readonly imports: readonly ModuleImport[]
  /** Type of every function by index; imports of a refused module included. */
  readonly functions: readonly number[]
  readonly table: Limits | undefined
  readonly memory: Limits | undefined
  readonly globals: readonly Global[]
  readonly exports: readonly ModuleExport[]
  /** Index of the function that runs at instantiation. */
  readonly start: number | undefined
  readonly data: readonly DataSegment[]
  readonly bodies: readonly FunctionBody[]
  /** Contents of sections that are kept as they are; empty when absent. */
  readonly typeSection: Uint8Array
  readonly tableSection: Uint8Array
  readonly elementSection: Uint8Array
  readonly elementSegments: number
  /** Functions named by `ref.func` in code, ascending: exports that declared them are dropped. */
  readonly referenced: readonly number[]
  /** The custom section `name`, uninterpreted. */
  readonly nameSection: Uint8Array | undefined
}

/** The type of a function by index; undefined for indexes of an invalid module. */
export function functionType(module: Pick<WasmModule, 'types' | 'functions'>, index: number): FunctionType | undefined {
  const type = module.functions[index]
  return type === undefined ? undefined : module.types[type]
}
