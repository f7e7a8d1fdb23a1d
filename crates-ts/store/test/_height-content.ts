/** Content that belongs to heights, for tests that kill writers: every tenth height has a value, and old ones are needed no more. */
import { formatHash, sha256, type Hash } from '@aos/cbor'
import { nodeSha256 } from '../src/index.ts'

/** Values of so many heights below the head are live. */
export const LIVE_HEIGHTS = 2_000

/** Of the heights above `after` up to `last`. */
export function contentOf(after: number, last: number): readonly Uint8Array[] {
  const values: Uint8Array[] = []
  for (let height = Math.max(0, after + 1); height <= last; height += 1) {
    if (height % 10 === 0) values.push(new TextEncoder().encode(`content of ${height} `.padEnd(400, '.')))
  }
  return values
}

export function hashOf(value: Uint8Array): Hash {
  return formatHash(sha256(nodeSha256, value))
}
