/**
 * SHA-256 (FIPS 180-4) as a WebAssembly module, for messages so short that calling OpenSSL costs more than hashing
 * (docs/decisions/0010-short-messages-are-hashed-in-webassembly.md). This writes the module; `bytes.ts` holds what it wrote.
 *
 * `one(length)` hashes the message at ONE_AT and leaves the digest at ONE_DIGEST_AT. `four(slots, blocks)` hashes four
 * messages at once, one in each 32-bit lane of the vectors: they lie SLOT_BYTES apart, padded by `pad(at, length)` to
 * that many blocks each, and leave their digests at FOUR_DIGESTS_AT. `parents(nodes, to)` makes four nodes of a Merkle
 * log out of eight; `to` may be `nodes`.
 */
import { FOUR_DIGESTS_AT, MERKLE_SLOTS_AT, ONE_AT, ONE_DIGEST_AT, SCHEDULE_AT, SLOT_BYTES } from './places.ts'
import { I32, V128, assembleModule, call, i32, local, loop, v128, type Code } from './wasm-code.ts'

const BLOCK_BYTES = 64

const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
] as const
const ROUND_CONSTANTS = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
] as const

/** Bytes of the module. Pure: the same bytes every time. */
export function makeSha256Module(): Uint8Array<ArrayBuffer> {
  return assembleModule([
    { name: 'pad', parameters: 2, locals: [I32], body: padBody() },
    { name: 'one', parameters: 1, locals: ONE_LOCALS, body: oneBody() },
    { name: 'four', parameters: 2, locals: FOUR_LOCALS, body: fourBody() },
    { name: 'parents', parameters: 2, locals: [], body: parentsBody() },
  ])
}

// Indexes of functions that others call.
const PAD = 0
const FOUR_MESSAGES = 2

/** The arithmetic of 32-bit words that both widths share. */
interface Words {
  readonly add: (...operands: readonly Code[]) => Code
  readonly and: (...operands: readonly Code[]) => Code
  readonly xor: (...operands: readonly Code[]) => Code
  readonly shr: (value: Code, count: number) => Code
  /** Of a vector, `value` is evaluated twice: give a local. */
  readonly rotr: (value: Code, count: number) => Code
  readonly isVector: boolean
}

const SINGLE: Words = { ...i32, shr: i32.shrUnsigned, isVector: false }
const VECTOR: Words = {
  ...v128,
  shr: v128.shrUnsigned,
  rotr: (value, count) => v128.or(v128.shrUnsigned(value, count), v128.shl(value, 32 - count)),
  isVector: true,
}

type Counts = readonly [number, number, number]

/** Three rotations of a word, combined. */
function rotations({ rotr, xor, isVector }: Words, word: Code, [first, second, third]: Counts): Code {
  if (isVector) return xor(rotr(word, first), rotr(word, second), rotr(word, third))
  // Nested, so that fewer values are alive at a time: registers are what the rounds lack.
  return rotr(xor(word, rotr(xor(word, rotr(word, third - second)), second - first)), first)
}

function smallSigma({ rotr, shr, xor }: Words, word: Code, [first, second, last]: Counts): Code {
  return xor(rotr(word, first), rotr(word, second), shr(word, last))
}

/** One round. `state` are the locals a to h as they stand in this round; d and h are overwritten. */
function round(words: Words, state: readonly number[], spare: number, scheduled: Code): readonly Code[] {
  const { add, and, xor } = words
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  const get = local.get
  const choice = xor(get(g), and(get(e), xor(get(f), get(g))))
  const majority = xor(get(b), and(xor(get(a), get(b)), xor(get(b), get(c))))
  return [
    local.set(spare, add(add(get(h), scheduled), choice, rotations(words, get(e), [6, 11, 25]))),
    local.set(d, add(get(d), get(spare))),
    local.set(h, add(get(spare), add(majority, rotations(words, get(a), [2, 13, 22])))),
  ]
}

/** The eight locals from `first` on, turned by one place a round. */
function turned(first: number, index: number): readonly number[] {
  return INITIAL.map((_, place) => first + ((place - index + 64) % 8))
}

/** pad(at, length): a one bit, zeros, the length in bits. */
function padBody(): readonly Code[] {
  const [at, length, end] = [0, 1, 2]
  const tail = i32.add(local.get(at), local.get(length))
  const blocks = i32.add(i32.shrUnsigned(i32.add(local.get(length), i32.const(8)), 6), i32.const(1))
  const zeros = [16, 32, 48, 64].map((offset) => v128.store(tail, offset, v128.const([0, 0, 0, 0])))
  return [
    v128.store(tail, 0, v128.const([0x80, 0, 0, 0])),
    ...zeros,
    local.set(end, i32.add(local.get(at), i32.shl(blocks, 6))),
    i32.store(i32.sub(local.get(end), i32.const(4)), 0, swapBytes(i32.shl(local.get(length), 3))),
  ]
}

function swapBytes(word: Code): Code {
  return i32.or(i32.and(i32.rotl(word, 8), i32.const(0x00ff00ff)), i32.and(i32.rotr(word, 8), i32.const(0xff00ff00)))
}

/** Big-endian words of a vector of bytes. */
function swapWords(vector: Code): Code {
  return v128.shuffle(vector, vector, [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12])
}

/** Takes whole words of two vectors: 0 to 3 of the left, 4 to 7 of the right. */
function pickWords(left: Code, right: Code, picked: readonly number[]): Code {
  return v128.shuffle(
    left,
    right,
    picked.flatMap((word) => [0, 1, 2, 3].map((byte) => word * 4 + byte)),
  )
}

// Locals of `one`: length, at, end, spare; the working state; the state between blocks; vectors of the schedule.
const ONE = { length: 0, at: 1, end: 2, spare: 3, work: 4, state: 12, quads: 20, mixed: 24, sum: 25 } as const
const ONE_LOCALS: readonly number[] = [...Array<number>(19).fill(I32), ...Array<number>(6).fill(V128)]

/** One message. The rounds are scalar; the schedule is computed beside them, four words a vector. */
function oneBody(): readonly Code[] {
  const { length, at, end, state } = ONE
  const blocks = i32.add(i32.shrUnsigned(i32.add(local.get(length), i32.const(8)), 6), i32.const(1))
  return [
    call(PAD, [i32.const(ONE_AT), local.get(length)]),
    local.set(end, i32.shl(blocks, 6)),
    ...INITIAL.map((word, index) => local.set(state + index, i32.const(word))),
    loop(
      [...oneBlock(), local.set(at, i32.add(local.get(at), i32.const(BLOCK_BYTES)))],
      i32.lessUnsigned(local.get(at), local.get(end)),
    ),
    ...INITIAL.map((_, index) => i32.store(i32.const(ONE_DIGEST_AT), 4 * index, swapBytes(local.get(state + index)))),
  ]
}

function oneBlock(): readonly Code[] {
  const { at, spare, work, state, quads } = ONE
  const code: Code[] = []
  const schedule = (quad: number): Code =>
    v128.store(
      i32.const(SCHEDULE_AT),
      16 * quad,
      v128.add(local.get(quads + (quad % 4)), v128.const(ROUND_CONSTANTS.slice(4 * quad, 4 * quad + 4))),
    )
  for (let quad = 0; quad < 4; quad += 1) {
    code.push(local.set(quads + quad, swapWords(v128.load(local.get(at), 16 * quad))), schedule(quad))
  }
  for (let word = 0; word < 8; word += 1) code.push(local.set(work + word, local.get(state + word)))
  for (let index = 0; index < 64; index += 1) {
    // Four rounds ahead of their use, so that vectors and rounds overlap.
    if (index % 4 === 0 && index < 48) code.push(...nextQuad(index / 4), schedule(index / 4 + 4))
    code.push(...round(SINGLE, turned(work, index), spare, i32.load(i32.const(SCHEDULE_AT), 4 * index)))
  }
  for (let word = 0; word < 8; word += 1) {
    code.push(local.set(state + word, i32.add(local.get(state + word), local.get(work + word))))
  }
  return code
}

/** The four words of the schedule that follow the sixteen of the quads; they take the place of the oldest. */
function nextQuad(quad: number): readonly Code[] {
  const { quads, mixed, sum } = ONE
  const old = (age: number): Code => local.get(quads + ((quad + age) % 4))
  const sigma1 = smallSigma(VECTOR, local.get(mixed), [17, 19, 10])
  return [
    local.set(mixed, pickWords(old(0), old(1), [1, 2, 3, 4])),
    local.set(
      sum,
      v128.add(old(0), pickWords(old(2), old(3), [1, 2, 3, 4]), smallSigma(VECTOR, local.get(mixed), [7, 18, 3])),
    ),
    // The second half needs the first: two words at a time, the other two are zero.
    local.set(mixed, pickWords(old(3), v128.const([0, 0, 0, 0]), [2, 3, 4, 4])),
    local.set(sum, v128.add(local.get(sum), sigma1)),
    local.set(mixed, pickWords(local.get(sum), v128.const([0, 0, 0, 0]), [4, 4, 0, 1])),
    local.set(quads + (quad % 4), v128.add(local.get(sum), sigma1)),
  ]
}

// Locals of `four`: slots, blocks, end; then vectors: spare, the working state, the state between blocks, the schedule.
const FOUR = { slots: 0, blocks: 1, end: 2, spare: 3, work: 4, state: 12, schedule: 20 } as const
const FOUR_LOCALS: readonly number[] = [I32, ...Array<number>(33).fill(V128)]

/** Four messages of as many blocks: each word of the algorithm is a vector of the four messages' words. */
function fourBody(): readonly Code[] {
  const { slots, blocks, end, work, state } = FOUR
  return [
    local.set(end, i32.add(local.get(slots), i32.shl(local.get(blocks), 6))),
    ...INITIAL.map((word, index) => local.set(state + index, v128.const([word, word, word, word]))),
    loop(
      [...fourBlocks(), local.set(slots, i32.add(local.get(slots), i32.const(BLOCK_BYTES)))],
      i32.lessUnsigned(local.get(slots), local.get(end)),
    ),
    ...[0, 4].flatMap((first) => {
      const words = [0, 1, 2, 3].map((word) => local.get(state + first + word))
      const { code, columns } = transpose(words, work)
      const stores = columns.map((digest, message) =>
        v128.store(i32.const(FOUR_DIGESTS_AT), 32 * message + 4 * first, swapWords(digest)),
      )
      return [code, ...stores]
    }),
  ]
}

function fourBlocks(): readonly Code[] {
  const { slots, spare, work, state, schedule } = FOUR
  const code: Code[] = []
  for (let quad = 0; quad < 4; quad += 1) {
    const target = schedule + 4 * quad
    for (let slot = 0; slot < 4; slot += 1) {
      code.push(local.set(target + slot, v128.load(local.get(slots), SLOT_BYTES * slot + 16 * quad)))
    }
    const rows = [0, 1, 2, 3].map((slot) => local.get(target + slot))
    const columns = transpose(rows, work)
    code.push(columns.code, ...columns.columns.map((words, index) => local.set(target + index, swapWords(words))))
  }
  for (let word = 0; word < 8; word += 1) code.push(local.set(work + word, local.get(state + word)))
  for (let index = 0; index < 64; index += 1) {
    const past = (distance: number): Code => local.get(schedule + ((index + 16 - distance) % 16))
    const target = schedule + (index % 16)
    if (index >= 16) {
      const sigma0 = smallSigma(VECTOR, past(15), [7, 18, 3])
      const sigma1 = smallSigma(VECTOR, past(2), [17, 19, 10])
      code.push(local.set(target, v128.add(past(16), past(7), sigma0, sigma1)))
    }
    const constant = ROUND_CONSTANTS[index] ?? 0
    const scheduled = v128.add(local.get(target), v128.const([constant, constant, constant, constant]))
    code.push(...round(VECTOR, turned(work, index), spare, scheduled))
  }
  for (let word = 0; word < 8; word += 1) {
    code.push(local.set(state + word, v128.add(local.get(state + word), local.get(work + word))))
  }
  return code
}

/** parents(nodes, to): the slots hold the prefix and the padding already; the children go between them. */
function parentsBody(): readonly Code[] {
  const [nodes, to] = [0, 1]
  const slots = i32.const(MERKLE_SLOTS_AT)
  const lanes = [0, 1, 2, 3]
  const copies = lanes.flatMap((slot) =>
    lanes.map((part) =>
      v128.store(slots, SLOT_BYTES * slot + 1 + 16 * part, v128.load(local.get(nodes), 64 * slot + 16 * part)),
    ),
  )
  const digests = [...lanes, ...lanes.map((lane) => lane + 4)].map((half) =>
    v128.store(local.get(to), 16 * half, v128.load(i32.const(FOUR_DIGESTS_AT), 16 * half)),
  )
  return [...copies, call(FOUR_MESSAGES, [slots, i32.const(2)]), ...digests]
}

/** Columns of four vectors of four words each. `scratch` is the first of four locals that hold vectors. */
function transpose(rows: readonly Code[], scratch: number): { readonly code: Code; readonly columns: readonly Code[] } {
  const [first = [], second = [], third = [], fourth = []] = rows
  const [low, lowNext, high, highNext] = [0, 1, 2, 3].map((index) => local.get(scratch + index)) as [
    Code,
    Code,
    Code,
    Code,
  ] // four indexes, as just written
  const code = [
    local.set(scratch, pickWords(first, second, [0, 4, 1, 5])),
    local.set(scratch + 1, pickWords(third, fourth, [0, 4, 1, 5])),
    local.set(scratch + 2, pickWords(first, second, [2, 6, 3, 7])),
    local.set(scratch + 3, pickWords(third, fourth, [2, 6, 3, 7])),
  ]
  const columns = [
    pickWords(low, lowNext, [0, 1, 4, 5]),
    pickWords(low, lowNext, [2, 3, 6, 7]),
    pickWords(high, highNext, [0, 1, 4, 5]),
    pickWords(high, highNext, [2, 3, 6, 7]),
  ]
  return { code: code.flat(), columns }
}
