/** What a grant of the type `http.out` lets through (spec/13-adapters.md, "Grants and redirects"). */
import { canonicalAddress, classifyAddress } from '../address.ts'
import { AdapterFailure } from '../failures.ts'
import type { GrantView } from '../port.ts'
import type { StrictUrl } from '../url.ts'
import { badParams, itemsField, textsField } from '../values.ts'

/** An absent list constrains nothing, an empty one lets nothing through. */
export interface GrantRules {
  /** Lower-case, addresses canonical and without brackets. */
  readonly hosts: readonly string[] | undefined
  readonly schemes: readonly string[] | undefined
  /** Upper-case. */
  readonly methods: readonly string[] | undefined
  readonly ports: readonly number[] | undefined
  readonly pathPrefixes: readonly string[] | undefined
}

/** Throws AdapterFailure `cap_type` when the grant is none for HTTP. */
export function readGrantRules(grant: GrantView): GrantRules {
  if (grant.capType !== 'http.out') throw new AdapterFailure('cap_type', `the grant ${grant.name} is no http.out`)
  const { params } = grant
  const ports = itemsField(params, 'ports')?.map((port) => {
    if (typeof port === 'number' || typeof port === 'bigint') return Number(port)
    throw badParams('ports', 'a set of nats')
  })
  return {
    hosts: textsField(params, 'hosts')?.map(canonicalHost),
    schemes: textsField(params, 'schemes')?.map((scheme) => scheme.toLowerCase()),
    methods: textsField(params, 'methods')?.map((method) => method.toUpperCase()),
    ports,
    pathPrefixes: textsField(params, 'path_prefixes'),
  }
}

/** Throws AdapterFailure with the first constraint that the URL or the method does not meet. */
export function checkGrant(rules: GrantRules, url: StrictUrl, method: string): void {
  const lets = <T>(list: readonly T[] | undefined, item: T): boolean => list === undefined || list.includes(item)
  if (!lets(rules.schemes, url.scheme)) throw new AdapterFailure('scheme_not_allowed', `the scheme ${url.scheme}`)
  if (!lets(rules.hosts, canonicalHost(url.host))) throw new AdapterFailure('host_not_allowed', `the host ${url.host}`)
  if (!lets(rules.ports, url.port)) throw new AdapterFailure('port_not_allowed', `the port ${url.port}`)
  if (!lets(rules.methods, method)) throw new AdapterFailure('method_not_allowed', `the method ${method}`)
  if (rules.pathPrefixes?.some((prefix) => isUnder(url.path, prefix)) === false) {
    throw new AdapterFailure('path_not_allowed', `the path ${url.path}`)
  }
}

/** As the enforcer reads prefixes (spec/11-gate.md, "Built-in enforcers"): `/a` has `/a` and `/a/b`, not `/ab`. */
function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false
  return prefix === '' || prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/'
}

/**
 * The addresses that may be connected to: public ones, those that the list names, and loopback ones of the host
 * `localhost` when the list names it. A name in the list does not open the private addresses that it resolves to.
 */
export function allowedAddresses(
  url: StrictUrl,
  addresses: readonly string[],
  hosts: readonly string[] | undefined,
): readonly string[] {
  const isLocal = url.host === 'localhost' && hosts?.includes('localhost') === true
  return addresses.filter((address) => {
    const kind = classifyAddress(address)
    if (kind === 'public' || (isLocal && kind === 'loopback')) return true
    return hosts?.includes(canonicalAddress(address)) === true
  })
}

function canonicalHost(host: string): string {
  const lower = host.toLowerCase()
  return canonicalAddress(lower.startsWith('[') && lower.endsWith(']') ? lower.slice(1, -1) : lower)
}
