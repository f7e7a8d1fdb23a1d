/** Strict URLs (spec/13-adapters.md, "Strict URLs"): what every parser reads alike, and nothing else. */
import { endOfHost } from './host'

const CHARACTERS_MAX = 8192

export class StrictUrl {
  constructor(
    readonly scheme: string,
    /** With the brackets of an IPv6 address. */
    readonly host: string,
    /** The one of the scheme when none is written. */
    readonly port: u64,
    readonly path: string,
  ) {}
}

/** Null for every text that is not exactly canonical. */
export function parseUrl(text: string): StrictUrl | null {
  if (text.length > CHARACTERS_MAX) return null
  const isSecure = text.startsWith('https://')
  if (!isSecure && !text.startsWith('http://')) return null
  const hostStart = isSecure ? 8 : 7
  const pathStart = text.indexOf('/', hostStart)
  if (pathStart < 0) return null
  const hostEnd = endOfHost(text, hostStart, pathStart)
  if (hostEnd < 0) return null
  const defaultPort = isSecure ? 443 : 80
  const port = hostEnd == pathStart ? defaultPort : readPort(text, hostEnd + 1, pathStart)
  if (port < 0 || (hostEnd != pathStart && port == defaultPort)) return null
  const pathEnd = endOfPath(text, pathStart)
  if (pathEnd < 0) return null
  if (pathEnd < text.length && !isQuery(text, pathEnd + 1)) return null
  const scheme = isSecure ? 'https' : 'http'
  return new StrictUrl(scheme, text.substring(hostStart, hostEnd), <u64>port, text.substring(pathStart, pathEnd))
}

/** 1 to 65535 without leading zeros, or -1. */
function readPort(text: string, from: i32, to: i32): i32 {
  const size = to - from
  if (size < 1 || size > 5 || text.charCodeAt(from) == DIGIT_0) return -1
  let port = 0
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at)
    if (!isDigit(unit)) return -1
    port = port * 10 + (unit - DIGIT_0)
  }
  return port > 65535 ? -1 : port
}

/** Where the path ends: at a question mark or with the text; -1 when it is not strict. */
function endOfPath(text: string, from: i32): i32 {
  const size = text.length
  // Dots since the segment began; OTHER once something else stood there or its first semicolon.
  let dots = 0
  let at = from + 1
  if (at < size && text.charCodeAt(at) == SLASH) return -1
  while (at < size) {
    let unit = text.charCodeAt(at)
    if (unit == QUESTION_MARK) break
    let isSeparator = unit == SLASH
    at += 1
    if (unit == PERCENT) {
      unit = readEncoded(text, at)
      if (unit < 0x20 || unit == 0x7f) return -1
      isSeparator = unit == SLASH || unit == BACKSLASH
      at += 2
    } else if (!isPathUnit(unit)) {
      return -1
    }
    if (isSeparator || unit == SEMICOLON) {
      if (dots == 1 || dots == 2) return -1
      dots = isSeparator ? 0 : OTHER
    } else if (unit != DOT) {
      dots = OTHER
    } else if (dots != OTHER) {
      dots += 1
    }
  }
  return dots == 1 || dots == 2 ? -1 : at
}

function isQuery(text: string, from: i32): bool {
  const size = text.length
  if (from == size) return false
  for (let at = from; at < size; at++) {
    const unit = text.charCodeAt(at)
    if (unit == PERCENT) {
      if (readEncoded(text, at + 1) < 0) return false
      at += 2
    } else if (unit == APOSTROPHE || (unit != QUESTION_MARK && !isPathUnit(unit))) {
      return false
    }
  }
  return true
}

/** What the two digits behind a percent sign stand for; -1 for no digits and for what needs no encoding. */
function readEncoded(text: string, at: i32): i32 {
  if (text.length - at < 2) return -1
  const high = hexDigit(text.charCodeAt(at))
  const low = hexDigit(text.charCodeAt(at + 1))
  if (high < 0 || low < 0) return -1
  const unit = (high << 4) | low
  return isUnreserved(unit) ? -1 : unit
}

/** Upper case only. */
function hexDigit(unit: i32): i32 {
  if (isDigit(unit)) return unit - DIGIT_0
  return unit >= 0x41 && unit <= 0x46 ? unit - 0x37 : -1
}

function isUnreserved(unit: i32): bool {
  return isLetter(unit) || isDigit(unit) || unit == 0x2d || unit == DOT || unit == 0x5f || unit == 0x7e
}

function isPathUnit(unit: i32): bool {
  // From & to ; every character is one: & ' ( ) * + , - . / digits : ;
  if (isLetter(unit) || (unit >= 0x26 && unit <= SEMICOLON)) return true
  return unit == 0x21 || unit == 0x24 || unit == 0x3d || unit == 0x40 || unit == 0x5f || unit == 0x7e
}

function isLetter(unit: i32): bool {
  const lower = unit | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

function isDigit(unit: i32): bool {
  return unit >= DIGIT_0 && unit <= 0x39
}

const OTHER = -1
const PERCENT = 0x25
const APOSTROPHE = 0x27
const DOT = 0x2e
const SLASH = 0x2f
const DIGIT_0 = 0x30
const SEMICOLON = 0x3b
const QUESTION_MARK = 0x3f
const BACKSLASH = 0x5c
