/** Where a trap happened, for people. The engine's words are never journaled. */
import { isAosError } from '@aos/cbor'
import { BinaryReader } from './binary-reader.ts'

const FUNCTION_NAMES = 1

/** For example `unreachable in assembly/index/step, from main`. */
export function describeTrap(trap: Error, nameSection: Uint8Array | undefined): string {
  const frames = [...(trap.stack ?? '').matchAll(/wasm-function\[(\d+)\]/g)]
    .slice(0, 4)
    .map((match) => Number(match[1]))
  const names = nameSection === undefined ? new Map<number, string>() : readFunctionNames(nameSection)
  const [first, ...callers] = frames.map((index) => names.get(index) ?? `function ${index}`)
  if (first === undefined) return trap.message
  return `${trap.message} in ${first}${callers.length === 0 ? '' : `, from ${callers.join(', ')}`}`
}

/** Function names by index; what is malformed ends the reading and is no error. */
export function readFunctionNames(section: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  const reader = new BinaryReader(section)
  try {
    while (!reader.done) {
      const id = reader.byte()
      const size = reader.u32()
      if (id !== FUNCTION_NAMES) {
        reader.skip(size)
        continue
      }
      const count = reader.u32()
      for (let at = 0; at < count; at += 1) names.set(reader.u32(), reader.name().slice(0, 200))
      break
    }
  } catch (error) {
    if (!isAosError(error)) throw error
  }
  return names
}
