/** The lines of a dispatch log (spec/14-dispatch.md, "The dispatch log"). */
import { crc32 } from 'node:zlib'
import { isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'

/** What a log says. */
export interface LogContent {
  readonly world: Hash
  /** Calls that were begun, with their last try. */
  readonly marks: ReadonlyMap<Hash, number>
  /** Bytes of the lines; what stands behind them was cut off by a crash. */
  readonly length: number
}

/** Of a hash as text; a mark has only the digits. */
const HASH_PREFIX = 'sha256:'

const HEADER = /^aos-dispatch 1 (sha256:[0-9a-f]{64}) ([0-9a-f]{8})$/
const MARK = /^call ([0-9a-f]{64}) ([0-9]{1,9}) ([0-9a-f]{8})$/

/** The first line. */
export function headerLine(world: Hash): string {
  return withChecksum(`aos-dispatch 1 ${world}`)
}

/** A call that is about to be made. */
export function markLine(intent: Hash, attempt: number): string {
  return withChecksum(`call ${intent.slice(HASH_PREFIX.length)} ${attempt}`)
}

/**
 * A log as it stands on disk; undefined when it is damaged. A last line without its end is one whose call was never made,
 * unless it is whole.
 */
export function parseLog(text: string): LogContent | undefined {
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  const world = readHeader(lines[0])
  if (world === undefined) return undefined
  const marks = new Map<Hash, number>()
  for (const line of lines.slice(1)) {
    const mark = readMark(line)
    if (mark === undefined) return undefined
    marks.set(mark.intent, mark.attempt)
  }
  const torn = readMark(rest)
  if (torn !== undefined) marks.set(torn.intent, torn.attempt)
  return { world, marks, length: text.length - rest.length }
}

function readHeader(line: string | undefined): Hash | undefined {
  const world = HEADER.exec(line ?? '')?.[1]
  return line !== undefined && isSound(line) && isHash(world) ? world : undefined
}

function readMark(line: string): { readonly intent: Hash; readonly attempt: number } | undefined {
  const [, hex, attempt] = MARK.exec(line) ?? []
  const intent = `${HASH_PREFIX}${hex ?? ''}`
  return isSound(line) && isHash(intent) ? { intent, attempt: Number(attempt) } : undefined
}

function withChecksum(content: string): string {
  return `${content} ${checksum(content)}\n`
}

function isSound(line: string): boolean {
  const at = line.lastIndexOf(' ')
  return at > 0 && checksum(line.slice(0, at)) === line.slice(at + 1)
}

function checksum(content: string): string {
  return crc32(content).toString(16).padStart(8, '0')
}
