/** What a redirect asks for, and what of the request goes along (spec/13-adapters.md, "Grants and redirects"). */
import { AdapterFailure } from '../failures.ts'
import { originOf, parseStrictUrl } from '../url.ts'
import type { StrictUrl } from '../url.ts'
import type { Incoming } from './exchange.ts'
import { bodilessHeaders, harmlessHeaders } from './headers.ts'

/** Methods that may be asked for. */
export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

export type HttpMethod = (typeof HTTP_METHODS)[number]

/** One request on the way through redirects. */
export interface Hop {
  readonly url: StrictUrl
  readonly method: HttpMethod
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array | undefined
}

/** True for a response that names another place; without a location it is an answer like any other. */
export function isRedirect(status: number, headers: ReadonlyMap<string, string>): boolean {
  return [301, 302, 303, 307, 308].includes(status) && headers.has('location')
}

/** The hop after a redirect. Throws AdapterFailure `invalid_url`; the grant is asked by the caller. */
export function nextHop(hop: Hop, { status, headers }: Pick<Incoming, 'status' | 'headers'>): Hop {
  const url = resolveLocation(hop.url, headers.get('location') ?? '')
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : status <= 302 && hop.method === 'POST'
  const method = becomesGet ? 'GET' : hop.method
  const body = becomesGet ? undefined : hop.body
  const own = originOf(url) === originOf(hop.url) ? hop.headers : harmlessHeaders(hop.headers)
  return { url, method, body, headers: body === undefined ? bodilessHeaders(own) : own }
}

/** Relative locations are resolved; a fragment is of no meaning to a server and falls away. */
function resolveLocation(base: StrictUrl, location: string): StrictUrl {
  const [reference = ''] = location.split('#')
  const isPlain = /^[\x21-\x7e]*$/.test(location) && !location.includes('\\')
  const text = isPlain && URL.canParse(reference, base.text) ? new URL(reference, base.text).href : ''
  const parsed = parseStrictUrl(text)
  if (!parsed.ok) throw new AdapterFailure('invalid_url', `the location of a redirect: ${parsed.reason}`)
  return parsed.url
}
