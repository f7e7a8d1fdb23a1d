import { join, relative, sep } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSegment } from '@aos/workspace'
import { checkNameTwins, decodeFileName, encodeFileName } from './file-names.ts'

function hex(text: string | Uint8Array): string {
  return `~${Buffer.from(text).toString('hex').toUpperCase()}`
}

function codeOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

/** Segments that a tree of somebody else may hold. */
const HOSTILE: readonly (readonly [segment: string, code: string])[] = [
  ['', 'sync.leaves_folder'],
  ['.', 'sync.leaves_folder'],
  ['..', 'sync.leaves_folder'],
  ['~2E', 'sync.leaves_folder'],
  ['~2E2E', 'sync.leaves_folder'],
  ['~2E2E2F', 'sync.leaves_folder'],
  ['~2E2E2F78', 'sync.leaves_folder'],
  ['~2F657463', 'sync.leaves_folder'],
  [hex('..\\x'), 'sync.leaves_folder'],
  [hex('\\\\host\\share'), 'sync.leaves_folder'],
  [hex('a/../../b'), 'sync.leaves_folder'],
  [hex('C:\\x'), 'sync.leaves_folder'],
  ['~', 'sync.bad_encoding'],
  ['~2', 'sync.bad_encoding'],
  ['~2e2e', 'sync.bad_encoding'],
  ['~61', 'sync.bad_encoding'],
  ['~GG', 'sync.bad_encoding'],
  ['~user', 'sync.bad_encoding'],
  ['a b', 'sync.bad_encoding'],
  ['é', 'sync.bad_encoding'],
  [hex(Uint8Array.of(0xc0, 0xae)), 'sync.bad_encoding'],
  [hex(Uint8Array.of(0xff)), 'sync.bad_encoding'],
  [hex(Uint8Array.of(0xed, 0xa0, 0x80)), 'sync.bad_encoding'],
  ['~00', 'sync.bad_character'],
  [hex('a\0b'), 'sync.bad_character'],
  [hex('a\nb'), 'sync.bad_character'],
  [hex('a\u007f'), 'sync.bad_character'],
  [hex('C:x'), 'sync.bad_character'],
  [hex('a:stream'), 'sync.bad_character'],
  [hex('.g\u200cit'), 'sync.bad_character'],
  [hex('a\u202etxt.exe'), 'sync.bad_character'],
  [hex('\ufeffa'), 'sync.bad_character'],
  [hex('a*'), 'sync.bad_character'],
  ['CON', 'sync.reserved_name'],
  ['nul.txt', 'sync.reserved_name'],
  ['Com1', 'sync.reserved_name'],
  [hex('lpt¹.a'), 'sync.reserved_name'],
  ['a.', 'sync.reserved_name'],
  [hex('a '), 'sync.reserved_name'],
  ['.git', 'sync.reserved_name'],
  ['.GiT', 'sync.reserved_name'],
  ['GIT~1', 'sync.reserved_name'],
  ['.aos', 'sync.reserved_name'],
  ['a'.repeat(256), 'sync.long_name'],
  [hex('é'.repeat(128)), 'sync.long_name'],
]

test.each(HOSTILE)('segment %j is refused with %s', (segment, code) => {
  expect(codeOf(() => decodeFileName(segment))).toBe(code)
})

/** Names that the folder of somebody else may hold. */
const HOSTILE_FILES: readonly (readonly [name: string, code: string])[] = [
  ['a\\b', 'sync.leaves_folder'],
  ['a\nb', 'sync.bad_character'],
  ['a\ud800', 'sync.bad_character'],
  ['a\ufffd', 'sync.bad_character'],
  ['aux.h', 'sync.reserved_name'],
  ['.AOS', 'sync.reserved_name'],
  ['é'.repeat(128), 'sync.long_name'],
]

test.each(HOSTILE_FILES)('file %j is refused with %s', (name, code) => {
  expect(codeOf(() => encodeFileName(name))).toBe(code)
})

test.each([
  ['a', 'A'],
  ['Readme.md', 'README.md'],
  ['é', 'e\u0301'],
  ['straße', 'STRASSE'],
  ['ﬁ', 'FI'],
])('%j and %j are twins', (left, right) => {
  expect(codeOf(() => checkNameTwins([left, 'other', right]))).toBe('sync.name_twins')
  expect(codeOf(() => checkNameTwins([left, 'other']))).toBe(undefined)
})

test.each([
  ['a-b_c.txt', 'a-b_c.txt'],
  ['a~b', 'a~b'],
  ['.gitignore', '.gitignore'],
  ['console', 'console'],
  ['a b', '~612062'],
  ['~a', '~7E61'],
  ['é', '~C3A9'],
  ['...a', '...a'],
])('%j is written %j', (name, segment) => {
  expect(encodeFileName(name)).toBe(segment)
  expect(decodeFileName(segment)).toBe(name)
})

test('what is accepted goes both ways and stays in its folder', () => {
  const seed = Date.now()
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 12 }))
  const segments = fc.oneof(text, text.map(hex), fc.constantFrom('..', '~2E2E', '~2F', 'a', '~C3A9'))
  let accepted = 0
  const property = fc.property(segments, (segment) => {
    let name: string
    try {
      name = decodeFileName(segment)
    } catch (error) {
      expect(
        codeOf(() => decodeFileName(segment)),
        String(error),
      ).toMatch(/^sync\./)
      return
    }
    accepted += 1
    expect(isSegment(segment)).toBe(true)
    expect(encodeFileName(name)).toBe(segment)
    const inside = relative('/folder', join('/folder', name))
    expect(inside).toBe(name)
    expect(inside.includes(sep)).toBe(false)
  })
  fc.assert(property, { seed, numRuns: 3000 })
  expect(accepted, `seed ${seed}`).toBeGreaterThan(100)
})
