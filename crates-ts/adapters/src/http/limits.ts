/** Bounds of one HTTP exchange (spec/13-adapters.md, "HTTP"). */
export interface HttpLimits {
  /** Bytes of a body, of the request and of the response. */
  readonly bodyBytesMax: number
  /** Bytes of all header lines of a response, and of a request. */
  readonly headerBytesMax: number
  readonly headersMax: number
  readonly redirectsMax: number
  readonly connectTimeoutMs: number
}

/** What holds unless an adapter is configured otherwise. */
export const HTTP_LIMITS: HttpLimits = {
  bodyBytesMax: 16_777_216,
  headerBytesMax: 65_536,
  headersMax: 128,
  redirectsMax: 5,
  connectTimeoutMs: 10_000,
}
