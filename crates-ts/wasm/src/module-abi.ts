/** The ABI of a module: which exports it needs, of which types (spec/04-abi.md; spec/05-determinism.md, "Admission"). */
import { report, type ModuleDraft } from './module-draft.ts'
import { functionType, type FunctionType, type ModuleExport, type WasmModule } from './module-model.ts'
import { VALUE_TYPE } from './opcode-table.ts'

/** How an entry point takes its input and gives its output; told apart by its type. */
export type Convention = 'multi_value' | 'return_pointer'

/** Exports that a module is entered by: `step` of a reducer, `run` of a pure module. */
export const ENTRIES = ['step', 'run'] as const

/** The export by which a module is entered; its kind decides which (spec/04-abi.md, "Exports"). */
export type Entry = (typeof ENTRIES)[number]

/** Names that the rewritten module exports beside the ABI. */
export const RESERVED_EXPORTS: readonly string[] = ['__reset', '__mark', '__fuel', '__stack']

function hasType(type: FunctionType, parameters: number, results: number): boolean {
  const integers = (list: readonly number[], count: number): boolean =>
    list.length === count && list.every((value) => value === VALUE_TYPE.i32)
  return integers(type.parameters, parameters) && integers(type.results, results)
}

function conventionOf(type: FunctionType): Convention | undefined {
  if (hasType(type, 2, 2)) return 'multi_value'
  if (hasType(type, 3, 0)) return 'return_pointer'
  return undefined
}

/** The convention of an entry point; undefined when the module does not have it. */
export function entryConvention(
  module: Pick<WasmModule, 'types' | 'functions' | 'exports'>,
  entry: Entry,
): Convention | undefined {
  const found = module.exports.find((item) => item.name === entry && item.kind === 'func')
  const type = found === undefined ? undefined : functionType(module, found.index)
  return type === undefined ? undefined : conventionOf(type)
}

/** Reports missing, ill-typed and reserved exports, and names exported twice. */
export function checkAbi(draft: ModuleDraft): void {
  const named = new Map<string, ModuleExport>()
  for (const item of draft.exports) {
    if (RESERVED_EXPORTS.includes(item.name)) {
      report(draft, 'wasm.reserved_export', item.offset, `export ${item.name} is reserved`)
    }
    if (named.has(item.name)) report(draft, 'wasm.malformed', item.offset, 'a name is exported twice')
    named.set(item.name, item)
  }
  checkMemory(draft, named.get('memory'))
  checkAlloc(draft, named.get('alloc'))
  const entries = ENTRIES.filter((entry) => named.has(entry))
  if (entries.length === 0) report(draft, 'wasm.missing_export', undefined, 'expected an export `step` or `run`')
  for (const entry of entries) checkEntry(draft, named.get(entry), entry)
}

function checkMemory(draft: ModuleDraft, found: ModuleExport | undefined): void {
  if (found === undefined || draft.memory === undefined) {
    report(draft, 'wasm.missing_export', undefined, 'expected a memory exported as `memory`')
  } else if (found.kind !== 'memory') {
    report(draft, 'wasm.bad_signature', found.offset, `export memory is a ${found.kind}`)
  }
}

function checkAlloc(draft: ModuleDraft, found: ModuleExport | undefined): void {
  if (found === undefined) {
    report(draft, 'wasm.missing_export', undefined, 'expected an export `alloc`')
    return
  }
  const type = found.kind === 'func' ? functionType(draft, found.index) : undefined
  if (type === undefined || !hasType(type, 1, 1)) {
    report(draft, 'wasm.bad_signature', found.offset, 'alloc must be a function (i32) -> i32')
  }
}

function checkEntry(draft: ModuleDraft, found: ModuleExport | undefined, entry: Entry): void {
  if (found === undefined) return
  if (entryConvention(draft, entry) !== undefined) return
  report(
    draft,
    'wasm.bad_signature',
    found.offset,
    `${entry} must be a function (i32, i32) -> (i32, i32) or (i32, i32, i32) -> ()`,
  )
}
