/** A WebAssembly component of the world `aos:reducer` as the module that is in it (spec/04-abi.md, "Components"). */
import { AosError } from '@aos/cbor'
import { BinaryReader } from './binary-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { ENTRIES, type Entry } from './module-abi.ts'
import { functionType, type FunctionType, type WasmModule } from './module-model.ts'
import { OP, VALUE_TYPE } from './opcode-table.ts'
import { readModule } from './read-module.ts'

const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00] as const
const MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const

/** Sections of a component. */
const PART = { coreModule: 1, component: 4, start: 9, import: 10 } as const

/** Sections of a module that get more members. */
const SECTION = { custom: 0, type: 1, function: 3, export: 7, code: 10 } as const

/** True for the header of a component; nothing else is looked at. */
export function isComponent(bytes: Uint8Array): boolean {
  return COMPONENT.every((value, at) => bytes[at] === value)
}

/**
 * The core module of a component, with the exports of a module around its lifted `step` or `run`; equal components give
 * equal bytes. What comes out is admitted like any other. Throws `wasm.bad_component`, `wasm.malformed`.
 */
export function unwrapComponent(bytes: Uint8Array): Uint8Array {
  const core = coreModuleOf(bytes)
  const module = readModule(core)
  const malformed = module.issues.find(({ code }) => code === 'wasm.malformed')
  if (malformed !== undefined) throw bad(`its core module is malformed: ${malformed.message}`)
  const [needed] = module.imports
  if (needed !== undefined) throw bad(`its core module imports ${needed.module}.${needed.name}`)
  if (module.exports.some(({ name }) => name === '_initialize')) {
    throw bad('its core module exports _initialize, which nobody would call', 'build it without a start-up function')
  }
  return addExports(core, { module, ...liftedEntry(module), realloc: reallocOf(module) })
}

function bad(message: string, hint?: string): AosError {
  return new AosError('wasm.bad_component', `the component cannot be a module: ${message}`, { hint })
}

function coreModuleOf(bytes: Uint8Array): Uint8Array {
  const reader = new BinaryReader(bytes)
  reader.skip(COMPONENT.length)
  const modules: Uint8Array[] = []
  while (!reader.done) {
    const id = reader.byte()
    const part = reader.take(reader.u32())
    if (id === PART.coreModule) modules.push(part)
    if (id === PART.import) throw bad(`it imports ${firstImport(part)}`, 'a module has no surroundings: no WASI')
    if (id === PART.component) throw bad('there is another component in it')
    if (id === PART.start) throw bad('it has a start function')
  }
  const [core] = modules
  if (core === undefined || modules.length > 1) throw bad(`expected one core module in it, found ${modules.length}`)
  return core
}

/** The name of the first of the imports. */
function firstImport(part: Uint8Array): string {
  const reader = new BinaryReader(part)
  reader.u32()
  reader.byte()
  return reader.name()
}

interface Lifted {
  readonly entry: Entry
  readonly lifted: number
}

/** `step`, or `step` of an interface: `aos:reducer/guest@1.0.0#step`. */
function liftedEntry(module: WasmModule): Lifted {
  const found = module.exports.flatMap(({ name, kind, index }) => {
    const entry = ENTRIES.find((each) => name === each || name.endsWith(`#${each}`))
    return kind === 'func' && entry !== undefined ? [{ entry, lifted: index }] : []
  })
  const [first] = found
  if (first === undefined || found.length > 1)
    throw bad(`expected one of the exports step and run, found ${found.length}`)
  if (!hasType(functionType(module, first.lifted), 2, 1)) {
    throw bad(`${first.entry} is not a function (list<u8>) -> list<u8>`)
  }
  return first
}

function reallocOf(module: WasmModule): number {
  const found = module.exports.find(({ name, kind }) => name === 'cabi_realloc' && kind === 'func')
  if (found !== undefined && hasType(functionType(module, found.index), 4, 1)) return found.index
  throw bad('its core module exports no cabi_realloc')
}

function hasType(type: FunctionType | undefined, parameters: number, results: number): boolean {
  const integers = (list: readonly number[], count: number): boolean =>
    list.length === count && list.every((value) => value === VALUE_TYPE.i32)
  return type !== undefined && integers(type.parameters, parameters) && integers(type.results, results)
}

interface Parts extends Lifted {
  readonly module: WasmModule
  readonly realloc: number
}

/** Adds `alloc` and the entry behind the functions that are there, and leaves every other byte as it is. */
function addExports(core: Uint8Array, { module, entry, lifted, realloc }: Parts): Uint8Array {
  const memory = module.exports.find(({ name, kind }) => name === 'memory' && kind === 'memory')
  if (memory === undefined) throw bad('its core module exports no memory')
  const count = module.functions.length
  const additions = new Map([
    [SECTION.type as number, [typeBytes(1, 1), typeBytes(2, 2)]],
    [SECTION.function, [leb(module.types.length), leb(module.types.length + 1)]],
    [SECTION.code, [allocBody(realloc), entryBody(lifted)]],
  ])
  const out = new ByteWriter(core.length + 256).op(...MODULE)
  const reader = new BinaryReader(core)
  reader.skip(MODULE.length)
  while (!reader.done) {
    const id = reader.byte()
    const content = reader.take(reader.u32())
    if (id === SECTION.custom && !isNameSection(content)) continue
    out.byte(id)
    if (id === SECTION.export) out.sized(exportBytes(entry, count))
    else out.sized(appended(content, additions.get(id) ?? []))
  }
  return out.take()
}

function isNameSection(content: Uint8Array): boolean {
  return new BinaryReader(content).name() === 'name'
}

function leb(value: number): Uint8Array {
  return new ByteWriter().u32(value).take()
}

function typeBytes(parameters: number, results: number): Uint8Array {
  const integers = (count: number): readonly number[] => Array.from({ length: count }, () => VALUE_TYPE.i32)
  return new ByteWriter()
    .byte(0x60)
    .u32(parameters)
    .op(...integers(parameters))
    .u32(results)
    .op(...integers(results))
    .take()
}

/** `cabi_realloc(0, 0, 1, length)`. */
function allocBody(realloc: number): Uint8Array {
  const code = new ByteWriter().u32(0)
  for (const value of [0, 0, 1]) code.byte(OP.i32Const).signed(value)
  code.byte(OP.localGet).u32(0).byte(OP.call).u32(realloc).byte(OP.end)
  return new ByteWriter().sized(code.take()).take()
}

/** Calls the lifted function, which returns where pointer and length stand. What is to be called afterwards is not. */
function entryBody(lifted: number): Uint8Array {
  const code = new ByteWriter().u32(1).u32(1).byte(VALUE_TYPE.i32)
  code.byte(OP.localGet).u32(0).byte(OP.localGet).u32(1).byte(OP.call).u32(lifted).byte(OP.localTee).u32(2)
  code.byte(OP.i32Load).u32(2).u32(0)
  code.byte(OP.localGet).u32(2).byte(OP.i32Load).u32(2).u32(4).byte(OP.end)
  return new ByteWriter().sized(code.take()).take()
}

function exportBytes(entry: Entry, count: number): Uint8Array {
  const out = new ByteWriter().u32(3).name('memory').op(2, 0)
  return out
    .name('alloc')
    .byte(0)
    .u32(count)
    .name(entry)
    .byte(0)
    .u32(count + 1)
    .take()
}

/** A section that is a list, with more members. */
function appended(content: Uint8Array, members: readonly Uint8Array[]): Uint8Array {
  if (members.length === 0) return content
  const reader = new BinaryReader(content)
  const out = new ByteWriter(content.length + 64)
    .u32(reader.u32() + members.length)
    .raw(reader.take(content.length - reader.offset))
  for (const member of members) out.raw(member)
  return out.take()
}
