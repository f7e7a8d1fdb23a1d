import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, isAosError, toHex } from '@aos/cbor'
import { SCRUBBED, callAdapter, makeScrubber } from '../src/index.ts'
import type { Adapter } from '../src/index.ts'
import { MemoryBlobs, SEED, fields, makeCall } from './_world.ts'

const SECRET = 'sk-"a/b+c\\d é😀 z9'

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function escapeAll(text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  )
}

function percentAll(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}

function references(text: string, write: (code: number) => string): string {
  return [...text].map((character) => `&${write(character.codePointAt(0) ?? 0)};`).join('')
}

interface ScrubVector {
  readonly name: string
  readonly secret: string
  readonly input: string
  readonly output: string
}

describe('vectors', () => {
  const text = readFileSync(new URL('../../../spec/vectors/adapters/scrubbing.json', import.meta.url), 'utf8')
  const vectors = JSON.parse(text) as readonly ScrubVector[] // spec/13-adapters.md, "Vectors"

  test.each(vectors)('$name', ({ secret, input, output }) => {
    const { bytes, stream } = makeScrubber([fromHex(secret)])
    expect(Buffer.from(bytes(fromHex(input))).toString()).toBe(Buffer.from(fromHex(output)).toString())
    const one = stream()
    const pieces = [...fromHex(input)].map((byte) => one.push(Uint8Array.of(byte)))
    expect(toHex(Buffer.concat([...pieces, one.end()]))).toBe(output)
  })
})

describe('forms', () => {
  const bytes = Buffer.from(SECRET)
  const cases: readonly (readonly [string, string])[] = [
    ['raw', SECRET],
    ['JSON', inJson(SECRET)],
    ['JSON in JSON', inJson(inJson(SECRET))],
    ['JSON with slashes escaped', inJson(SECRET).replaceAll('/', '\\/')],
    ['JSON, all escaped', escapeAll(SECRET)],
    ['JSON, all escaped, upper-case', escapeAll(SECRET).replaceAll(/[a-f]/g, (digit) => digit.toUpperCase())],
    ['URI component', encodeURIComponent(SECRET)],
    ['form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['percent, all, lower-case', percentAll(bytes)],
    ['percent, all, upper-case', percentAll(bytes).toUpperCase()],
    ['percent, twice', percentAll(bytes).replaceAll('%', '%25')],
    ['percent, three times', percentAll(bytes).replaceAll('%', '%2525')],
    ['hexadecimal escapes', percentAll(bytes).replaceAll('%', '\\x')],
    ['HTML, decimal', references(SECRET, (code) => `#${code}`)],
    ['HTML, hexadecimal with zeros', references(SECRET, (code) => `#x00${code.toString(16)}`)],
    ['HTML, what must be escaped', SECRET.replaceAll('"', '&quot;').replaceAll('/', '&sol;')],
    ['HTML in HTML', SECRET.replaceAll('"', '&amp;quot;')],
    ['HTML in JSON', inJson(SECRET.replaceAll('"', '&quot;')).replaceAll('&', '\\u0026')],
    ['hexadecimal', bytes.toString('hex')],
    ['hexadecimal, upper-case', bytes.toString('hex').toUpperCase()],
  ]
  test.each(cases)('%s', (_name, text) => {
    expect(makeScrubber([SECRET]).text(`before ${text} after`)).toBe(`before ${SCRUBBED} after`)
  })

  test.each(['base64', 'base64url'] as const)('%s at every alignment', (alphabet) => {
    for (let before = 0; before < 6; before += 1) {
      for (let after = 0; after < 4; after += 1) {
        const text = Buffer.concat([Buffer.alloc(before, 'x'), bytes, Buffer.alloc(after, 'y')]).toString(alphabet)
        const clean = makeScrubber([SECRET]).text(`{"a":"${text}"}`)
        expect(clean).toContain(SCRUBBED)
        // At most one character at each end depends on the secret and on what stands beside it.
        const left = clean.length - SCRUBBED.length - '{"a":""}'.length
        const own = Math.ceil((before * 8) / 6) + Math.ceil((after * 8) / 6) + 3
        expect(left).toBeLessThanOrEqual(own)
      }
    }
  })

  test.each(['\r\n', '\n', '\\r\\n', '\\n'])('base64 in lines that end with %j', (end) => {
    const long = `${SECRET}${'.'.repeat(80)}`
    const lines =
      Buffer.from(long)
        .toString('base64')
        .match(/.{1,76}/g) ?? []
    expect(lines.length).toBeGreaterThan(1)
    expect(makeScrubber([long]).text(`<${lines.join(end)}>`)).toMatch(/^<\[secret\].{0,3}>$/)
  })

  test('base64 in a URL', () => {
    const secret = Buffer.from('++ab//cd++ef//==', 'base64')
    const text = encodeURIComponent(secret.toString('base64'))
    expect(text).toContain('%2B')
    expect(makeScrubber([secret]).text(`?a=${text}&b`)).toBe(`?a=${SCRUBBED}w%3D%3D&b`)
  })

  test('UTF-16 in both byte orders', () => {
    const wide = Buffer.from(SECRET, 'utf16le')
    const scrub = (input: Uint8Array): string => Buffer.from(makeScrubber([SECRET]).bytes(input)).toString()
    expect(scrub(Buffer.concat([Buffer.from('<'), wide, Buffer.from('>')]))).toBe(`<${SCRUBBED}>`)
    expect(scrub(Buffer.from(wide).swap16())).toBe(SCRUBBED)
  })

  test('many secrets at once', () => {
    const secrets = Array.from({ length: 200 }, (_, index) => `secret number ${index}!`)
    const scrubber = makeScrubber(secrets)
    for (const secret of secrets) expect(scrubber.text(`<${secret}>`)).toBe(`<${SCRUBBED}>`)
    expect(scrubber.text('secret number 1')).toBe('secret number 1')
  })

  test('bytes that are no text', () => {
    const secret = Uint8Array.of(0xff, 0xfe, 0, 1, 2, 3, 4, 5)
    const scrubber = makeScrubber([secret])
    expect(Buffer.from(scrubber.bytes(Buffer.concat([Buffer.from('a'), secret]))).toString()).toBe(`a${SCRUBBED}`)
    expect(scrubber.text('%ff%FE%00%01%02%03%04%05')).toBe(SCRUBBED)
    expect(scrubber.text(Buffer.from(secret).toString('base64'))).toContain(SCRUBBED)
  })

  test('of two secrets the longer one goes as a whole', () => {
    expect(makeScrubber(['abcdefgh', 'abcdefghijkl']).text('-abcdefghijkl-abcdefgh-')).toBe(`-${SCRUBBED}-${SCRUBBED}-`)
  })

  test('what holds no secret stays the same object', () => {
    const scrubber = makeScrubber([SECRET])
    const input = Buffer.from('nothing here')
    expect(scrubber.bytes(input)).toBe(input)
    expect(makeScrubber([]).bytes(input)).toBe(input)
    expect(scrubber.text('sk-"a/b+c')).toBe('sk-"a/b+c')
  })

  test('values at any depth', () => {
    const value = { list: [`a ${SECRET}`], map: new Map([[SECRET, 7n]]), bytes: Buffer.from(SECRET), nothing: null }
    const clean = fields(makeScrubber([SECRET]).value(value))
    expect(clean['list']).toEqual([`a ${SCRUBBED}`])
    expect(clean['map']).toEqual(new Map([[SCRUBBED, 7n]]))
    expect(clean['bytes']).toEqual(new Uint8Array(Buffer.from(SCRUBBED)))
    expect(clean['nothing']).toBeNull()
  })

  test('a secret of backslashes does not cost more than its length', () => {
    const scrubber = makeScrubber([`${'\\'.repeat(16)}"end`])
    const started = performance.now()
    expect(scrubber.text('\\'.repeat(50_000))).toBe('\\'.repeat(50_000))
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('a short secret is refused', () => {
    const codeOf = (secret: string): string | undefined => {
      try {
        makeScrubber([secret])
      } catch (error) {
        return isAosError(error) ? error.code : 'another'
      }
      return undefined
    }
    expect([codeOf('1234567'), codeOf('12345678'), codeOf('ééé')]).toEqual([
      'secret.too_short',
      undefined,
      'secret.too_short',
    ])
  })
})

describe(`properties (seed ${SEED})`, () => {
  const secret = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 8, maxLength: 20 }),
    fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\', '/', ' ', '+', '%'), minLength: 8, maxLength: 16 }),
    fc.uint8Array({ minLength: 8, maxLength: 16 }),
  )
  const form = fc.constantFrom<((bytes: Buffer) => string)[]>(
    (bytes) => bytes.toString('latin1'),
    (bytes) => bytes.toString('base64'),
    (bytes) => bytes.toString('base64url'),
    (bytes) => bytes.toString('hex'),
    (bytes) => percentAll(bytes),
    (bytes) => percentAll(bytes).replaceAll('%', '%25'),
    (bytes) => {
      const text = bytes.toString('utf8')
      const isText = Buffer.from(text).equals(bytes)
      return isText ? Buffer.from(inJson(inJson(text))).toString('latin1') : bytes.toString('latin1')
    },
  )

  test('a stream in pieces gives what the whole gives, and the secret is gone', () => {
    const filler = fc.string({ maxLength: 12 })
    const parts = fc.array(fc.tuple(filler, form), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(secret, parts, fc.array(fc.nat(), { maxLength: 12 }), (value, pieces, cuts) => {
        const own = Buffer.from(typeof value === 'string' ? Buffer.from(value, 'utf8') : value)
        const scrubber = makeScrubber([own])
        const text = pieces.map(([before, write]) => before + write(own)).join('')
        const input = Buffer.from(text, 'latin1')
        const whole = Buffer.from(scrubber.bytes(input)).toString('latin1')
        const at = [0, ...cuts.map((cut) => cut % (input.length + 1)).toSorted((a, b) => a - b), input.length]
        const stream = scrubber.stream()
        const out = at.slice(1).map((end, index) => stream.push(input.subarray(at[index] ?? 0, end)))
        expect(Buffer.concat([...out, stream.end()]).toString('latin1')).toBe(whole)
        expect(whole).not.toContain(own.toString('latin1'))
        expect(whole).toContain(SCRUBBED)
      }),
      { seed: SEED, numRuns: 120 },
    )
  })
})

describe('a guarded call', () => {
  const adapter = (perform: Adapter['perform']): Adapter => ({
    id: 'a',
    kinds: ['a.b'],
    perform,
    lookup: (_key, call) => perform(call),
    close: () => Promise.resolve(),
  })

  test('scrubs what is stored, and what is said', async () => {
    const blobs = new MemoryBlobs()
    const leaky = adapter(async (call) => {
      const ref = await call.blobs.put(Buffer.from(`key=${SECRET}`))
      return { status: 'ok', payload: { ref, text: encodeURIComponent(SECRET) }, cost: new Map() }
    })
    const result = await callAdapter(leaky, makeCall({ kind: 'a.b', params: {}, blobs }), {
      scrubber: makeScrubber([SECRET]),
    })
    const { ref, text } = fields(result?.payload)
    expect([blobs.text(ref), text, blobs.stored.size]).toEqual([`key=${SCRUBBED}`, SCRUBBED, 1])
  })

  test('turns what is thrown into a fault without the secret', async () => {
    const broken = adapter(() => Promise.reject(new Error(`bad key ${SECRET}`)))
    const call = makeCall({ kind: 'a.b', params: {} })
    const result = await callAdapter(broken, call, { scrubber: makeScrubber([SECRET]) })
    expect(result?.status).toBe('error')
    expect({ ...fields(result?.payload) }).toEqual({ code: 'adapter_fault', message: `Error: bad key ${SCRUBBED}` })
    expect(await callAdapter(broken, call, { scrubber: makeScrubber([]), question: 'lookup' })).toBeUndefined()
  })
})
