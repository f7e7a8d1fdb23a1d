import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import {
  decodeArchiveHead,
  decodeArchiveTable,
  decodeArchiveTail,
  encodeArchiveHead,
  encodeArchiveTable,
  encodeArchiveTail,
} from '../src/archive-layout.ts'

interface ArchiveVector {
  readonly name: string
  readonly kind: 'head' | 'table' | 'tail'
  /** Without the zeros at its end. */
  readonly hex: string
  /** Rows of a table. */
  readonly count?: number
  readonly fields?: unknown
  readonly reason?: string
}

const PATH = join(import.meta.dirname, '../../../spec/vectors/journal/archive.json')
const vectors = JSON.parse(readFileSync(PATH, 'utf8')) as readonly ArchiveVector[] // checked by the tests that use it

function pageOf(hex: string): Uint8Array {
  const page = new Uint8Array(4096)
  page.set(fromHex(hex))
  return page
}

function shown(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, field: unknown) => (field instanceof Uint8Array ? toHex(field) : field)),
  )
}

/** What it says and how that is written again; or why it is refused. */
function read({
  kind,
  hex,
  count = 0,
}: ArchiveVector): { readonly fields: unknown; readonly again: Uint8Array } | string {
  const page = pageOf(hex)
  if (kind === 'table') {
    const rows = decodeArchiveTable(page, count)
    return rows === undefined ? 'damaged' : { fields: rows, again: encodeArchiveTable(rows) }
  }
  if (kind === 'head') {
    const head = decodeArchiveHead(page)
    return 'ok' in head ? { fields: head.ok, again: encodeArchiveHead(head.ok) } : head.bad
  }
  const tail = decodeArchiveTail(page)
  return 'ok' in tail ? { fields: tail.ok, again: encodeArchiveTail(tail.ok) } : tail.bad
}

describe('spec/vectors/journal/archive.json', () => {
  it.each(vectors)('$kind: $name', (vector) => {
    const found = read(vector)
    if (typeof found === 'string') expect(found).toBe(vector.reason)
    else {
      expect(shown(found.fields)).toEqual(vector.fields)
      expect(toHex(found.again)).toBe(toHex(pageOf(vector.hex)))
    }
  })
})
