/** Assembles the rewritten module (spec/05-determinism.md). The same bytes in, the same bytes out: nothing else is asked. */
import { AosError } from '@aos/cbor'
import { ByteWriter } from './byte-writer.ts'
import { composeImage, type ImagePiece } from './dirty-chunks.ts'
import type { WasmIssue } from './errors.ts'
import type { InjectedGlobals } from './injected-code.ts'
import { PAGE_BYTES, WASM_LIMITS } from './limits.ts'
import { ENTRIES, entryConvention, type Convention } from './module-abi.ts'
import { collect } from './module-draft.ts'
import type { WasmModule } from './module-model.ts'
import { OP, VALUE_TYPE } from './opcode-table.ts'
import { PositionRecord } from './position-record.ts'
import { readModule } from './read-module.ts'
import { rewriteFunction } from './rewrite-function.ts'
import { RUNTIME_TYPES, writeFuel, writeMark, writeReset, writeStack } from './runtime-functions.ts'
import { wasmEngine } from './web-assembly.ts'

/** Changes whenever the rewritten bytes of any module change; part of the engine digest. */
export const REWRITER_VERSION = 1

/** A module that may run. */
export interface RewrittenModule {
  readonly bytes: Uint8Array
  /** How to call the entry points that it has. */
  readonly step: Convention | undefined
  readonly run: Convention | undefined
  /** Size of the memory, growth included. */
  readonly memoryBytes: number
  /** The bytes that were rewritten; trap reports lead back to them. */
  readonly original: Uint8Array
  /** The custom section `name` of the original, for people. */
  readonly nameSection: Uint8Array | undefined
}

/** What the rewriter says: the issues of a refused module, else the module to run. */
export interface RewriteReport {
  readonly module: WasmModule
  readonly issues: readonly WasmIssue[]
  readonly rewritten: RewrittenModule | undefined
}

/** Reads, checks and rewrites. Never throws for what the bytes are. */
export function checkModule(bytes: Uint8Array): RewriteReport {
  const module = readModule(bytes)
  const issues = [...module.issues]
  if (issues.length > 0) return { module, issues, rewritten: undefined }
  const rewritten = assemble(module, issues, undefined)
  return { module, issues, rewritten }
}

/** The module to run. Throws the first issue as AosError `wasm.*`; its details hold the offset and all issues. */
export function rewriteModule(bytes: Uint8Array): RewrittenModule {
  const { issues, rewritten } = checkModule(bytes)
  if (rewritten !== undefined) return rewritten
  const [first] = issues
  if (first === undefined) throw new Error('rewrite: refused without an issue')
  const details = { ...(first.offset === undefined ? {} : { offset: first.offset }), issues }
  throw new AosError(first.code, first.message, { details })
}

/** A module as it was read, with the origin of the code that runs. */
export interface TracedModule {
  readonly module: WasmModule
  readonly rewritten: RewrittenModule
  readonly positions: PositionRecord
}

/** Where the code of a rewritten module comes from; undefined when the module is refused. Costs a whole rewrite. */
export function traceModule(bytes: Uint8Array): TracedModule | undefined {
  const module = readModule(bytes)
  if (module.issues.length > 0) return undefined
  const positions = new PositionRecord()
  const rewritten = assemble(module, [], positions)
  return rewritten === undefined ? undefined : { module, rewritten, positions }
}

interface Plan {
  readonly module: WasmModule
  readonly globals: InjectedGlobals
  readonly capPages: number
  readonly pieces: readonly ImagePiece[]
  /** Appended types, encoded, in order. */
  readonly types: string[]
  readonly markFunction: number
  readonly positions: PositionRecord | undefined
}

function assemble(
  module: WasmModule,
  issues: WasmIssue[],
  positions: PositionRecord | undefined,
): RewrittenModule | undefined {
  const declared = module.memory?.max ?? WASM_LIMITS.memoryPagesMax
  const first = module.globals.length
  const plan: Plan = {
    module,
    globals: { fuel: first, stack: first + 1, dirty: first + 2, pages: first + 3 },
    capPages: Math.min(declared, WASM_LIMITS.memoryPagesMax),
    pieces: composeImage(module.data),
    types: [],
    markFunction: module.functions.length,
    positions,
  }
  const runtimeTypes = RUNTIME_TYPES.map(([parameters, results]) => typeOf(plan, parameters, results))
  const code = writeCode(plan, issues)
  if (issues.length > 0) return undefined
  const bytes = writeModule(plan, runtimeTypes, code)
  if (!wasmEngine.validate(bytes)) {
    issues.push({ code: 'wasm.rewriter_defect', offset: undefined, message: 'the rewritten module does not validate' })
    return undefined
  }
  return {
    bytes,
    step: entryConvention(module, 'step'),
    run: entryConvention(module, 'run'),
    memoryBytes: plan.capPages * PAGE_BYTES,
    original: module.bytes,
    nameSection: module.nameSection,
  }
}

/** Index of an appended function type; equal ones are shared. */
function typeOf(plan: Plan, parameters: readonly number[], results: readonly number[]): number {
  const out = new ByteWriter(32).byte(0x60)
  out.u32(parameters.length).op(...parameters)
  out.u32(results.length).op(...results)
  const key = String.fromCharCode(...out.view())
  const known = plan.types.indexOf(key)
  if (known >= 0) return plan.module.types.length + known
  plan.types.push(key)
  return plan.module.types.length + plan.types.length - 1
}

/** The bodies of all functions with their sizes. */
function writeCode(plan: Plan, issues: WasmIssue[]): Uint8Array {
  const { module, globals, capPages, pieces, markFunction, positions } = plan
  const out = new ByteWriter(module.bytes.length * 2 + 1024)
  const context = {
    module,
    globals,
    capPages,
    markFunction,
    blockTypeOf: (results: readonly number[]): number => typeOf(plan, [], results),
    positions,
  }
  module.bodies.forEach((body, index) => {
    collect({ issues }, () => {
      const code = rewriteFunction(context, index, body)
      out.sized(code)
      positions?.placeFunction(out.length - code.length)
    })
  })
  positions?.endBodies(out.length)
  out.sized(writeMark(globals.dirty))
  out.sized(writeReset({ module, globals, capPages, pieces }))
  out.sized(writeFuel(globals.fuel))
  out.sized(writeStack(globals.stack))
  return out.view()
}

function writeModule(plan: Plan, runtimeTypes: readonly number[], code: Uint8Array): Uint8Array {
  const { module, capPages, pieces } = plan
  const out = new ByteWriter(code.length + module.bytes.length + 1024)
  const section = new ByteWriter(1024)
  const close = (id: number): void => {
    out.byte(id).sized(section.view())
    section.reset()
  }
  out.op(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)
  section.u32(module.types.length + plan.types.length).raw(module.typeSection)
  for (const type of plan.types) for (let at = 0; at < type.length; at += 1) section.byte(type.charCodeAt(at))
  close(1)
  section.u32(module.functions.length + runtimeTypes.length)
  for (const type of [...module.functions, ...runtimeTypes]) section.u32(type)
  close(3)
  if (module.table !== undefined) {
    section.u32(1).raw(module.tableSection)
    close(4)
  }
  section.op(1, 1).u32(capPages).u32(capPages)
  close(5)
  writeGlobals(section, plan)
  close(6)
  writeExports(section, plan)
  close(7)
  if (writeElements(section, module)) close(9)
  if (pieces.length > 0) {
    section.u32(pieces.length)
    close(12)
  }
  section.u32(module.functions.length + runtimeTypes.length).raw(code)
  close(10)
  plan.positions?.finish(out.length - code.length)
  if (pieces.length > 0) {
    section.u32(pieces.length)
    for (const { bytes } of pieces) section.byte(1).sized(bytes)
    close(11)
  }
  return out.take()
}

function writeGlobals(section: ByteWriter, plan: Plan): void {
  const { module, pieces } = plan
  const { i32, i64 } = VALUE_TYPE
  section.u32(module.globals.length + 4)
  for (const { type, mutable, init } of module.globals)
    section
      .op(type, mutable ? 1 : 0)
      .raw(init)
      .byte(OP.end)
  section.op(i64, 1, OP.i64Const, 0, OP.end)
  section.op(i32, 1, OP.i32Const, 0, OP.end)
  // A fresh memory is zero: the first reset writes the whole image.
  const whole = pieces.reduce((mask, piece) => mask | piece.mask, 0n)
  section.op(i64, 1, OP.i64Const).signed64(whole).byte(OP.end)
  section
    .op(i32, 1, OP.i32Const)
    .signed(module.memory?.min ?? 0)
    .byte(OP.end)
}

/** The ABI and the four functions of the rewriter; every other export is dropped. */
function writeExports(section: ByteWriter, plan: Plan): void {
  const { module, markFunction } = plan
  const kept = module.exports.filter(
    ({ name }) => name === 'memory' || name === 'alloc' || ENTRIES.some((entry) => entry === name),
  )
  section.u32(kept.length + 4)
  for (const { name, kind, index } of kept)
    section
      .name(name)
      .byte(kind === 'memory' ? 2 : 0)
      .u32(index)
  const added = ['__mark', '__reset', '__fuel', '__stack']
  added.forEach((name, at) =>
    section
      .name(name)
      .byte(0)
      .u32(markFunction + at),
  )
}

/** Segments as they are, and one that declares what `ref.func` names. Returns false when there is nothing to write. */
function writeElements(section: ByteWriter, module: WasmModule): boolean {
  const { referenced } = module
  const count = module.elementSegments + (referenced.length > 0 ? 1 : 0)
  if (count === 0) return false
  section.u32(count).raw(module.elementSection)
  if (referenced.length > 0) {
    section.op(3, 0).u32(referenced.length)
    for (const index of referenced) section.u32(index)
  }
  return true
}
