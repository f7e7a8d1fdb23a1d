/** Internet addresses: their canonical texts, and which of them lie on the public internet (spec/13-adapters.md, "Addresses"). */

/** What an address is for. Everything but `public` is refused unless a grant names it. */
export type AddressClass =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link_local'
  | 'unique_local'
  | 'multicast'
  | 'unspecified'
  | 'mapped'
  | 'reserved'

/** The four bytes of a dotted decimal text without leading zeros; undefined for every other text. */
export function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = parts.map((part) => (/^(0|[1-9][0-9]{0,2})$/.test(part) ? Number(part) : 256))
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

/** The eight groups of an IPv6 text without brackets, lower-case, without leading zeros, at most one `::`. */
export function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [left, right] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const groups = [...(left ?? []), ...(right ?? [])]
  if (!groups.every((group) => /^(0|[1-9a-f][0-9a-f]{0,3})$/.test(group))) return undefined
  const values = groups.map((group) => Number.parseInt(group, 16))
  if (right === undefined) return values.length === 8 ? values : undefined
  if (values.length > 6) return undefined // `::` stands for two groups at least
  const zeros = Array.from({ length: 8 - values.length }, () => 0)
  const before = left?.length ?? 0
  return [...values.slice(0, before), ...zeros, ...values.slice(before)]
}

/** The one text of eight groups: the first longest run of two or more zero groups is `::`. */
export function formatIpv6(groups: readonly number[]): string {
  let best = { at: -1, count: 1 }
  for (let at = 0; at < 8; at += 1) {
    let count = 0
    while (at + count < 8 && groups[at + count] === 0) count += 1
    if (count > best.count) best = { at, count }
  }
  const hex = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(':')
  if (best.at === -1) return hex(groups)
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.count))}`
}

/**
 * Sorts an address as resolvers write it: IPv4 dotted decimal, IPv6 without brackets. What is no address is `reserved`, and
 * so is whatever no rule says is public.
 */
export function classifyAddress(text: string): AddressClass {
  const four = parseIpv4(text)
  if (four !== undefined) return classifyIpv4(four)
  const six = parseIpv6(canonicalAddress(text))
  return six === undefined ? 'reserved' : classifyIpv6(six)
}

/** The canonical text of an address in any spelling that a resolver uses; other texts are given back as they are. */
export function canonicalAddress(text: string): string {
  const dotted = /^(.*:)([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)$/.exec(text)
  const four = parseIpv4(dotted?.[2] ?? '')
  const lower = (
    dotted === null || four === undefined
      ? text
      : `${dotted[1] ?? ''}${hexPair(four[0], four[1])}:${hexPair(four[2], four[3])}`
  ).toLowerCase()
  const six = parseIpv6(lower.replace(/(^|:)0+(?=[0-9a-f])/g, '$1'))
  return six === undefined ? text : formatIpv6(six)
}

function hexPair(high = 0, low = 0): string {
  return (high * 256 + low).toString(16)
}

/** [first byte …, bits, class]; the first that fits decides. */
const IPV4_BLOCKS: readonly (readonly [block: string, bits: number, kind: AddressClass])[] = [
  ['0.0.0.0', 32, 'unspecified'],
  ['0.0.0.0', 8, 'reserved'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link_local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
]

function classifyIpv4(bytes: readonly number[]): AddressClass {
  const number = numberOf(bytes)
  const found = IPV4_BLOCKS.find(([block, bits]) => {
    const size = 2 ** (32 - bits)
    return Math.floor(number / size) === Math.floor(numberOf(parseIpv4(block) ?? []) / size)
  })
  return found?.[2] ?? 'public'
}

function numberOf(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

function classifyIpv6(groups: readonly number[]): AddressClass {
  const [first = 0, second = 0, third = 0, , , sixth = 0, seventh = 0, eighth = 0] = groups
  const isZeroTo = (count: number): boolean => groups.slice(0, count).every((group) => group === 0)
  if (isZeroTo(7)) {
    if (eighth === 0) return 'unspecified'
    if (eighth === 1) return 'loopback'
  }
  if (isZeroTo(5) && sixth === 0xffff) return 'mapped'
  if (first >= 0xff00) return 'multicast'
  if ((first & 0xffc0) === 0xfe80) return 'link_local'
  if ((first & 0xfe00) === 0xfc00) return 'unique_local'
  if (first === 0x64 && second === 0xff9b && third === 0) return embedded(seventh, eighth)
  if (first === 0x2002) return embedded(second, third)
  const isGlobal = (first & 0xe000) === 0x2000
  const isSpecial = (first === 0x2001 && (second < 0x200 || second === 0xdb8)) || (first === 0x3fff && second < 0x1000)
  return isGlobal && !isSpecial ? 'public' : 'reserved'
}

/** An IPv6 address that leads to an IPv4 one is what that is. */
function embedded(high: number, low: number): AddressClass {
  return classifyIpv4([high >> 8, high & 255, low >> 8, low & 255])
}
