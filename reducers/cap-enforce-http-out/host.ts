/** Hosts of strict URLs (spec/13-adapters.md, "Strict URLs"): names, IPv4 and IPv6 addresses, each in one form only. */

const NAME_MAX = 253
const LABEL_MAX = 63
const GROUPS = 8

/** Where the host ends: at a colon or at `to`; -1 when it is none. */
export function endOfHost(text: string, from: i32, to: i32): i32 {
  if (from < to && text.charCodeAt(from) == OPEN_BRACKET) {
    const close = text.indexOf(']', from)
    if (close < 0 || !isIpv6(text, from + 1, close)) return -1
    return close + 1 == to || text.charCodeAt(close + 1) == COLON ? close + 1 : -1
  }
  return endOfName(text, from, to)
}

function endOfName(text: string, from: i32, to: i32): i32 {
  let at = from
  let labelStart = from
  for (; at < to; at++) {
    const unit = text.charCodeAt(at)
    if (unit == COLON) break
    if (unit != DOT) continue
    if (!isLabel(text, labelStart, at)) return -1
    labelStart = at + 1
  }
  if (!isLabel(text, labelStart, at) || at - from > NAME_MAX) return -1
  // A last label that begins with a digit is a number to some parsers.
  return !isDigit(text.charCodeAt(labelStart)) || isIpv4(text, from, at) ? at : -1
}

function isLabel(text: string, from: i32, to: i32): bool {
  const size = to - from
  if (size < 1 || size > LABEL_MAX) return false
  if (text.charCodeAt(from) == HYPHEN || text.charCodeAt(to - 1) == HYPHEN) return false
  if (size > 3 && text.charCodeAt(from + 2) == HYPHEN && text.charCodeAt(from + 3) == HYPHEN) return false
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at)
    if ((unit < 0x61 || unit > 0x7a) && !isDigit(unit) && unit != HYPHEN) return false
  }
  return true
}

/** Four numbers of 0 to 255 without leading zeros. */
function isIpv4(text: string, from: i32, to: i32): bool {
  let octets = 0
  let at = from
  while (true) {
    const start = at
    let octet = 0
    while (at < to && isDigit(text.charCodeAt(at)) && at - start < 3) {
      octet = octet * 10 + (text.charCodeAt(at) - DIGIT_0)
      at += 1
    }
    const size = at - start
    if (size == 0 || octet > 255 || (size > 1 && text.charCodeAt(start) == DIGIT_0)) return false
    octets += 1
    if (at == to) return octets == 4
    if (octets == 4 || text.charCodeAt(at) != DOT) return false
    at += 1
  }
}

/** The text of RFC 5952 without a dotted end. */
function isIpv6(text: string, from: i32, to: i32): bool {
  // Bit n: group n is zero. The groups are in canonical form, so that this is all that must be known of them.
  let zeros: u32 = 0
  let groups = 0
  let gap = -1
  let at = from
  if (to - from >= 2 && text.charCodeAt(from) == COLON && text.charCodeAt(from + 1) == COLON) {
    gap = 0
    at += 2
  } else if (from == to) {
    return false
  }
  while (at < to) {
    const size = groupSize(text, at, to)
    if (size == 0 || groups == GROUPS) return false
    if (text.charCodeAt(at) == DIGIT_0) {
      if (size > 1) return false
      zeros |= 1 << groups
    }
    groups += 1
    at += size
    if (at == to) break
    if (text.charCodeAt(at) != COLON || at + 1 == to) return false
    at += 1
    if (text.charCodeAt(at) != COLON) continue
    if (gap >= 0) return false
    gap = groups
    at += 1
  }
  if (gap < 0) return groups == GROUPS && longestRun(zeros) == 0
  const missing = GROUPS - groups
  if (missing == 0) return false
  const run = ((1 << missing) - 1) << gap
  const before = zeros & ((1 << gap) - 1)
  return longestRun(before | run | ((zeros >> gap) << (gap + missing))) == run
}

/** The number of lower-case hexadecimal digits at `at`; 0 when there are more than four. */
function groupSize(text: string, at: i32, to: i32): i32 {
  let size = 0
  while (at + size < to) {
    const unit = text.charCodeAt(at + size)
    if (!isDigit(unit) && (unit < 0x61 || unit > 0x66)) break
    size += 1
    if (size > 4) return 0
  }
  return size
}

/** The bits of the first of the longest runs of two or more; 0 when there is none. */
function longestRun(zeros: u32): u32 {
  for (let size = GROUPS; size > 1; size--) {
    const run: u32 = (1 << size) - 1
    for (let start = 0; start + size <= GROUPS; start++) {
      if (((zeros >> start) & run) == run) return run << start
    }
  }
  return 0
}

function isDigit(unit: i32): bool {
  return unit >= DIGIT_0 && unit <= 0x39
}

const HYPHEN = 0x2d
const DOT = 0x2e
const DIGIT_0 = 0x30
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
