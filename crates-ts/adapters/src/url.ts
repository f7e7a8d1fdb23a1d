/**
 * The strict subset of URLs on which every parser agrees (spec/13-adapters.md, "Strict URLs"): whoever judges a URL and
 * whoever opens a connection to it read the same text the same way.
 */
import { formatIpv6, parseIpv4, parseIpv6 } from './address.ts'

/** The parts of a strict URL; joined again they are its text. */
export interface StrictUrl {
  /** The whole text, which is also the `href` of a WHATWG parser. */
  readonly text: string
  readonly scheme: 'http' | 'https'
  /** A name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string
  readonly hostKind: 'name' | 'ipv4' | 'ipv6'
  /** As written, or the default of the scheme: 80, 443. */
  readonly port: number
  /** Begins with a slash. */
  readonly path: string
  /** Without its question mark; never empty. */
  readonly query: string | undefined
}

/** A URL, or the code and a sentence for people; the sentence is not normative. */
export type StrictUrlResult =
  | { readonly ok: true; readonly url: StrictUrl }
  | { readonly ok: false; readonly code: 'invalid_url'; readonly reason: string }

/** Longer URLs are refused. */
export const URL_CHARACTERS_MAX = 8192

const DEFAULT_PORTS = { http: 80, https: 443 } as const
const SHAPE = /^(https?):\/\/([^/?#@\\]*)(\/[^?#]*)(?:\?([^#]*))?$/
const PATH = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*$/
const QUERY = /^(?:[A-Za-z0-9\-._~!$&()*+,;=:@/?]|%[0-9A-F]{2})*$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Never throws; what is not exactly canonical is refused, not corrected. */
export function parseStrictUrl(text: string): StrictUrlResult {
  if (text.length > URL_CHARACTERS_MAX) return refuse('it is too long')
  const match = SHAPE.exec(text)
  if (match === null) return refuse('it is not scheme://host[:port]/path[?query] with the scheme http or https')
  const [, scheme, authority = '', path = '', query] = match
  if (scheme !== 'http' && scheme !== 'https') return refuse('the scheme is not http or https')
  const place = parseAuthority(authority)
  if (typeof place === 'string') return refuse(place)
  if (place.port === DEFAULT_PORTS[scheme]) return refuse('the default port is written')
  const fault = pathFault(path) ?? queryFault(query)
  if (fault !== undefined) return refuse(fault)
  const { host, hostKind, port = DEFAULT_PORTS[scheme] } = place
  return { ok: true, url: { text, scheme, host, hostKind, port, path, query } }
}

/** `scheme://host[:port]`, by which credentials are kept together. */
export function originOf(url: StrictUrl): string {
  return `${url.scheme}://${url.host}:${url.port}`
}

function refuse(reason: string): StrictUrlResult {
  return { ok: false, code: 'invalid_url', reason }
}

interface Authority {
  readonly host: string
  readonly hostKind: StrictUrl['hostKind']
  readonly port: number | undefined
}

/** The parts, or what is wrong. */
function parseAuthority(text: string): Authority | string {
  const match = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::([0-9]+))?$/.exec(text)
  if (match === null) return 'the host is not lower-case ASCII, or is empty, or something stands beside it'
  const [, host = '', portText] = match
  if (portText !== undefined && !/^[1-9][0-9]{0,4}$/.test(portText)) return 'the port is not a plain number'
  const port = portText === undefined ? undefined : Number(portText)
  if (port !== undefined && port > 65_535) return 'the port is above 65535'
  const hostKind = hostKindOf(host)
  return hostKind === undefined ? 'the host is neither a plain name nor a canonical address' : { host, hostKind, port }
}

function hostKindOf(host: string): StrictUrl['hostKind'] | undefined {
  if (host.startsWith('[')) {
    const inner = host.slice(1, -1)
    const groups = parseIpv6(inner)
    return groups !== undefined && formatIpv6(groups) === inner ? 'ipv6' : undefined
  }
  if (parseIpv4(host) !== undefined) return 'ipv4'
  const labels = host.split('.')
  const isPlain = (label: string): boolean => LABEL.test(label) && label.slice(2, 4) !== '--'
  // A last label that begins with a digit is a number to some parsers.
  const isName = host.length <= 253 && labels.every(isPlain) && /^[a-z]/.test(labels.at(-1) ?? '')
  return isName ? 'name' : undefined
}

function pathFault(path: string): string | undefined {
  if (!PATH.test(path)) return 'the path has a character that must be percent-encoded with upper-case digits'
  if (path.startsWith('//')) return 'the path begins with two slashes'
  if (encodesUnreserved(path)) return 'the path encodes a character that needs none'
  const segments = path.split(/\/|%2F|%5C/).map((segment) => segment.split(/;|%3B/)[0])
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'the path has a dot segment'
  return /%(?:[01][0-9A-F]|7F)/.test(path) ? 'the path encodes a control character' : undefined
}

function queryFault(query: string | undefined): string | undefined {
  if (query === undefined) return undefined
  if (query === '') return 'the query is empty'
  if (!QUERY.test(query)) return 'the query has a character that must be percent-encoded with upper-case digits'
  return encodesUnreserved(query) ? 'the query encodes a character that needs none' : undefined
}

/** Letters, digits, `-`, `.`, `_`, `~`. */
function encodesUnreserved(text: string): boolean {
  return /%(?:2D|2E|3[0-9]|4[1-9A-F]|5[0-9A]|5F|6[1-9A-F]|7[0-9A]|7E)/.test(text)
}
