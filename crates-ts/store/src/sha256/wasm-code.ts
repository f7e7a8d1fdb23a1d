/**
 * A WebAssembly binary put together instruction by instruction: expressions are lists of code bytes in postfix order.
 * Only what `sha256-module.ts` needs.
 */

/** Code bytes that leave one value on the stack, or none for a statement. */
export type Code = readonly number[]

/** A type of a value as the binary format numbers it. */
export const I32 = 0x7f
export const V128 = 0x7b

type Operation = (...operands: readonly Code[]) => Code
type Shift = (value: Code, count: number) => Code
type Load = (address: Code, offset: number) => Code
type Store = (address: Code, offset: number, value: Code) => Code

export const local: { readonly get: (index: number) => Code; readonly set: (index: number, value: Code) => Code } = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number, value: Code): Code => [...value, 0x21, ...unsigned(index)],
}

const binary =
  (...opcode: readonly number[]) =>
  (...operands: readonly Code[]): Code =>
    operands.reduce((left, right) => [...left, ...right, ...opcode])

/** `(value, count)`, the count an i32 known here. */
const shift =
  (...opcode: readonly number[]) =>
  (value: Code, count: number): Code => [...value, ...i32.const(count), ...opcode]

/** Every instruction of two operands takes more and folds them from the left. */
export const i32: Readonly<
  Record<'add' | 'sub' | 'and' | 'xor' | 'or' | 'lessUnsigned', Operation> &
    Record<'shl' | 'shrUnsigned' | 'rotl' | 'rotr', Shift> & {
      const: (value: number) => Code
      load: Load
      store: Store
    }
> = {
  const: (value: number): Code => [0x41, ...signed(value | 0)],
  add: binary(0x6a),
  sub: binary(0x6b),
  and: binary(0x71),
  xor: binary(0x73),
  or: binary(0x72),
  lessUnsigned: binary(0x49),
  shl: shift(0x74),
  shrUnsigned: shift(0x76),
  rotl: shift(0x77),
  rotr: shift(0x78),
  load: (address: Code, offset: number): Code => [...address, 0x28, 2, ...unsigned(offset)],
  store: (address: Code, offset: number, value: Code): Code => [...address, ...value, 0x36, 2, ...unsigned(offset)],
}

export const v128: Readonly<
  Record<'and' | 'or' | 'xor' | 'add', Operation> &
    Record<'shl' | 'shrUnsigned', Shift> & {
      const: (lanes: readonly number[]) => Code
      shuffle: (left: Code, right: Code, bytes: readonly number[]) => Code
      load: Load
      store: Store
    }
> = {
  load: (address: Code, offset: number): Code => [...address, 0xfd, 0x00, 0, ...unsigned(offset)],
  store: (address: Code, offset: number, value: Code): Code => [
    ...address,
    ...value,
    0xfd,
    0x0b,
    0,
    ...unsigned(offset),
  ],
  /** Four lanes of 32 bits. */
  const: (lanes: readonly number[]): Code => [
    0xfd,
    0x0c,
    ...lanes.flatMap((lane) => [lane & 255, (lane >>> 8) & 255, (lane >>> 16) & 255, lane >>> 24]),
  ],
  /** Bytes 0 to 15 are of `left`, 16 to 31 of `right`. */
  shuffle: (left: Code, right: Code, bytes: readonly number[]): Code => [...left, ...right, 0xfd, 0x0d, ...bytes],
  and: binary(0xfd, 0x4e),
  or: binary(0xfd, 0x50),
  xor: binary(0xfd, 0x51),
  /** On four lanes of 32 bits, as the next two. */
  add: binary(0xfd, 0xae, 0x01),
  shl: shift(0xfd, 0xab, 0x01),
  shrUnsigned: shift(0xfd, 0xad, 0x01),
}

/** Repeats the body while `condition`, computed at its end, holds. */
export function loop(body: readonly Code[], condition: Code): Code {
  return [0x03, 0x40, ...body.flat(), ...condition, 0x0d, 0, 0x0b]
}

/** Calls a function of the same module by its index. */
export function call(index: number, operands: readonly Code[]): Code {
  return [...operands.flat(), 0x10, ...unsigned(index)]
}

/** An exported function without a result; its parameters are i32 and are its first locals. */
export interface FunctionCode {
  readonly name: string
  readonly parameters: number
  /** Types of the locals behind the parameters. */
  readonly locals: readonly number[]
  readonly body: readonly Code[]
}

/** A module of these functions and one page of memory, exported as `memory`. */
export function assembleModule(functions: readonly FunctionCode[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...vector(Array<Code>(parameters).fill([I32])), 0])
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, type])), ...body.flat(), 0x0b]
    return [...unsigned(code.length), ...code]
  })
  const exports = functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)])
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[1, 1, 1]])),
    ...section(7, vector([[...text('memory'), 2, 0], ...exports])),
    ...section(10, vector(bodies)),
  ])
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content]
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()]
}

function text(name: string): Code {
  return [name.length, ...Array.from(name, (letter) => letter.charCodeAt(0))]
}

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

function signed(value: number): Code {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f]
    bytes.push((rest & 0x7f) | 0x80)
  }
}
