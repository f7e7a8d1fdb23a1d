/** The buffer of an encoder: values are written one behind the other into chunks, and given out as views. */

/**
 * Bytes that every writing function finds free at its offset, and leaves to its caller to provide: enough for the
 * longest scalar of fixed size (a hash, 73) and for a short text.
 */
export const SLACK = 80

const CHUNK_BYTES = 8192
/** With less left in a chunk, a value starts a new one. */
const CHUNK_REST_MIN = 512

/**
 * A small value costs a view and no allocation of its own; in return it keeps its chunk of 8 KiB alive, which it shares
 * with the values before and after it. A value that does not fit gets an array for itself.
 */
export class Sink {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  private chunk: Uint8Array = this.bytes
  private chunkView: DataView = this.view
  private start = 0
  private used = 0

  /** Starts a value; its first byte goes to the returned offset. */
  begin(): number {
    if (this.chunk.length - this.used < CHUNK_REST_MIN) {
      const buffer = new ArrayBuffer(CHUNK_BYTES)
      this.chunk = new Uint8Array(buffer)
      this.chunkView = new DataView(buffer)
      this.used = 0
    }
    this.bytes = this.chunk
    this.view = this.chunkView
    this.start = this.used
    return this.start
  }

  /** Makes room for `count` bytes at `at`. `bytes` and `view` are others afterwards, offsets are the same. */
  grow(at: number, count: number): void {
    const buffer = new ArrayBuffer(Math.max(at + count, this.bytes.length * 2))
    const wider = new Uint8Array(buffer)
    wider.set(this.bytes.subarray(this.start, at), this.start)
    this.bytes = wider
    this.view = new DataView(buffer)
  }

  /** The bytes of the value that ends at `end`. */
  finish(end: number): Uint8Array {
    if (this.bytes !== this.chunk) return this.bytes.slice(this.start, end)
    this.used = end
    return this.chunk.subarray(this.start, end)
  }
}
