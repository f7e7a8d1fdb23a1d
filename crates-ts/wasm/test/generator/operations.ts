/** Instructions by the types they take and give, for the generator. Written down from the standard, not from the rewriter. */

export const I32 = 0x7f as const
export const I64 = 0x7e as const
export const F32 = 0x7d as const
export const F64 = 0x7c as const

export type Type = typeof I32 | typeof I64 | typeof F32 | typeof F64

export interface Operation {
  /** Behind the prefix 0xfc: 0x100 + number. */
  readonly code: number
  readonly operands: readonly Type[]
  readonly result: Type
  /** Traps for some operands. */
  readonly traps: boolean
  /** Lets the bits or the sign of a NaN be seen. */
  readonly observes: boolean
}

type Row = readonly [number, number, readonly Type[], Type, 'traps'?]

const ROWS: readonly Row[] = [
  [0x45, 0x45, [I32], I32], // eqz
  [0x46, 0x4f, [I32, I32], I32],
  [0x50, 0x50, [I64], I32],
  [0x51, 0x5a, [I64, I64], I32],
  [0x5b, 0x60, [F32, F32], I32],
  [0x61, 0x66, [F64, F64], I32],
  [0x67, 0x69, [I32], I32],
  [0x6a, 0x6c, [I32, I32], I32],
  [0x6d, 0x70, [I32, I32], I32, 'traps'],
  [0x71, 0x78, [I32, I32], I32],
  [0x79, 0x7b, [I64], I64],
  [0x7c, 0x7e, [I64, I64], I64],
  [0x7f, 0x82, [I64, I64], I64, 'traps'],
  [0x83, 0x8a, [I64, I64], I64],
  [0x8b, 0x91, [F32], F32],
  [0x92, 0x98, [F32, F32], F32],
  [0x99, 0x9f, [F64], F64],
  [0xa0, 0xa6, [F64, F64], F64],
  [0xa7, 0xa7, [I64], I32],
  [0xa8, 0xa9, [F32], I32, 'traps'],
  [0xaa, 0xab, [F64], I32, 'traps'],
  [0xac, 0xad, [I32], I64],
  [0xae, 0xaf, [F32], I64, 'traps'],
  [0xb0, 0xb1, [F64], I64, 'traps'],
  [0xb2, 0xb3, [I32], F32],
  [0xb4, 0xb5, [I64], F32],
  [0xb6, 0xb6, [F64], F32],
  [0xb7, 0xb8, [I32], F64],
  [0xb9, 0xba, [I64], F64],
  [0xbb, 0xbb, [F32], F64],
  [0xbc, 0xbc, [F32], I32],
  [0xbd, 0xbd, [F64], I64],
  [0xbe, 0xbe, [I32], F32],
  [0xbf, 0xbf, [I64], F64],
  [0xc0, 0xc1, [I32], I32],
  [0xc2, 0xc4, [I64], I64],
  [0x100, 0x101, [F32], I32],
  [0x102, 0x103, [F64], I32],
  [0x104, 0x105, [F32], I64],
  [0x106, 0x107, [F64], I64],
]

const OBSERVING: readonly number[] = [0x98, 0xa6, 0xbc, 0xbd]

export const OPERATIONS: readonly Operation[] = ROWS.flatMap(([first, last, operands, result, traps]) =>
  Array.from({ length: last - first + 1 }, (_, at) => ({
    code: first + at,
    operands,
    result,
    traps: traps !== undefined,
    observes: OBSERVING.includes(first + at),
  })),
)

/** Divisions and remainders: the second operand may be made odd, so that they do not trap for zero. */
export function divides(code: number): boolean {
  return (code >= 0x6d && code <= 0x70) || (code >= 0x7f && code <= 0x82)
}

/** Instructions whose NaN results spec/05-determinism.md makes canonical, by their results. */
export function canonicalResult(code: number): Type | undefined {
  const [ceil32, max32, ceil64, max64, demote, promote] = [0x8d, 0x97, 0x9b, 0xa5, 0xb6, 0xbb]
  if ((code >= ceil32 && code <= max32) || code === demote) return F32
  if ((code >= ceil64 && code <= max64) || code === promote) return F64
  return undefined
}

/** Operations that can make a NaN. */
export const NAN_MAKERS: readonly Operation[] = OPERATIONS.filter(({ code }) => canonicalResult(code) !== undefined)

/** One load or store: opcode, the type it gives or takes, log2 of its bytes. */
export interface Access {
  readonly code: number
  readonly type: Type
  readonly width: number
}

function accesses(first: number, rows: readonly (readonly [Type, number])[]): readonly Access[] {
  return rows.map(([type, width], at) => ({ code: first + at, type, width }))
}

const WHOLE: readonly (readonly [Type, number])[] = [
  [I32, 2],
  [I64, 3],
  [F32, 2],
  [F64, 3],
]

export const LOADS: readonly Access[] = accesses(0x28, [
  ...WHOLE,
  ...[0, 0, 1, 1].map((width) => [I32, width] as const),
  ...[0, 0, 1, 1, 2, 2].map((width) => [I64, width] as const),
])

export const STORES: readonly Access[] = accesses(0x36, [
  ...WHOLE,
  ...[0, 1].map((width) => [I32, width] as const),
  ...[0, 1, 2].map((width) => [I64, width] as const),
])
