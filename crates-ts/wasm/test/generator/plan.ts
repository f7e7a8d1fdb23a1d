/** What is decided about a module before its code: types, functions, globals, memory, and how far it may misbehave. */
import { ByteWriter } from '../../src/byte-writer.ts'
import type { Choices } from './choices.ts'
import type { ReferenceIndexes } from './code-writer.ts'
import { F32, F64, I32, I64, type Type } from './operations.ts'

/** `hidden`: floats compute and compare, but nothing in the program can see the bits of a NaN. */
export type Floats = 'none' | 'hidden' | 'seen'

export type EntryName = 'step' | 'run'

export interface Signature {
  readonly parameters: readonly Type[]
  readonly results: readonly Type[]
}

export interface GlobalPlan {
  readonly type: Type
  readonly mutable: boolean
  readonly init: Uint8Array
}

export interface ModulePlan {
  readonly choices: Choices
  readonly floats: Floats
  /** 0 does not trap on purpose, 1 sometimes, 2 does what it likes. */
  readonly risk: number
  readonly minPages: number
  readonly maxPages: number | undefined
  readonly capPages: number
  readonly types: TypeTable
  /** All functions by index: alloc, entries, the start function, others, `digest` last. */
  readonly functions: readonly Signature[]
  readonly entries: readonly EntryName[]
  readonly start: number | undefined
  readonly globals: readonly GlobalPlan[]
  readonly tableSize: number
  readonly reference: ReferenceIndexes
  /** An access may lie between the pages that exist and the cap, where the original traps. Set while code is written. */
  gap: boolean
  /** `memory.grow` stands in the code. */
  grows: boolean
}

/** Globals with a meaning: the end of the heap, and how many more calls of unknown depth may be made. */
export const HEAP_GLOBAL = 0
export const CALLS_GLOBAL = 1
export const NAMED_GLOBALS = 2

export const ALLOC = 0
/** The entry points stand behind `alloc`. */
export const FIRST_ENTRY = 1

export const MULTI_VALUE: Signature = { parameters: [I32, I32], results: [I32, I32] }
export const RETURN_POINTER: Signature = { parameters: [I32, I32, I32], results: [] }
/** From, to, start: a checksum over memory. */
export const DIGEST: Signature = { parameters: [I32, I32, I64], results: [I64] }

export class TypeTable {
  private readonly keys: string[] = []
  readonly signatures: Signature[] = []

  indexOf(signature: Signature): number {
    const key = `${signature.parameters.join()}:${signature.results.join()}`
    const known = this.keys.indexOf(key)
    if (known >= 0) return known
    this.keys.push(key)
    this.signatures.push(signature)
    return this.keys.length - 1
  }
}

/** Value types of the module. */
export function typesOf(plan: Pick<ModulePlan, 'floats'>): readonly Type[] {
  return plan.floats === 'none' ? [I32, I64] : [I32, I64, F32, F64]
}

export function planModule(choices: Choices): ModulePlan {
  const floats = choices.pick(['none', 'none', 'hidden', 'seen'] as const)
  const risk = choices.weighted([6, 3, 2])
  const types = typesOf({ floats })
  const memory = planMemory(choices)
  const { functions, ...roles } = planFunctions(choices, types)
  const globals = planGlobals(choices, types, risk)
  const first = functions.length
  const reference: ReferenceIndexes = {
    spent: globals.length,
    enter: first,
    round: first + 1,
    down: first + 2,
    up: first + 3,
    bulk: first + 4,
    canonical32: first + 5,
    canonical64: first + 6,
    size: first + 7,
    grow: first + 8,
  }
  const table = new TypeTable()
  for (const signature of functions) table.indexOf(signature)
  return {
    choices,
    floats,
    risk,
    ...memory,
    types: table,
    functions,
    ...roles,
    globals,
    tableSize: functions.length + choices.pick([4, 0, 8, 16]),
    reference,
    gap: false,
    grows: false,
  }
}

/** Small memories: an instance of a large one costs milliseconds. One in 64 may grow without a bound of its own. */
function planMemory(choices: Choices): Pick<ModulePlan, 'minPages' | 'maxPages' | 'capPages'> {
  const minPages = 1 + choices.weighted([12, 3, 1])
  const maxPages = choices.rarely(64) ? undefined : minPages + choices.weighted([6, 3, 1, 1])
  return { minPages, maxPages, capPages: maxPages ?? 256 }
}

function planFunctions(choices: Choices, types: readonly Type[]): Pick<ModulePlan, 'functions' | 'entries' | 'start'> {
  const convention = (): Signature => (choices.rarely(2) ? RETURN_POINTER : MULTI_VALUE)
  const entries: readonly EntryName[] = choices.rarely(4) ? ['step', 'run'] : ['step']
  const list = (most: number): Type[] => Array.from({ length: choices.below(most + 1) }, () => choices.pick(types))
  const start = choices.rarely(8) ? FIRST_ENTRY + entries.length : undefined
  const others = Array.from({ length: choices.below(6) }, () =>
    choices.rarely(4) ? { parameters: [], results: [choices.pick(types)] } : { parameters: list(4), results: list(3) },
  )
  const functions = [
    { parameters: [I32], results: [I32] },
    ...entries.map(convention),
    ...(start === undefined ? [] : [{ parameters: [], results: [] }]),
    ...others,
    DIGEST,
  ]
  return { functions, entries, start }
}

function planGlobals(choices: Choices, types: readonly Type[], risk: number): readonly GlobalPlan[] {
  const calls = risk === 2 ? choices.pick([6, 60, 4000, 100_000]) : choices.pick([6, 0, 25, 60])
  const named = [32_768, calls].map((value) => ({
    type: I32,
    mutable: true,
    init: new ByteWriter().byte(0x41).signed(value).take(),
  }))
  const others = Array.from({ length: choices.below(6) }, () => {
    const type = choices.pick(types)
    const out = new ByteWriter()
    writeConstant(out, choices, type)
    return { type, mutable: !choices.rarely(4), init: out.take() }
  })
  return [...named, ...others]
}

const WORDS: readonly number[] = [0, 1, -1, 2, 7, 31, 32, 64, 255, 1023, 1024, 0x7fff, 65_535, 2 ** 31 - 1, -(2 ** 31)]

const BITS64: readonly bigint[] = [0n, 1n, -1n, 63n, 64n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]

/** Zero, one, infinities, denormals, the borders of integers, and NaN that are not canonical. */
const BITS_F32: readonly number[] = [
  0, 0x7fc0_0001, 0xffc0_0000, 0x3f80_0000, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x0000_0001, 0x7fc0_0000,
  0xffc0_1234, 0x7fa0_0001, 0x4f00_0000, 0x5f00_0000, 0xbf00_0000, 0x4b80_0000,
]

const BITS_F64: readonly bigint[] = [
  0n,
  0x3ff0_0000_0000_0000n,
  0x8000_0000_0000_0000n,
  0x7ff0_0000_0000_0000n,
  0xfff0_0000_0000_0000n,
  1n,
  0x7ff8_0000_0000_0000n,
  0xfff8_0000_dead_beefn,
  0x7ff4_0000_0000_0001n,
  0x41e0_0000_0000_0000n,
  0x43e0_0000_0000_0000n,
  0x3fe0_0000_0000_0000n,
  0x4340_0000_0000_0000n,
]

/** `t.const` with a value that is often at a border. */
export function writeConstant(out: ByteWriter, choices: Choices, type: Type): void {
  if (type === I32) {
    out.byte(0x41).signed(choices.rarely(4) ? choices.word() | 0 : choices.pick(WORDS))
  } else if (type === I64) {
    out.byte(0x42).signed64(choices.rarely(4) ? wide(choices) : choices.pick(BITS64))
  } else {
    const view = new DataView(new ArrayBuffer(8))
    if (type === F32) view.setUint32(0, choices.rarely(4) ? choices.word() : choices.pick(BITS_F32), true)
    else view.setBigUint64(0, choices.rarely(4) ? wide(choices) : choices.pick(BITS_F64), true)
    out.byte(type === F32 ? 0x43 : 0x44).raw(new Uint8Array(view.buffer, 0, type === F32 ? 4 : 8))
  }
}

function wide(choices: Choices): bigint {
  return (BigInt(choices.word()) << 32n) | BigInt(choices.word())
}
