/** A growing buffer for WebAssembly binaries. Integers are written in the shortest LEB128. */

export class ByteWriter {
  private buffer: Uint8Array
  length = 0

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity)
  }

  reset(): void {
    this.length = 0
  }

  byte(value: number): this {
    if (this.length === this.buffer.length) this.grow(1)
    this.buffer[this.length] = value
    this.length += 1
    return this
  }

  op(...bytes: readonly number[]): this {
    for (const value of bytes) this.byte(value)
    return this
  }

  u32(value: number): this {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    return this.byte(rest)
  }

  /** Any safe integer as signed LEB128. */
  signed(value: number): this {
    let rest = value
    for (;;) {
      const low = ((rest % 128) + 128) % 128
      rest = (rest - low) / 128
      const finished = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)
      this.byte(finished ? low : low | 0x80)
      if (finished) return this
    }
  }

  /** 64 bits as signed LEB128. */
  signed64(value: bigint): this {
    let rest = BigInt.asIntN(64, value)
    for (;;) {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      const finished = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)
      this.byte(finished ? low : low | 0x80)
      if (finished) return this
    }
  }

  raw(bytes: Uint8Array): this {
    if (this.length + bytes.length > this.buffer.length) this.grow(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
    return this
  }

  /** Length and bytes. */
  sized(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes)
  }

  /** Length and the bytes of an ASCII name. */
  name(text: string): this {
    this.u32(text.length)
    for (let at = 0; at < text.length; at += 1) this.byte(text.charCodeAt(at))
    return this
  }

  view(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  take(): Uint8Array {
    return this.buffer.slice(0, this.length)
  }

  private grow(room: number): void {
    const next = new Uint8Array(Math.max(this.buffer.length * 2, this.length + room))
    next.set(this.buffer.subarray(0, this.length))
    this.buffer = next
  }
}
