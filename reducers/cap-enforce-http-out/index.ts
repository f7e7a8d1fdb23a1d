/** sys/CapEnforceHttpOut@1 (spec/11-gate.md, "HTTP"). */
import { allow, allows, deny, denyKind, isUnder } from './cap-check'
import { CapCheckInput, CapCheckOutput, HttpCall, HttpOutGrant, SortedSet } from './generated'
import { parseUrl } from './url'

export function run(check: CapCheckInput): CapCheckOutput {
  if (check.effect_kind != 'http.request') return denyKind(check.effect_kind)
  const grant = HttpOutGrant.fromBytes(check.cap_params)
  const call = HttpCall.fromBytes(check.effect_params)
  const url = parseUrl(call.url)
  if (url === null) return deny('invalid_url', 'the URL is not strict')
  if (!allowsFolded(grant.schemes, url.scheme)) return deny('scheme_not_allowed', 'no grant for ' + url.scheme)
  if (!allowsHost(grant.hosts, url.host)) return deny('host_not_allowed', 'no grant for the host ' + url.host)
  const ports = grant.ports
  if (ports !== null && !ports.has(url.port))
    return deny('port_not_allowed', 'no grant for port ' + url.port.toString())
  if (!allows(grant.methods, call.method)) return deny('method_not_allowed', 'no grant for ' + call.method)
  if (!allowsPath(grant.path_prefixes, url.path)) return deny('path_not_allowed', 'no grant for the path')
  return allow()
}

function allowsFolded(list: SortedSet<string> | null, item: string): bool {
  if (list === null) return true
  for (let at = 0; at < list.size; at++) {
    if (isFolded(list.at(at), item, 0, item.length)) return true
  }
  return false
}

/** The list may name an IPv6 address without its brackets. */
function allowsHost(hosts: SortedSet<string> | null, host: string): bool {
  if (allowsFolded(hosts, host)) return true
  if (hosts === null || host.charCodeAt(0) != OPEN_BRACKET) return false
  for (let at = 0; at < hosts.size; at++) {
    if (isFolded(hosts.at(at), host, 1, host.length - 1)) return true
  }
  return false
}

/** True when `name`, in lower case, is what stands in `text` from `from` to `to`. */
function isFolded(name: string, text: string, from: i32, to: i32): bool {
  if (name.length != to - from) return false
  for (let at = from; at < to; at++) {
    let unit = name.charCodeAt(at - from)
    if (unit >= 0x41 && unit <= 0x5a) unit += 0x20
    if (unit != text.charCodeAt(at)) return false
  }
  return true
}

function allowsPath(prefixes: SortedSet<string> | null, path: string): bool {
  if (prefixes === null) return true
  for (let at = 0; at < prefixes.size; at++) {
    if (isUnder(path, prefixes.at(at))) return true
  }
  return false
}

const OPEN_BRACKET = 0x5b
