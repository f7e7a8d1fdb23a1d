/** Names of files as segments of workspaces, and back (spec/22-sync.md, "Names"). */
import { AosError, isAosError } from '@aos/cbor'
import { isSegment } from '@aos/workspace'
import type { SYNC_ERRORS } from './errors.ts'

/** Bytes of a name in UTF-8: what the usual file systems hold. */
const NAME_BYTES_MAX = 255

const SHOWN_MAX = 80

/** Controls, surrogates, what has no width or turns the direction of text, noncharacters, the replacement character; and what Windows refuses. */
const BAD_CHARACTER =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\uFFFD<>:"|?*]/u

/** Devices of Windows, with any ending. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.|$)/

/** What begins like a device. */
const MAYBE_DEVICE = /^(?:con|prn|aux|nul|com|lpt)/i

/** Folders whose content a tool obeys, and the short names that Windows gives them. */
const OBEYED = /^(?:\.git|\.aos|git~[0-9]+|aos~[0-9]+)$/

/**
 * The segment that the name of a file is written as. Throws `sync.leaves_folder`, `sync.bad_character`, `sync.reserved_name`, `sync.long_name`.
 */
export function encodeFileName(name: string): string {
  checkFileName(name)
  return isPlain(name) ? name : `~${Buffer.from(name, 'utf8').toString('hex').toUpperCase()}`
}

/**
 * The name of a file that a segment stands for. Exactly one segment gives each name. Throws `sync.bad_encoding` and what `encodeFileName` throws.
 */
export function decodeFileName(segment: string): string {
  const name = segment.startsWith('~') ? decodeHex(segment) : segment
  checkFileName(name)
  if (encodeFileName(name) === segment) return name
  throw refusal('sync.bad_encoding', segment, 'is not how this name is written')
}

/**
 * Throws `sync.name_twins` when two names of one folder differ only in case or in how their letters are composed, so that a file system may take one for
 * the other.
 */
export function checkNameTwins(names: Iterable<string>): void {
  const known = new Map<string, string>()
  for (const name of names) {
    const folded = fold(name)
    const twin = known.get(folded)
    if (twin !== undefined) throw refusal('sync.name_twins', name, `is one with ${escaped(twin)} on some systems`)
    known.set(folded, name)
  }
}

function isPlain(name: string): boolean {
  return isSegment(name) && !name.startsWith('~')
}

function decodeHex(segment: string): string {
  const hex = segment.slice(1)
  if (!/^(?:[0-9A-F]{2})+$/.test(hex)) {
    throw refusal('sync.bad_encoding', segment, 'has no bytes in upper-case hexadecimal digits behind ~')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(hex, 'hex'))
  } catch (cause) {
    throw refusal('sync.bad_encoding', segment, 'is not UTF-8', cause)
  }
}

/** Most names: whatever the rules look for, it is not in them. */
const HARMLESS = /^[A-Za-z0-9_-]{5,60}(?:\.[A-Za-z0-9_-]{1,20})?$/

function checkFileName(name: string): void {
  if (HARMLESS.test(name) && !MAYBE_DEVICE.test(name)) return
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) {
    throw refusal('sync.leaves_folder', name, 'names nothing inside of its folder')
  }
  if (BAD_CHARACTER.test(name)) throw refusal('sync.bad_character', name, 'holds a character that no name may have')
  if (Buffer.byteLength(name, 'utf8') > NAME_BYTES_MAX) {
    throw refusal('sync.long_name', name, `is longer than ${NAME_BYTES_MAX} bytes`)
  }
  const folded = fold(name)
  if (/[. ]$/.test(name) || DEVICE.test(folded) || OBEYED.test(folded)) {
    throw refusal('sync.reserved_name', name, 'has another meaning on some system, or a tool obeys what stands there')
  }
}

/** Letters that are one character, however they are composed. */
const ASCII = /^[\x20-\x7E]*$/

/** Equal for names that some file system takes for one. */
function fold(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase()
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

function refusal(code: keyof typeof SYNC_ERRORS, name: string, why: string, cause?: unknown): AosError {
  return new AosError(code, `${escaped(name)} ${why}`, { cause, details: { name } })
}

/** Says where a name stands that is refused: a folder, or a path in a workspace. */
export function atPlace<T>(place: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!isAosError(error) || !error.code.startsWith('sync.')) throw error
    const { code, message, cause, hint, details } = error
    throw new AosError(code, `${message}: in ${place}`, { cause, hint, details: { ...details, place } })
  }
}

/** What cannot be seen, or looks like another name, is told apart. */
function escaped(name: string): string {
  const short = name.length > SHOWN_MAX ? `${name.slice(0, SHOWN_MAX)}…` : name
  return JSON.stringify(short).replaceAll(
    /[^\x20-\x7E\u2026]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
