import { describe, expect, test } from 'vitest'
import { AosError, CborReader, CborWriter, NameItems, encode, toHex } from './index.ts'

function code(body: () => unknown): string {
  try {
    body()
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    return error.code
  }
  throw new Error('accepted')
}

describe('writer', () => {
  test('grows from the smallest buffer', () => {
    const writer = new CborWriter(0)
    writer.array(3)
    writer.bytes(new Uint8Array(1000).fill(1))
    writer.text('ü'.repeat(500))
    writer.uint(2n ** 64n - 1n)
    expect(toHex(writer.take())).toBe(`83 5903e8 ${'01'.repeat(1000)} 7903e8 ${'c3bc'.repeat(500)} 1bffffffffffffffff`.replaceAll(' ', '')) // prettier-ignore
  })

  test('a known digest is written as the port would, and content is compared with other bytes in place', () => {
    const digest = Uint8Array.from({ length: 32 }, (_, index) => index * 5)
    const writer = new CborWriter(0)
    writer.uint(7)
    writer.knownDigest(Uint8Array.of(1, 2, 3, ...digest), 3)
    const known = writer.take()
    writer.reset()
    writer.uint(7)
    writer.digest({ sha256Into: (_, output, offset) => output.set(digest, offset) }, digest)
    expect(writer.take()).toEqual(known)
    for (let changed = -1; changed < known.length; changed += 1) {
      const other = Uint8Array.of(9, 9, ...known)
      if (changed >= 0) other[2 + changed] = 1
      const words = new DataView(other.buffer)
      for (const [start, end] of [
        [0, 35],
        [1, 35],
        [3, 10],
        [4, 4],
      ] as const) {
        // prettier-ignore
        const isChanged = changed >= start && changed < end && known[changed] !== 1
        expect(writer.matches(start, end, words, 2 + start)).toBe(!isChanged)
      }
    }
    const short = new DataView(known.buffer, 0, 34)
    expect(writer.matches(0, 35, short, 0)).toBe(false)
    expect(writer.matches(0, 36, new DataView(new ArrayBuffer(40)), 0)).toBe(false)
  })

  test('every length of text around the short paths is that of the encoder of the platform', () => {
    for (const letter of ['a', 'ü', '水', '𐅑']) {
      for (let count = 0; count < 300; count += 1) {
        const writer = new CborWriter(16)
        const text = 'x' + letter.repeat(count)
        writer.text(text)
        const utf8 = Buffer.from(text, 'utf8')
        expect(Buffer.from(writer.view()).subarray(-utf8.length).equals(utf8)).toBe(true)
        expect(new CborReader(writer.take()).text()).toBe(text)
      }
    }
  })

  test('refuses what no item can hold and keeps its content', () => {
    const writer = new CborWriter()
    writer.uint(1)
    expect(code(() => writer.uint(-1))).toBe('cbor.integer_range')
    expect(code(() => writer.uint(-1n))).toBe('cbor.integer_range')
    expect(code(() => writer.uint(2n ** 64n))).toBe('cbor.integer_range')
    expect(code(() => writer.int(-(2n ** 64n) - 1n))).toBe('cbor.integer_range')
    expect(code(() => writer.uint(2 ** 53))).toBe('cbor.unsafe_integer')
    expect(code(() => writer.int(-(2 ** 53)))).toBe('cbor.unsafe_integer')
    expect(code(() => writer.int(1.5))).toBe('cbor.unsafe_integer')
    expect(code(() => writer.int(NaN))).toBe('cbor.unsafe_integer')
    expect(code(() => writer.float(3))).toBe('cbor.integral_float')
    for (const text of ['\ud800', 'a\udc00', '\ud800\ud800', 'é\udfff', 'x'.repeat(100) + '\ud83d']) {
      expect(code(() => writer.text(text))).toBe('cbor.lone_surrogate')
    }
    expect(toHex(writer.view())).toBe('01')
  })

  test('a byte string around items gets the shortest head whatever its length', () => {
    for (const length of [0, 1, 23, 24, 255, 256, 65535, 65536]) {
      const content = new Uint8Array(length).fill(7)
      const writer = new CborWriter(16)
      writer.array(2)
      const start = writer.openBytes()
      writer.raw(content)
      writer.closeBytes(start)
      writer.null()
      expect(toHex(writer.view())).toBe(toHex(encode([content, null])))
    }
  })

  test('reserved bytes can be patched, others beyond the content cannot', () => {
    const writer = new CborWriter()
    const at = writer.reserve(4)
    writer.bool(true)
    writer.patch(at, Uint8Array.of(0xde, 0xad, 0xbe, 0xef))
    expect(toHex(writer.view())).toBe('deadbeeff5')
    writer.patch(1, Uint8Array.of(1, 2))
    expect(toHex(writer.view())).toBe('de0102eff5')
    expect(() => writer.patch(4, Uint8Array.of(1, 2))).toThrow(RangeError)
    writer.moveTo(1)
    writer.uint(7)
    writer.moveTo(5)
    expect(toHex(writer.view())).toBe('de0702eff5')
    expect(() => writer.moveTo(1_000_000)).toThrow(RangeError)
  })

  test('a name is the text it is, known or not', () => {
    const names = new NameItems()
    for (const text of ['', 'demo/E@1', 'x'.repeat(23), 'x'.repeat(24), 'é'.repeat(100), 'x'.repeat(300), '🙂']) {
      const plain = new CborWriter()
      plain.text(text)
      plain.text(text)
      const known = new CborWriter(16, names)
      known.name(text)
      known.name(text)
      expect(toHex(known.view())).toBe(toHex(plain.view()))
    }
    for (let index = 0; index < 3000; index += 1) {
      const writer = new CborWriter(16, names)
      writer.name(`n${index % 1500}`)
      expect(writer.length).toBe(`n${index % 1500}`.length + 1)
    }
    expect(() => new CborWriter(16, names).name('\ud800')).toThrow(
      expect.objectContaining({ code: 'cbor.lone_surrogate' }),
    )
  })

  test('a byte string that is given as text is the one of its bytes', () => {
    for (const length of [0, 1, 23, 24, 255, 256, 70_000]) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 7) & 0xff)
      const [text, plain] = [new CborWriter(16), new CborWriter(16)]
      text.byteText(Buffer.from(bytes).toString('latin1'))
      plain.bytes(bytes)
      expect(toHex(text.take())).toBe(toHex(plain.take()))
    }
  })

  test('reset, truncate, view and take', () => {
    const writer = new CborWriter()
    writer.prefix()
    writer.int(-1)
    const taken = writer.take()
    expect(writer.length).toBe(4)
    expect(toHex(writer.take(3))).toBe('20')
    writer.truncate(3)
    writer.bool(false)
    expect(toHex(writer.view())).toBe('d9d9f7f4')
    expect(toHex(taken)).toBe('d9d9f720')
    writer.reset()
    expect(writer.view().length).toBe(0)
  })
})

describe('reader', () => {
  test('reads item by item', () => {
    const reader = new CborReader(encode([1, -2, Uint8Array.of(3), 'x', new Map([[4, null]]), true, 1.5, 2n ** 63n]))
    expect(reader.array()).toBe(8)
    expect([reader.uint(), reader.int(), reader.bytes(), reader.text()]).toEqual([1, -2, Uint8Array.of(3), 'x'])
    expect(reader.map()).toBe(1)
    expect(reader.uintKey(-1)).toBe(4)
    expect(reader.isNull()).toBe(true)
    expect(reader.isNull()).toBe(false)
    expect([reader.bool(), reader.float(), reader.uint()]).toEqual([true, 1.5, 2n ** 63n])
    reader.end()
  })

  test('byte strings are views into the source', () => {
    const source = encode(Uint8Array.of(1, 2))
    expect(new CborReader(source).bytes().buffer).toBe(source.buffer)
  })

  test('another type than asked for is named, and nothing moves', () => {
    const reader = new CborReader(encode('x'))
    for (const ask of ['uint', 'int', 'bytes', 'array', 'map', 'bool', 'float', 'tag'] as const) {
      expect(code(() => reader[ask]())).toBe('cbor.unexpected_type')
      expect(reader.offset).toBe(0)
    }
    expect(reader.peekMajor()).toBe(3)
    expect(code(() => reader.end())).toBe('cbor.trailing_bytes')
    reader.skip()
    reader.end()
    expect(code(() => reader.peekMajor())).toBe('cbor.truncated')
  })

  test('integer keys must ascend', () => {
    const reader = new CborReader(Uint8Array.of(1, 1, 0))
    expect(reader.uintKey(-1)).toBe(1)
    expect(code(() => reader.uintKey(1))).toBe('cbor.duplicate_key')
    expect(code(() => new CborReader(Uint8Array.of(0)).uintKey(1))).toBe('cbor.unsorted_keys')
    expect(code(() => new CborReader(Uint8Array.of(9)).smallUint(8))).toBe('cbor.integer_range')
  })
})
