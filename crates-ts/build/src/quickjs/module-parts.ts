/** A module in parts that can be added to and written again. */
import { ByteWriter, OP, readModule } from '@aos/wasm'
import type { FunctionType, WasmModule } from '@aos/wasm'

/** A piece of memory that is not zero. */
export interface DataPiece {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A module whose imports have become functions of its own, with the indexes they had. */
export interface ModuleParts {
  /** The module as it was read; its functions, types and globals come first. */
  readonly module: WasmModule
  readonly types: FunctionType[]
  /** Type of every function. */
  readonly functions: number[]
  /** Bodies without their sizes; imports included. */
  readonly bodies: Uint8Array[]
  readonly globals: { readonly type: number; readonly mutable: boolean; readonly init: Uint8Array }[]
}

/** What changes from one module of the same parts to the next. */
export interface ModuleFrame {
  readonly exports: readonly { readonly name: string; readonly functionIndex: number }[]
  readonly memoryPages: number
  readonly memoryPagesMax: number
  readonly data: readonly DataPiece[]
  /** Names of functions for people, ascending by index. */
  readonly names: readonly { readonly functionIndex: number; readonly name: string }[]
}

/** Takes a module apart; `makeStub` writes the body of each function that it imports. */
export function takeApart(
  bytes: Uint8Array,
  makeStub: (imported: { readonly name: string; readonly type: FunctionType }) => Uint8Array,
): ModuleParts {
  const module = readModule(bytes)
  const imported = module.functions.length - module.bodies.length
  const bodies = module.imports.slice(0, imported).map(({ module: from, name }, index) => {
    const type = module.types[module.functions[index] ?? -1]
    if (type === undefined) throw new Error(`the import ${name} has no type`)
    return makeStub({ name: `${from}.${name}`, type })
  })
  for (const body of module.bodies) bodies.push(bytes.subarray(body.localsAt, body.end))
  return {
    module,
    types: [...module.types],
    functions: [...module.functions],
    bodies,
    globals: [...module.globals],
  }
}

/** Index of a function type, added when there is none. */
export function typeIndex(parts: ModuleParts, type: FunctionType): number {
  const same = (left: readonly number[], right: readonly number[]): boolean =>
    left.length === right.length && left.every((value, at) => value === right[at])
  const known = parts.types.findIndex(
    ({ parameters, results }) => same(parameters, type.parameters) && same(results, type.results),
  )
  if (known >= 0) return known
  parts.types.push(type)
  return parts.types.length - 1
}

/** Adds a function and returns its index. */
export function addFunction(parts: ModuleParts, type: FunctionType, body: Uint8Array): number {
  parts.functions.push(typeIndex(parts, type))
  parts.bodies.push(body)
  return parts.functions.length - 1
}

/** A copy that can be added to without changing this one. */
export function copyParts({ module, types, functions, bodies, globals }: ModuleParts): ModuleParts {
  return { module, types: [...types], functions: [...functions], bodies: [...bodies], globals: [...globals] }
}

/** Writes the sections in the order that the format demands; of custom sections only the names of functions. */
export function writeParts(parts: ModuleParts, frame: ModuleFrame): Uint8Array {
  const { module } = parts
  const out = new ByteWriter(1_000_000)
  const section = new ByteWriter(100_000)
  const close = (id: number): void => {
    out.byte(id).sized(section.view())
    section.reset()
  }
  out.op(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)
  section.u32(parts.types.length)
  for (const { parameters, results } of parts.types) {
    section
      .byte(0x60)
      .u32(parameters.length)
      .op(...parameters)
    section.u32(results.length).op(...results)
  }
  close(1)
  section.u32(parts.functions.length)
  for (const type of parts.functions) section.u32(type)
  close(3)
  if (module.table !== undefined) {
    section.u32(1).raw(module.tableSection)
    close(4)
  }
  section.op(1, 1).u32(frame.memoryPages).u32(frame.memoryPagesMax)
  close(5)
  section.u32(parts.globals.length)
  for (const { type, mutable, init } of parts.globals)
    section
      .op(type, mutable ? 1 : 0)
      .raw(init)
      .byte(OP.end)
  close(6)
  section
    .u32(frame.exports.length + 1)
    .name('memory')
    .op(2, 0)
  for (const { name, functionIndex } of frame.exports) section.name(name).byte(0).u32(functionIndex)
  close(7)
  if (module.elementSegments > 0) {
    section.u32(module.elementSegments).raw(module.elementSection)
    close(9)
  }
  section.u32(parts.bodies.length)
  for (const body of parts.bodies) section.sized(body)
  close(10)
  section.u32(frame.data.length)
  for (const { offset, bytes } of frame.data) section.byte(0).byte(OP.i32Const).signed(offset).byte(OP.end).sized(bytes)
  close(11)
  const names = new ByteWriter(4096).u32(frame.names.length)
  for (const { functionIndex, name } of frame.names) names.u32(functionIndex).name(name)
  section.name('name').byte(1).sized(names.view())
  close(0)
  return out.take()
}
