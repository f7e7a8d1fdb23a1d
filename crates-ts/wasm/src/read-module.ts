/** Reads a module and reports every reason to refuse it (spec/05-determinism.md, "Admission"). */
import { BinaryReader } from './binary-reader.ts'
import { refusal } from './errors.ts'
import { WASM_LIMITS } from './limits.ts'
import { checkAbi } from './module-abi.ts'
import { collect, makeDraft, report, type ModuleDraft } from './module-draft.ts'
import type { WasmModule } from './module-model.ts'
import { readData, readElements } from './read-segments.ts'
import {
  readExports,
  readFunctions,
  readGlobals,
  readImports,
  readMemories,
  readTables,
  readTypes,
} from './read-sections.ts'
import { readCode } from './scan-code.ts'
import { wasmEngine } from './web-assembly.ts'

const HEADER: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

const SECTION = { custom: 0, code: 10, tag: 13 } as const

/** Position of a section id in the order they must have: data count stands before code. */
const ORDER: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10]

/**
 * Never throws for what the bytes are: whatever is wrong stands in `issues`, in the order it was found. A module without
 * issues is valid WebAssembly and uses nothing outside of the allow-list.
 */
export function readModule(bytes: Uint8Array): WasmModule {
  const draft = makeDraft(bytes)
  const complete = collect(draft, () => {
    readSections(draft)
  })
  if (complete) checkAbi(draft)
  if (draft.issues.length === 0) checkValid(draft)
  return { ...draft, referenced: [...draft.referenced].sort((left, right) => left - right) }
}

function readSections(draft: ModuleDraft): void {
  const { bytes } = draft
  if (bytes.length > WASM_LIMITS.moduleBytesMax) {
    throw refusal('wasm.limit', undefined, `module of ${bytes.length} bytes, at most ${WASM_LIMITS.moduleBytesMax}`)
  }
  const reader = new BinaryReader(bytes)
  for (const expected of HEADER) {
    const offset = reader.offset
    if (reader.byte() !== expected) throw reader.malformed('expected a core module, version 1', offset)
  }
  let last = 0
  let codeSeen = false
  while (!reader.done) {
    const offset = reader.offset
    const id = reader.byte()
    const size = reader.u32()
    const start = reader.offset
    reader.skip(size)
    const section = new BinaryReader(bytes, start, reader.offset)
    if (id === SECTION.custom) {
      readCustom(section, draft)
      continue
    }
    const position = ORDER[id]
    if (position === undefined) throwForbiddenSection(id, offset)
    if (position <= last) throw reader.malformed(`section ${id} is out of order or twice`, offset)
    last = position
    codeSeen ||= id === SECTION.code
    readSection(id, section, draft)
    if (!section.done) throw section.malformed(`bytes after the end of section ${id}`)
  }
  const defined = draft.functions.length - draft.importedFunctions
  if (!codeSeen && defined > 0) throw reader.malformed('the code section is missing')
}

function throwForbiddenSection(id: number, offset: number): never {
  if (id === SECTION.tag) throw refusal('wasm.exceptions', offset, 'a tag section')
  throw refusal('wasm.forbidden_section', offset, `section ${id} is not allowed`)
}

function readSection(id: number, reader: BinaryReader, draft: ModuleDraft): void {
  const readers = [
    undefined,
    readTypes,
    readImports,
    readFunctions,
    readTables,
    readMemories,
    readGlobals,
    readExports,
    readStart,
    readElements,
    readCode,
    readData,
    readDataCount,
  ] as const
  readers[id]?.(reader, draft)
}

function readStart(reader: BinaryReader, draft: ModuleDraft): void {
  draft.start = reader.u32()
}

function readDataCount(reader: BinaryReader, draft: ModuleDraft): void {
  draft.dataCount = reader.u32()
}

/** Custom sections are dropped; `name` is kept aside for people. Its contents are never a reason to refuse. */
function readCustom(reader: BinaryReader, draft: ModuleDraft): void {
  const name = reader.name()
  if (name === 'name') draft.nameSection = draft.bytes.subarray(reader.offset, reader.end)
}

/** Full validation is the engine's; the allow-list above has made sure that it can only see version 1 features. */
function checkValid(draft: ModuleDraft): void {
  if (wasmEngine.validate(draft.bytes)) return
  let message = 'the module does not validate'
  let offset: number | undefined
  try {
    wasmEngine.compile(draft.bytes)
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    const at = /@\+(\d+)/.exec(text)?.[1]
    offset = at === undefined ? undefined : Number(at)
    message = text.replace(/^[^:]*:\s*/, '').slice(0, 200) || message
  }
  report(draft, 'wasm.invalid', offset, message)
}
