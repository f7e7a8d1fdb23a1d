/** Reads the primitive encodings of a WebAssembly binary, stricter than some engines: spec/05-determinism.md, "Admission". */
import type { AosError } from '@aos/cbor'
import { refusal } from './errors.ts'

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A cursor over `bytes` from `offset` up to `end`. Everything throws `wasm.malformed` rather than read past the end. */
export class BinaryReader {
  readonly bytes: Uint8Array
  readonly end: number
  offset: number

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
  }

  get done(): boolean {
    return this.offset >= this.end
  }

  byte(): number {
    const value = this.offset < this.end ? this.bytes[this.offset] : undefined
    if (value === undefined) throw this.malformed('unexpected end')
    this.offset += 1
    return value
  }

  /** The next byte without moving, or -1 at the end. */
  peek(): number {
    return this.offset < this.end ? (this.bytes[this.offset] ?? -1) : -1
  }

  skip(count: number): void {
    if (count > this.end - this.offset) throw this.malformed(`expected ${count} more bytes`)
    this.offset += count
  }

  take(count: number): Uint8Array {
    const start = this.offset
    this.skip(count)
    return this.bytes.subarray(start, this.offset)
  }

  /** Unsigned LEB128 of at most 32 bits: at most 5 bytes, unused bits zero. */
  u32(): number {
    const start = this.offset
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.byte()
    if (last > 0x0f) throw this.malformed('integer over 32 bits or 5 bytes', start)
    return (value | (last << 28)) >>> 0
  }

  /** Signed LEB128 of at most 32 bits: at most 5 bytes, unused bits repeat the sign. */
  s32(): number {
    const start = this.offset
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift)
    }
    const last = this.byte()
    if ((last & 0xf8) !== 0 && (last & 0xf8) !== 0x78) throw this.malformed('integer over 32 bits or 5 bytes', start)
    return value | (last << 28)
  }

  /** Passes over a signed LEB128 of at most 64 bits: at most 10 bytes, unused bits repeat the sign. */
  skipS64(): void {
    const start = this.offset
    for (let count = 0; count < 9; count += 1) if (this.byte() < 0x80) return
    const last = this.byte()
    if (last !== 0x00 && last !== 0x7f) throw this.malformed('integer over 64 bits or 10 bytes', start)
  }

  /** A type index where a block type may stand: signed LEB128 of 33 bits that is not negative. */
  blockTypeIndex(): number {
    const start = this.offset
    let value = 0
    for (let count = 0; count < 5; count += 1) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** (7 * count)
      if (byte >= 0x80) continue
      if ((byte & 0x40) !== 0 || value > 0xffff_ffff) break
      return value
    }
    throw this.malformed('expected a block type', start)
  }

  /** A name: length and UTF-8. */
  name(): string {
    const start = this.offset
    const bytes = this.take(this.u32())
    try {
      return DECODER.decode(bytes)
    } catch {
      throw this.malformed('name is not UTF-8', start)
    }
  }

  malformed(message: string, offset: number = this.offset): AosError {
    return refusal('wasm.malformed', offset, message)
  }
}
