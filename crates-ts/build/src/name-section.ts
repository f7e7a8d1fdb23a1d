/**
 * Keeps of a module's custom sections the names of functions, which trap reports show. Names of locals, types and
 * globals, and producers' marks, only add bytes.
 */

const HEADER_BYTES = 8
const CUSTOM_SECTION = 0
const FUNCTION_NAMES = 1

interface Leb {
  readonly value: number
  readonly end: number
}

function readLeb(bytes: Uint8Array, at: number): Leb {
  let value = 0
  let scale = 1
  for (let end = at; ; end += 1) {
    const byte = bytes[end] ?? 0
    value += (byte & 0x7f) * scale
    scale *= 128
    if (byte < 0x80) return { value, end: end + 1 }
  }
}

function writeLeb(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}

/** A module that the compiler has just written, so its sections are taken to be well formed. */
export function keepFunctionNames(wasm: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [wasm.subarray(0, HEADER_BYTES)]
  let names: Uint8Array | undefined
  for (let at = HEADER_BYTES; at < wasm.length;) {
    const size = readLeb(wasm, at + 1)
    const end = size.end + size.value
    if (wasm[at] !== CUSTOM_SECTION) parts.push(wasm.subarray(at, end))
    else names ??= functionNames(wasm.subarray(size.end, end))
    at = end
  }
  if (names !== undefined) parts.push(names)
  return concatBytes(parts)
}

/** A section `name` with the function names only; undefined when `section` is another custom section. */
function functionNames(section: Uint8Array): Uint8Array | undefined {
  const nameSize = readLeb(section, 0)
  const content = nameSize.end + nameSize.value
  const title = section.subarray(0, content)
  if (new TextDecoder().decode(title.subarray(nameSize.end)) !== 'name') return undefined
  for (let at = content; at < section.length;) {
    const size = readLeb(section, at + 1)
    const end = size.end + size.value
    if (section[at] === FUNCTION_NAMES) {
      const body = concatBytes([title, section.subarray(at, end)])
      return concatBytes([Uint8Array.of(CUSTOM_SECTION, ...writeLeb(body.length)), body])
    }
    at = end
  }
  return undefined
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
