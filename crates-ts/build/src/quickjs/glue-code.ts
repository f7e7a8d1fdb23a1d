/** The two functions that stand between the module ABI (spec/04-abi.md) and the engine, as binary code. */
import { ByteWriter, OP, VALUE_TYPE } from '@aos/wasm'
import type { FunctionType } from '@aos/wasm'
import type { ScriptEngine } from './engine.ts'

const { i32, i64 } = VALUE_TYPE

/** `(ptr, len) -> (ptr, len)`: the convention of multiple values. */
export const STEP_TYPE: FunctionType = { parameters: [i32, i32], results: [i32, i32] }

/** How a value of the engine is tagged in its upper half. */
const TAG_UNDEFINED = 3n
/** The tag of what stands for an exception. */
export const TAG_EXCEPTION = 6

/** Where the boot function leaves what it found, from the start of its output; the step function keeps its values there. */
export const RECORD = {
  runtime: 0,
  context: 4,
  /** Tag of what the script came to. */
  tag: 8,
  pages: 12,
  /** The script's function, a value of the engine. */
  step: 16,
  /** Text of what was thrown, and of where: pointer and length of each. */
  error: 24,
  stack: 32,
  /** The one argument of a call. */
  argument: 40,
  /** Size of the array that a call returns. */
  size: 48,
  /** Text of why a call failed: pointer and length. */
  note: 56,
  bytes: 64,
} as const

/** What the boot function is given: these texts, each with a zero byte behind it, then the script with one. */
export const BOOT_TEXTS = ['bundle.js', 'stack', '$aos$step'] as const

const INTRINSICS = [
  'BaseObjects',
  'Eval',
  'RegExp',
  'JSON',
  'Proxy',
  'MapSet',
  'TypedArrays',
  'Promise',
  'BigInt',
  'AToB',
]

/** More than this on the engine's own stack is a RangeError of the script. */
const ENGINE_STACK_BYTES = 200_000

/** Garbage in cycles is left to the reset, up to here. */
const GARBAGE_BYTES = 8_000_000

/** Writes a body; locals are numbered by the caller. */
class GlueWriter {
  readonly #engine: ScriptEngine
  readonly #out: ByteWriter

  constructor(engine: ScriptEngine, locals: readonly number[]) {
    this.#engine = engine
    this.#out = new ByteWriter(512).u32(locals.length)
    for (const type of locals) this.#out.op(1, type)
  }

  get(local: number): this {
    this.#out.byte(OP.localGet).u32(local)
    return this
  }

  set(local: number): this {
    this.#out.byte(OP.localSet).u32(local)
    return this
  }

  int(value: number): this {
    this.#out.byte(OP.i32Const).signed(value)
    return this
  }

  long(value: bigint): this {
    this.#out.byte(OP.i64Const).signed64(value)
    return this
  }

  op(...bytes: readonly number[]): this {
    this.#out.op(...bytes)
    return this
  }

  /** Calls a function of the engine; `types` are those of its parameters and of its result, with `>` between. */
  call(name: string, parameters: readonly number[], result?: number): this {
    const type = { parameters, results: result === undefined ? [] : [result] }
    this.#out.byte(OP.call).u32(this.#engine.find(name, type))
    return this
  }

  /** Stores an i32 or i64 that is on the stack above its base address. */
  store(type: number, offset: number): this {
    this.#out.op(type === i64 ? 0x37 : 0x36, type === i64 ? 3 : 2).u32(offset)
    return this
  }

  load(offset: number): this {
    this.#out.op(0x28, 2).u32(offset)
    return this
  }

  take(): Uint8Array {
    return this.#out.byte(OP.end).take()
  }
}

/** Makes a runtime, runs the script and keeps its function; returns the record. */
export function bootBody(engine: ScriptEngine): Uint8Array {
  const [source, length, record, runtime, context] = [0, 1, 2, 3, 4]
  const [value, other] = [5, 6]
  const places = BOOT_TEXTS.map((_, at) => BOOT_TEXTS.slice(0, at).reduce((sum, text) => sum + text.length + 1, 0))
  const [fileAt = 0, stackAt = 0, stepAt = 0] = places
  const scriptAt = BOOT_TEXTS.reduce((sum, text) => sum + text.length + 1, 0)
  const glue = new GlueWriter(engine, [i32, i32, i32, i64, i64])
  const put = (offset: number, type: number, write: () => void): void => {
    glue.get(record)
    write()
    glue.store(type, offset)
  }
  glue.call('_initialize', [])
  glue.int(RECORD.bytes).call('malloc', [i32], i32).set(record)
  glue.call('JS_NewRuntime', [], i32).set(runtime)
  glue.get(runtime).int(ENGINE_STACK_BYTES).call('JS_SetMaxStackSize', [i32, i32])
  glue.get(runtime).call('JS_NewContextRaw', [i32], i32).set(context)
  for (const name of INTRINSICS) glue.get(context).call(`JS_AddIntrinsic${name}`, [i32], i32).op(0x1a)
  glue
    .get(context)
    .get(source)
    .int(scriptAt)
    .op(OP.i32Add)
    .get(length)
    .int(scriptAt + 1)
    .op(OP.i32Sub)
  glue.get(source).int(fileAt).op(OP.i32Add).int(0).call('JS_Eval', [i32, i32, i32, i32, i32], i64).set(value)
  const tag = (local: number): GlueWriter => glue.get(local).long(32n).op(OP.i64ShrU, OP.i32WrapI64)
  put(RECORD.tag, i32, () => tag(value))
  tag(value).int(TAG_EXCEPTION).op(0x46, OP.if, 0x40)
  glue.get(context).call('JS_GetException', [i32], i64).set(value)
  const text = (offset: number, from: number): void => {
    put(offset, i32, () => {
      glue
        .get(context)
        .get(record)
        .int(offset + 4)
        .op(OP.i32Add)
        .get(from)
        .int(0)
      glue.call('JS_ToCStringLen2', [i32, i32, i64, i32], i32)
    })
  }
  text(RECORD.error, value)
  glue.get(context).get(value).get(source).int(stackAt).op(OP.i32Add)
  glue.call('JS_GetPropertyStr', [i32, i64, i32], i64).set(other)
  text(RECORD.stack, other)
  glue.op(OP.end)
  glue.get(context).get(context).call('JS_GetGlobalObject', [i32], i64).get(source).int(stepAt).op(OP.i32Add)
  glue.call('JS_GetPropertyStr', [i32, i64, i32], i64).set(value)
  put(RECORD.step, i64, () => glue.get(value))
  glue.get(runtime).call('JS_RunGC', [i32])
  glue.get(runtime).int(GARBAGE_BYTES).call('JS_SetGCThreshold', [i32, i32])
  put(RECORD.runtime, i32, () => glue.get(runtime))
  put(RECORD.context, i32, () => glue.get(context))
  glue.get(source).call('free', [i32])
  put(RECORD.pages, i32, () => glue.op(OP.memorySize, 0))
  return glue.get(record).int(RECORD.bytes).take()
}

/** Where a snapshot keeps what the step function needs. */
export interface BootRecord {
  readonly address: number
  readonly context: number
  readonly step: bigint
}

/** Gives the input to the script as an array of bytes and takes one back. Anything else is a text of why it failed: a trap. */
export function stepBody(engine: ScriptEngine, { address, context, step }: BootRecord): Uint8Array {
  const [pointer, length, value, result] = [0, 1, 2, 3]
  const glue = new GlueWriter(engine, [i64, i32])
  const at = (offset: number): GlueWriter => glue.int(address + offset)
  at(RECORD.argument).int(context).get(pointer).get(length).int(0).int(0).int(0)
  glue.call('JS_NewUint8Array', [i32, i32, i32, i32, i32, i32], i64).store(i64, 0)
  glue
    .int(context)
    .long(step)
    .long(TAG_UNDEFINED << 32n)
    .int(1)
  at(RECORD.argument).call('JS_Call', [i32, i64, i64, i32, i32], i64).set(value)
  glue.int(context)
  at(RECORD.size).get(value).call('JS_GetUint8Array', [i32, i32, i64], i32).set(result)
  glue.get(result).op(OP.i32Eqz, OP.if, 0x40)
  at(RECORD.note).int(context)
  at(RECORD.note + 4)
    .get(value)
    .int(0)
    .call('JS_ToCStringLen2', [i32, i32, i64, i32], i32)
    .store(i32, 0)
  glue.op(OP.unreachable, OP.end)
  glue.get(result)
  return at(RECORD.size).load(0).take()
}
