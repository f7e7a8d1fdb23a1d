/** A module while it is read, with the issues found so far. */
import { isAosError } from '@aos/cbor'
import { WASM_ERRORS, type WasmErrorCode, type WasmIssue } from './errors.ts'
import { WASM_LIMITS } from './limits.ts'
import type {
  DataSegment,
  FunctionBody,
  FunctionType,
  Global,
  Limits,
  ModuleExport,
  ModuleImport,
} from './module-model.ts'

/** A module while its sections are read; every finding is kept, not only the first. */
export interface ModuleDraft {
  readonly bytes: Uint8Array
  readonly issues: WasmIssue[]
  readonly types: FunctionType[]
  readonly imports: ModuleImport[]
  readonly functions: number[]
  /** Tables, memories and globals that are imported or defined. */
  tables: number
  memories: number
  importedFunctions: number
  importedGlobals: number
  table: Limits | undefined
  memory: Limits | undefined
  readonly globals: Global[]
  readonly exports: ModuleExport[]
  start: number | undefined
  readonly data: DataSegment[]
  dataCount: number | undefined
  readonly bodies: FunctionBody[]
  typeSection: Uint8Array
  tableSection: Uint8Array
  elementSection: Uint8Array
  elementSegments: number
  readonly referenced: Set<number>
  nameSection: Uint8Array | undefined
}

const EMPTY = new Uint8Array(0)

/** A draft of a module of which no section has been read. */
export function makeDraft(bytes: Uint8Array): ModuleDraft {
  return {
    bytes,
    issues: [],
    types: [],
    imports: [],
    functions: [],
    tables: 0,
    memories: 0,
    importedFunctions: 0,
    importedGlobals: 0,
    table: undefined,
    memory: undefined,
    globals: [],
    exports: [],
    start: undefined,
    data: [],
    dataCount: undefined,
    bodies: [],
    typeSection: EMPTY,
    tableSection: EMPTY,
    elementSection: EMPTY,
    elementSegments: 0,
    referenced: new Set(),
    nameSection: undefined,
  }
}

/** Adds an issue; those over the limit are dropped. */
export function report(
  draft: Pick<ModuleDraft, 'issues'>,
  code: WasmErrorCode,
  offset: number | undefined,
  message: string,
): void {
  if (draft.issues.length < WASM_LIMITS.issuesMax) draft.issues.push({ code, offset, message })
}

/** Runs `read`; a refusal it throws becomes an issue. Returns false when it threw. */
export function collect(draft: Pick<ModuleDraft, 'issues'>, read: () => void): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (!isAosError(error) || !isWasmCode(error.code)) throw error
    const offset = error.details?.['offset']
    report(draft, error.code, typeof offset === 'number' ? offset : undefined, error.message)
    return false
  }
}

function isWasmCode(code: string): code is WasmErrorCode {
  return Object.hasOwn(WASM_ERRORS, code)
}
