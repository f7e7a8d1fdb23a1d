import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import {
  RECORD_HEAD_BYTES,
  RecordHeadEncoder,
  decodePackHead,
  decodeRecordHead,
  encodePackHead,
} from '../src/packs/pack-layout.ts'

const VECTORS = join(import.meta.dirname, '../../../spec/vectors/journal')

interface PackVector {
  readonly name: string
  readonly nonce: string
  readonly hex: string
  /** The head of a pack. */
  readonly number?: number
  /** A record at this position. */
  readonly position?: number
  readonly fields?: object
}

function load(name: string): readonly PackVector[] {
  return JSON.parse(readFileSync(join(VECTORS, name), 'utf8')) as readonly PackVector[] // checked by the tests that use it
}

const valid = load('pack-valid.json')

describe('spec/vectors/journal', () => {
  it.each(valid.filter(({ number }) => number !== undefined))('pack: $name', ({ hex, nonce, number = 0 }) => {
    expect(toHex(encodePackHead(number, fromHex(nonce)))).toBe(hex)
    expect(decodePackHead(fromHex(hex), number)).toEqual(fromHex(nonce))
    expect(decodePackHead(fromHex(hex), number + 1)).toBeUndefined()
  })

  it.each(valid.filter(({ fields }) => fields !== undefined))(
    'record: $name',
    ({ hex, nonce, position = 0, fields }) => {
      const place = { position, nonce: fromHex(nonce) }
      const head = decodeRecordHead(fromHex(hex), place)
      if (head === undefined) throw new Error('refused')
      expect({ ...head, hash: toHex(head.hash) }).toEqual(fields)
      const again = new Uint8Array(RECORD_HEAD_BYTES)
      new RecordHeadEncoder().encode(again, 0, head, place)
      expect(toHex(again)).toBe(hex.slice(0, 2 * RECORD_HEAD_BYTES))
    },
  )

  it.each(load('pack-invalid.json'))('no record: $name', ({ hex, nonce, position = 0 }) => {
    expect(decodeRecordHead(fromHex(hex), { position, nonce: fromHex(nonce) })).toBeUndefined()
  })
})
