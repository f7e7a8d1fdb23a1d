/** Finding a field inside canonical bytes without decoding the rest (spec/03-values.md, "Paths"). */
import { hasPrefix } from '@aos/cbor'
import type { FieldLocator, FieldRange } from './port.ts'
import { headEnd, scanLength } from './scan.ts'
import type { Shape } from './shape.ts'

/** Moves to the wanted part of the canonical value at `at`; -1 when this value has no such part. */
type Step = (bytes: Uint8Array, at: number) => number

/**
 * The finder for a dotted path, or undefined when no value of the shape has such a part. Steps are field names and, for
 * variants, `$tag` and `$value`; options are passed through. The bytes must have passed the validator.
 */
export function compileLocator(root: Shape, path: string): FieldLocator | undefined {
  const step = stepsTo(root, path.split('.'))
  if (step === undefined) return undefined
  return (bytes: Uint8Array, range: FieldRange): boolean => {
    const start = step(bytes, hasPrefix(bytes) ? 3 : 0)
    if (start < 0) return false
    range.start = start
    range.end = passItem(bytes, start)
    return true
  }
}

function stepsTo(shape: Shape, path: readonly string[]): Step | undefined {
  const [name, ...rest] = path
  if (name === undefined) return (_, at) => at
  switch (shape.kind) {
    case 'option': {
      const inner = stepsTo(shape.inner, path)
      return inner && ((bytes, at) => (bytes[at] === 0xf6 ? -1 : inner(bytes, at)))
    }
    case 'record': {
      const index = shape.fields.findIndex((field) => field.name === name)
      const field = shape.fields[index]
      if (field === undefined) return undefined
      const inner = stepsTo(field.shape, rest)
      const headBytes = mapHeadBytes(shape.fields.length)
      const keyBytes = shape.fields.slice(0, index + 1).map(({ key }) => key.length)
      return inner && ((bytes, at) => inner(bytes, passFields(bytes, at + headBytes, keyBytes)))
    }
    case 'variant':
      if (name === '$tag') return rest.length === 0 ? (_, at) => at + TAG_AT : undefined
      return name === '$value' ? stepsToPayload(shape.arms, rest) : undefined
    default:
      return undefined
  }
}

/** Bytes of the map head and of the key `$tag`. */
const TAG_AT = 6
/** Bytes of the key `$value`. */
const VALUE_KEY_BYTES = 7

function stepsToPayload(
  arms: readonly { readonly key: Uint8Array; readonly shape: Shape }[],
  rest: readonly string[],
): Step | undefined {
  const choices: { readonly key: Uint8Array; readonly inner: Step }[] = []
  for (const { key, shape } of arms) {
    const inner = shape.kind === 'unit' ? undefined : stepsTo(shape, rest)
    if (inner !== undefined) choices.push({ key, inner })
  }
  if (choices.length === 0) return undefined
  return (bytes, at) => {
    for (const { key, inner } of choices) {
      if (holds(bytes, at + TAG_AT, key)) return inner(bytes, at + TAG_AT + key.length + VALUE_KEY_BYTES)
    }
    return -1
  }
}

/** Passes the given keys and, except after the last one, their values. */
function passFields(bytes: Uint8Array, start: number, keyBytes: readonly number[]): number {
  let at = start
  for (let index = 0; index < keyBytes.length; index += 1) {
    at = (index === 0 ? at : passItem(bytes, at)) + (keyBytes[index] ?? 0)
  }
  return at
}

/** The offset after the item at `at`, which a validator accepted: nothing is checked, nothing allocated. */
function passItem(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0
  const major = head >> 5
  if (major < 2) return (head & 0x1f) === 27 ? at + 9 : headEnd(bytes, at)
  if (major === 7) return at + 1
  const length = scanLength(bytes, at, major)
  let next = headEnd(bytes, at)
  if (major < 4) return next + length
  for (let left = major === 4 ? length : length * 2; left > 0; left -= 1) next = passItem(bytes, next)
  return next
}

function holds(bytes: Uint8Array, at: number, key: Uint8Array): boolean {
  for (let index = 0; index < key.length; index += 1) if (bytes[at + index] !== key[index]) return false
  return true
}

function mapHeadBytes(count: number): number {
  return count < 24 ? 1 : count < 256 ? 2 : 3
}
