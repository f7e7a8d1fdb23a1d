/** Codes that stand in the payloads of receipts whose status is not `ok` (spec/13-adapters.md, "Failures"). */
import type { TypeExpr, Value } from '@aos/air'
import type { ReceiptStatus } from '@aos/effects'
import type { AdapterResult } from './port.ts'
import { makeRecord } from './values.ts'

/** Code → [status, whether the same call may succeed later, meaning]. Codes are stable. */
export const ADAPTER_FAILURES = {
  adapter_fault: ['error', false, 'the adapter threw'],
  adapter_protocol: [
    'error',
    false,
    'a driver sent a line that the protocol does not have, or a result of the wrong type',
  ],
  adapter_unavailable: ['error', true, 'a driver does not start; the call was not sent'],
  address_not_allowed: [
    'denied',
    false,
    'the host leads only to addresses that are not public and that the grant does not list',
  ],
  bad_header: ['error', false, 'a header of the request is not allowed, or its name or value is not of its form'],
  bad_method: ['error', false, 'the method is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
  blob_mismatch: ['error', false, 'bytes do not have the hash that is said of them'],
  blob_missing: ['error', false, 'a hash is not in the content store'],
  body_not_allowed: ['error', false, 'a GET or HEAD request has a body'],
  body_too_large: ['error', false, 'a body has more bytes than the bound'],
  cap_type: ['denied', false, 'the grant is of another type than this adapter performs'],
  connection_failed: ['error', true, 'no connection could be made'],
  connection_lost: ['error', true, 'the connection ended before the response did'],
  driver_lost: ['unknown', false, 'the driver ended during the call; nobody can tell what came of it'],
  headers_too_large: ['error', false, 'the headers of a response are more than the bound'],
  host_not_allowed: ['denied', false, 'the grant does not have the host'],
  invalid_url: ['error', false, 'the URL is not strict, or the location of a redirect has no strict form'],
  message_malformed: ['error', false, 'a blob of messages or tools is not of its form'],
  method_not_allowed: ['denied', false, 'the grant does not have the method'],
  name_not_resolved: ['error', true, 'the name of the host could not be resolved'],
  path_not_allowed: ['denied', false, 'the path is under none of the prefixes of the grant'],
  port_not_allowed: ['denied', false, 'the grant does not have the port'],
  provider_bad_answer: ['error', false, 'what a provider answered is not of its dialect'],
  provider_error: ['error', false, 'a provider refused the request; the message is its own'],
  provider_unavailable: ['error', true, 'a provider answered with a status from 500 on'],
  provider_unknown: ['error', false, 'the provider is not configured'],
  rate_limited: ['error', true, 'a provider answered with status 429'],
  response_malformed: ['error', false, 'the response is not HTTP'],
  scheme_not_allowed: ['denied', false, 'the grant does not have the scheme'],
  script_exhausted: ['error', false, 'no step of the script is left for the call'],
  secret_unresolved: ['error', false, 'a secret did not arrive resolved'],
  timeout: ['timeout', true, 'the time for the call was over'],
  tls_failed: ['error', false, 'the certificate of the host or the handshake was refused'],
  too_many_redirects: ['error', false, 'more redirects than the bound'],
  tool_not_allowed: ['denied', false, 'the grant does not have a tool that is offered'],
  vault_binding: ['error', false, 'the binding is not that of the alias in the vault'],
  vault_digest: ['error', false, 'a value has another digest than expected'],
  vault_no_slot: ['error', false, 'no value for the alias waits under the reference'],
  vault_no_version: ['error', false, 'the vault has no such version of the alias'],
  vault_unavailable: ['error', true, 'the vault cannot be opened or written'],
} as const

export type AdapterFailureCode = keyof typeof ADAPTER_FAILURES

/** A failure on its way from where it is noticed to the result; adapters catch it, nobody else sees it. */
export class AdapterFailure extends Error {
  override readonly name = 'AdapterFailure'
  readonly code: AdapterFailureCode

  constructor(code: AdapterFailureCode, message: string) {
    super(message)
    this.code = code
  }
}

/** The type of `sys/EffectFailure@1`, for readers that have no table of schemas at hand. */
export const FAILURE_TYPE: TypeExpr = {
  kind: 'record',
  fields: new Map<string, TypeExpr>([
    ['code', { kind: 'text' }],
    ['message', { kind: 'text' }],
  ]),
}

/** The value of `sys/EffectFailure@1`. */
export function makeFailurePayload(code: string, message: string): Value {
  return makeRecord({ code, message })
}

/** A result with the status and the retryability of the code. */
export function failureResult(
  code: AdapterFailureCode,
  message: string,
  cost: ReadonlyMap<string, number> = new Map(),
): AdapterResult {
  const [status, retryable]: readonly [ReceiptStatus, boolean, string] = ADAPTER_FAILURES[code]
  return { status, payload: makeFailurePayload(code, message), cost, retryable }
}
