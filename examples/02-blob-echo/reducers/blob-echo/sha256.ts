const BLOCK = 64
const DIGITS = '0123456789abcdef'

/** Round constants: the fractions of the cube roots of the first 64 primes. */
const ROUNDS: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]

/** `sha256:` and the digits of the SHA-256 of the bytes. */
export function hashOf(bytes: Uint8Array): string {
  const state: StaticArray<u32> = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]
  const padded = pad(bytes)
  const words = new StaticArray<u32>(64)
  for (let at = 0; at < padded.length; at += BLOCK) compress(state, words, padded, at)
  let text = 'sha256:'
  for (let word = 0; word < 8; word++) {
    for (let shift = 28; shift >= 0; shift -= 4) text += DIGITS.charAt((state[word] >>> shift) & 15)
  }
  return text
}

/** The bytes, a one bit, zeros, and the length in bits: whole blocks. */
function pad(bytes: Uint8Array): Uint8Array {
  const blocks = (bytes.length + 8) / BLOCK + 1
  const padded = new Uint8Array(blocks * BLOCK)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const bits = <u64>bytes.length * 8
  for (let at = 0; at < 8; at++) padded[padded.length - 1 - at] = <u8>(bits >> (8 * at))
  return padded
}

function compress(state: StaticArray<u32>, w: StaticArray<u32>, block: Uint8Array, from: i32): void {
  for (let i = 0; i < 16; i++) w[i] = bswap<u32>(load<u32>(block.dataStart + <usize>(from + 4 * i)))
  for (let i = 16; i < 64; i++) {
    const before = w[i - 15]
    const last = w[i - 2]
    const small0 = rotr<u32>(before, 7) ^ rotr<u32>(before, 18) ^ (before >>> 3)
    const small1 = rotr<u32>(last, 17) ^ rotr<u32>(last, 19) ^ (last >>> 10)
    w[i] = w[i - 16] + small0 + w[i - 7] + small1
  }
  let a = state[0]
  let b = state[1]
  let c = state[2]
  let d = state[3]
  let e = state[4]
  let f = state[5]
  let g = state[6]
  let h = state[7]
  for (let i = 0; i < 64; i++) {
    const large1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)
    const first = h + large1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]
    const large0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)
    const second = large0 + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = d + first
    d = c
    c = b
    b = a
    a = first + second
  }
  state[0] += a
  state[1] += b
  state[2] += c
  state[3] += d
  state[4] += e
  state[5] += f
  state[6] += g
  state[7] += h
}
