/**
 * The map from addresses to the 64 bits of the dirty map (spec/05-determinism.md, "Memory").
 *
 * Chunks grow with the address: four to an octave and never smaller than 1 KiB, so that a small module clears little and
 * a large one still has only 64 bits. The chunk of an address is read off the exponent and the two highest mantissa bits
 * of `f64(address | 1023)`; the conversion is exact. For addresses below 2^24 the numbers are unique modulo 64.
 */

/** Bits to shift the f64 down so that exponent and two mantissa bits remain. */
export const CHUNK_SHIFT = 50

/** The smallest chunk, and what is or-ed into an address. */
export const GRANULE_MASK = 1023

/** A store that starts in one chunk may end this far into the next. */
export const STRADDLE_BYTES = 8

/** Bit number of the first quarter of the octave 2^9; bits are counted from here. */
export const CHUNK_ORIGIN: number = ((1023 + 9) << 2) % 64

/** A range of addresses, end excluded, whose writes are marked by one bit of the bitmap. */
export interface Chunk {
  /** 0 to 63. */
  readonly bit: number
  readonly start: number
  readonly end: number
}

/** The chunk that holds `address` (below 2^24). */
export function chunkAt(address: number): Chunk {
  const value = address | GRANULE_MASK
  const exponent = 31 - Math.clz32(value)
  const quarter = (value >>> (exponent - 2)) & 3
  const start = ((4 + quarter) << (exponent - 2)) & ~GRANULE_MASK
  return {
    bit: (((1023 + exponent) << 2) | quarter) % 64,
    start,
    end: (5 + quarter) << (exponent - 2),
  }
}

/** The part of the initial memory that is not zero, cut so that every piece depends on few chunks. */
export interface ImagePiece {
  readonly offset: number
  readonly bytes: Uint8Array
  /** The piece must be written again when one of these chunks was dirty. */
  readonly mask: bigint
}

/** Zeros between two pieces that are worth a cut. */
const GAP_BYTES = 64

/** Composes segments, later over earlier, into pieces: no piece crosses a chunk, none starts or ends with zeros. */
export function composeImage(
  segments: readonly { readonly offset: number; readonly bytes: Uint8Array }[],
): readonly ImagePiece[] {
  const size = segments.reduce((most, segment) => Math.max(most, segment.offset + segment.bytes.length), 0)
  const image = new Uint8Array(size)
  for (const { offset, bytes } of segments) image.set(bytes, offset)
  const pieces: ImagePiece[] = []
  for (let start = 0; start < size;) {
    const chunk = chunkAt(start)
    const end = Math.min(chunk.end, size)
    for (const [from, to] of nonZeroRuns(image, start, end)) {
      let mask = 1n << BigInt(chunk.bit)
      if (chunk.start > 0 && from < chunk.start + STRADDLE_BYTES) mask |= 1n << BigInt(chunkAt(chunk.start - 1).bit)
      pieces.push({ offset: from, bytes: image.subarray(from, to), mask })
    }
    start = end
  }
  return pieces
}

/** Ranges between `start` and `end` that begin and end with something, at least GAP_BYTES of zeros apart. */
function nonZeroRuns(image: Uint8Array, start: number, end: number): readonly (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = []
  let from = -1
  let last = -1
  for (let at = start; at < end; at += 1) {
    if (image[at] === 0) continue
    if (from >= 0 && at - last > GAP_BYTES) {
      runs.push([from, last + 1])
      from = -1
    }
    if (from < 0) from = at
    last = at
  }
  if (from >= 0) runs.push([from, last + 1])
  return runs
}
