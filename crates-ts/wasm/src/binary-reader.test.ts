import { fromHex } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { BinaryReader } from './binary-reader.ts'
import { ByteWriter } from './byte-writer.ts'

const malformed = expect.objectContaining({ code: 'wasm.malformed' })
const reader = (hex: string): BinaryReader => new BinaryReader(fromHex(hex))

describe('LEB128', () => {
  it('reads what is within 32 bits and 5 bytes', () => {
    expect(reader('ffffffff0f').u32()).toBe(0xffff_ffff)
    expect(reader('8080808000').u32()).toBe(0)
    expect(reader('ffffffff07').s32()).toBe(0x7fff_ffff)
    expect(reader('8080808078').s32()).toBe(-0x8000_0000)
    expect(reader('7f').s32()).toBe(-1)
    expect(reader('ffffffff0f').blockTypeIndex()).toBe(0xffff_ffff)
  })

  it.each(['ffffffff1f', '808080808000', '8080', ''])('refuses %s as u32', (hex) => {
    expect(() => reader(hex).u32()).toThrow(malformed)
  })

  it.each(['ffffffff0f', '8080808048', '80808080808000', '80'])('refuses %s as s32', (hex) => {
    expect(() => reader(hex).s32()).toThrow(malformed)
  })

  it('passes over 64 bits in at most 10 bytes', () => {
    for (const hex of ['00', '7f', '8080808080808080807f', 'ffffffffffffffffff00']) {
      const cursor = reader(hex)
      cursor.skipS64()
      expect(cursor.done).toBe(true)
    }
    for (const hex of ['80808080808080808001', '8080808080808080808000', '8080']) {
      expect(() => reader(hex).skipS64()).toThrow(malformed)
    }
  })

  it('refuses negative type indexes and names that are not UTF-8', () => {
    expect(() => reader('7e').blockTypeIndex()).toThrow(malformed)
    expect(() => reader('02c328').name()).toThrow(malformed)
    expect(() => reader('05616263').name()).toThrow(malformed)
  })

  it('is written in the shortest form that is read back', () => {
    for (const value of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 2 ** 31 - 1, -(2 ** 31)]) {
      const bytes = new ByteWriter().signed(value).take()
      expect(new BinaryReader(bytes).s32()).toBe(value)
      expect([...new ByteWriter().signed64(BigInt(value)).take()]).toEqual([...bytes])
    }
    for (const value of [0, 127, 128, 0xffff_ffff]) {
      expect(new BinaryReader(new ByteWriter().u32(value).take()).u32()).toBe(value)
    }
  })
})
