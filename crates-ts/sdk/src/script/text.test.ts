import { expect, it } from 'vitest'
import { bytesOfText, textOfBytes } from './text.ts'

it.each(['', 'plain', 'ñ', '€ and 😀', '\u0000\n', 'x'.repeat(9000) + 'ü'])('%j goes to UTF-8 and back', (text) => {
  const bytes = bytesOfText(text)
  expect(Buffer.from(bytes).toString('utf8')).toBe(text)
  expect(textOfBytes(bytes)).toBe(text)
})

it('refuses halves of pairs, and bytes that are no UTF-8', () => {
  expect(() => bytesOfText('\ud800')).toThrow(TypeError)
  expect(() => textOfBytes(Uint8Array.of(0xc3))).toThrow(TypeError)
  expect(() => textOfBytes(Uint8Array.of(0xed, 0xa0, 0x80))).toThrow(TypeError)
})
