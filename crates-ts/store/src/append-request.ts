/** What every driver checks of an append before it looks at the head (spec/07-journal.md, "Appending"). */
import { AosError, equalBytes, formatHash, type Hash } from '@aos/cbor'
import { FRAME_HEAD_BYTES, GROUP_BYTES_MAX } from './layout.ts'
import type { AppendRequest, JournalHead } from './port.ts'

export interface RequestContext {
  readonly epoch: number
  /** undefined until genesis. */
  readonly world: Hash | undefined
}

/** The first breach of the port, in words; undefined when there is none. */
export function checkRequest(request: AppendRequest, context: RequestContext): string | undefined {
  const { entries, expected } = request
  const first = entries[0]
  if (first === undefined) return 'there are no entries'
  if (request.epoch > context.epoch) return `epoch ${request.epoch} has not been opened`
  const world = context.world ?? (first.height === 0 ? formatHash(first.leaf) : undefined)
  if (request.world !== world) return `the journal is of world ${world ?? '(none)'}, not ${request.world}`
  let height = expected === undefined ? 0 : expected.height + 1
  let bytes = 0
  for (const entry of entries) {
    if (entry.height !== height) return `heights are not dense: expected ${height}, found ${entry.height}`
    height += 1
    bytes += FRAME_HEAD_BYTES + entry.bytes.length
  }
  return bytes > GROUP_BYTES_MAX ? `${bytes} bytes are more than one group may hold` : undefined
}

export function isSameHead(left: JournalHead | undefined, right: JournalHead | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return left.height === right.height && equalBytes(left.leaf, right.leaf)
}

export function badRequest(problem: string): AosError {
  return new AosError('store.bad_request', problem)
}
