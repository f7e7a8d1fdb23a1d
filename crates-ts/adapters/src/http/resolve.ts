/** One look-up for each hop: what was judged is what is connected to (spec/13-adapters.md, "Addresses"). */
import { lookup } from 'node:dns/promises'
import { AdapterFailure } from '../failures.ts'
import type { StrictUrl } from '../url.ts'
import { abortable } from '../abortable.ts'

/** Addresses of a name in the order of preference, IPv6 without brackets. Rejects when there is none. */
export type ResolveHost = (name: string) => Promise<readonly string[]>

/** Asks the resolver of the operating system, which also reads the hosts file. */
export const resolveBySystem: ResolveHost = async (name) => {
  const found = await lookup(name, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}

/** An address stands for itself; a name is looked up once. Throws AdapterFailure `name_not_resolved`. */
export async function addressesOf(
  url: StrictUrl,
  resolve: ResolveHost,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (url.hostKind === 'ipv4') return [url.host]
  if (url.hostKind === 'ipv6') return [url.host.slice(1, -1)]
  try {
    return await abortable(resolve(url.host), signal)
  } catch (error) {
    if (signal.aborted) throw error
    throw new AdapterFailure('name_not_resolved', `the host ${url.host} does not resolve`)
  }
}
