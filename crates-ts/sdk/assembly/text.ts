/**
 * Text between UTF-8 and the UTF-16 of AssemblyScript strings, four ASCII characters at a time.
 * Callers guarantee eight readable bytes after every input (`alloc` and `Writer` leave that slack).
 */
import { trapBadText } from './trap'

/** Bytes of the header of a managed object behind its block, the last four of them the size. */
const OBJECT_HEADER: usize = 16

/**
 * Room for a string of so many bytes. Of the header only the size is written: a string's type is known where it is
 * used, and nothing is ever collected within a step.
 */
function newText(size: usize): usize {
  const text = heap.alloc(OBJECT_HEADER + size) + OBJECT_HEADER
  store<u32>(text - 4, <u32>size)
  return text
}

/** Makes the string of `size` UTF-8 bytes at `from`; traps on malformed UTF-8. */
export function decodeText(from: usize, size: usize): string {
  if (size == 0) return ''
  const text = newText(size << 1)
  let at: usize = 0
  while (at < size) {
    const word = load<u32>(from + at)
    if ((word & 0x80808080) != 0) {
      const left = size - at
      if (left >= 4 || (word & (0x80808080 >>> ((4 - <u32>left) << 3))) != 0) return decodeWide(from, size)
    }
    let wide = <u64>word
    wide = (wide | (wide << 16)) & 0x0000ffff0000ffff
    wide = (wide | (wide << 8)) & 0x00ff00ff00ff00ff
    if (size - at >= 4) store<u64>(text + (at << 1), wide)
    else storePart(text + (at << 1), wide, size - at)
    at += 4
  }
  return changetype<string>(text)
}

function storePart(to: usize, wide: u64, units: usize): void {
  for (let at: usize = 0; at < units; at++) {
    store<u16>(to + (at << 1), <u16>wide)
    wide >>= 16
  }
}

function continuation(at: usize, end: usize): u32 {
  if (at >= end) trapBadText()
  const byte = <u32>load<u8>(at)
  if ((byte & 0xc0) != 0x80) trapBadText()
  return byte & 0x3f
}

function decodeWide(from: usize, size: usize): string {
  const text = newText(size << 1)
  const end = from + size
  let at = from
  let to = text
  while (at < end) {
    const first = <u32>load<u8>(at)
    let point = first
    let least: u32 = 0
    if (first < 0x80) {
      at += 1
    } else if ((first & 0xe0) == 0xc0) {
      point = ((first & 0x1f) << 6) | continuation(at + 1, end)
      least = 0x80
      at += 2
    } else if ((first & 0xf0) == 0xe0) {
      point = ((first & 0x0f) << 12) | (continuation(at + 1, end) << 6) | continuation(at + 2, end)
      least = 0x800
      at += 3
    } else {
      if ((first & 0xf8) != 0xf0) trapBadText()
      point = ((first & 0x07) << 18) | (continuation(at + 1, end) << 12)
      point |= (continuation(at + 2, end) << 6) | continuation(at + 3, end)
      least = 0x10000
      at += 4
    }
    if (point < least || point > 0x10ffff || (point & 0xfffff800) == 0xd800) trapBadText()
    if (point < 0x10000) {
      store<u16>(to, <u16>point)
      to += 2
    } else {
      point -= 0x10000
      store<u32>(to, 0xd800 | (point >> 10) | ((0xdc00 | (point & 0x3ff)) << 16))
      to += 4
    }
  }
  store<u32>(text - 4, <u32>(to - text))
  return changetype<string>(text)
}

/** How many UTF-8 bytes the string takes. Counts a lone surrogate as three; `encodeText` traps on it. */
export function textSize(text: string): usize {
  const units = text.length
  const from = changetype<usize>(text)
  let size: usize = 0
  for (let index = 0; index < units; index++) {
    const unit = <u32>load<u16>(from + (<usize>index << 1))
    if (unit < 0x80) size += 1
    else if (unit < 0x800 || (unit & 0xf800) == 0xd800) size += 2
    else size += 3
  }
  return size
}

/**
 * Writes the string as ASCII at `to` when every character is; returns whether it was.
 * Up to three bytes behind the text may be overwritten.
 */
export function encodeAscii(text: string, to: usize): bool {
  const from = changetype<usize>(text)
  const units = <usize>text.length
  let at: usize = 0
  while (units - at >= 4) {
    let wide = load<u64>(from + (at << 1))
    if ((wide & 0xff80ff80ff80ff80) != 0) return false
    wide = (wide | (wide >> 8)) & 0x0000ffff0000ffff
    store<u32>(to + at, <u32>(wide | (wide >> 16)))
    at += 4
  }
  while (at < units) {
    const unit = load<u16>(from + (at << 1))
    if (unit >= 0x80) return false
    store<u8>(to + at, <u8>unit)
    at += 1
  }
  return true
}

/** Writes the string as UTF-8 at `to`, which has `textSize` bytes; traps on a lone surrogate. */
export function encodeText(text: string, to: usize): void {
  const units = text.length
  const from = changetype<usize>(text)
  for (let index = 0; index < units; index++) {
    let point = <u32>load<u16>(from + (<usize>index << 1))
    if (point < 0x80) {
      store<u8>(to, <u8>point)
      to += 1
    } else if (point < 0x800) {
      store<u8>(to, <u8>(0xc0 | (point >> 6)))
      store<u8>(to, <u8>(0x80 | (point & 0x3f)), 1)
      to += 2
    } else if ((point & 0xf800) != 0xd800) {
      store<u8>(to, <u8>(0xe0 | (point >> 12)))
      store<u8>(to, <u8>(0x80 | ((point >> 6) & 0x3f)), 1)
      store<u8>(to, <u8>(0x80 | (point & 0x3f)), 2)
      to += 3
    } else {
      if (point >= 0xdc00 || index + 1 == units) trapBadText()
      index += 1
      const low = <u32>load<u16>(from + (<usize>index << 1))
      if ((low & 0xfc00) != 0xdc00) trapBadText()
      point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff)
      store<u8>(to, <u8>(0xf0 | (point >> 18)))
      store<u8>(to, <u8>(0x80 | ((point >> 12) & 0x3f)), 1)
      store<u8>(to, <u8>(0x80 | ((point >> 6) & 0x3f)), 2)
      store<u8>(to, <u8>(0x80 | (point & 0x3f)), 3)
      to += 4
    }
  }
}
