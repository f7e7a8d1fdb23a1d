/** Texts for times and durations (spec/03-values.md, "Times and durations"). No calendar of the host is asked. */

const SECOND = 1_000_000_000n
const MINUTE = 60n * SECOND
const HOUR = 60n * MINUTE
const DAY = 24n * HOUR

/** Longer texts are refused without being read. */
const TEXT_MAX = 64

const INSTANT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/

/** Nanoseconds since 1970-01-01T00:00:00Z of an RFC 3339 instant (leap seconds refused), or undefined. */
export function parseInstant(text: string): bigint | undefined {
  const match = text.length <= TEXT_MAX ? INSTANT.exec(text) : null
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const offsetHours = Number(match[9] ?? 0)
  const offsetMinutes = Number(match[10] ?? 0)
  const isTime = hour < 24 && minute < 60 && second < 60 && offsetHours < 24 && offsetMinutes < 60
  if (!isTime || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes)
  const seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
  return BigInt(seconds) * SECOND + nanoseconds(match[7] ?? '')
}

const ISO_DURATION =
  /^([+-]?)P(?:([0-9]+)W|(?:([0-9]+)D)?(T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]{1,9}))?S)?)?)$/

/**
 * Nanoseconds of an ISO 8601 duration in weeks, or in days, hours, minutes and seconds; or of a text such as `5s`,
 * `250ms` or `1h30m`. Years and months have no fixed length and are refused. Undefined for anything else.
 */
export function parseDuration(text: string): bigint | undefined {
  if (text.length > TEXT_MAX) return undefined
  const match = ISO_DURATION.exec(text)
  if (match === null) return parseShortDuration(text)
  const [, sign, weeks, days, clock, hours, minutes, seconds, fraction = ''] = match
  const hasClock = hours !== undefined || minutes !== undefined || seconds !== undefined
  if (clock === undefined ? weeks === undefined && days === undefined : !hasClock) return undefined
  const total =
    BigInt(weeks ?? 0) * 7n * DAY +
    BigInt(days ?? 0) * DAY +
    BigInt(hours ?? 0) * HOUR +
    BigInt(minutes ?? 0) * MINUTE +
    BigInt(seconds ?? 0) * SECOND +
    nanoseconds(fraction)
  return sign === '-' ? -total : total
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['ns', 1n],
])

/** Parts with their units, each unit smaller than the one before; a fraction must be whole nanoseconds. */
function parseShortDuration(text: string): bigint | undefined {
  const negative = text.startsWith('-')
  const part = /([0-9]+)(?:\.([0-9]+))?(d|h|ms|m|s|us|ns)/y
  part.lastIndex = negative ? 1 : 0
  let total = 0n
  let previous = 8n * DAY
  let end = part.lastIndex
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [, whole = '', fraction = '', unit = ''] = match
    const size = UNITS.get(unit) ?? 0n
    const scale = 10n ** BigInt(fraction.length)
    const scaled = BigInt(whole + fraction) * size
    if (size >= previous || scaled % scale !== 0n) return undefined
    total += scaled / scale
    previous = size
    end = part.lastIndex
  }
  if (previous === 8n * DAY || end !== text.length) return undefined
  return negative ? -total : total
}

function nanoseconds(fraction: string): bigint {
  return BigInt(fraction.padEnd(9, '0'))
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** Days of the proleptic Gregorian calendar since 1970-01-01; years start in March, so leap days come last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return shifted * 365 + leapDays + dayOfYear - 719_468
}
