/** The HTTP enforcer against a second one, written from the rules in another way (spec/11-gate.md, "HTTP"). */
import { parseStrictUrl } from '@aos/adapters'
import type { Data } from '@aos/cbor'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeEnforcer } from './enforcer.ts'
import { ACCEPTED_URLS, REFUSED_URLS } from './url-vectors.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_121)
const RUNS = 3000

interface Grant {
  readonly schemes: readonly string[] | undefined
  readonly hosts: readonly string[] | undefined
  readonly ports: readonly number[] | undefined
  readonly methods: readonly string[] | undefined
  readonly path_prefixes: readonly string[] | undefined
}

/** Undefined constrains nothing. */
function lets<T>(list: readonly T[] | undefined, test: (item: T) => boolean): boolean {
  return list === undefined || list.some(test)
}

function referenceVerdict(grant: Grant, method: string, text: string): string {
  const parsed = parseStrictUrl(text)
  if (!parsed.ok) return 'invalid_url'
  const { scheme, host, port, path } = parsed.url
  const isHost = (entry: string): boolean => [entry.toLowerCase(), `[${entry.toLowerCase()}]`].includes(host)
  const segments = path.split('/')
  const isPrefix = (prefix: string): boolean => {
    // What stands behind the last slash of a prefix is a whole segment.
    const wanted = prefix.split('/')
    if (wanted.at(-1) === '') wanted.pop()
    const isInside = wanted.every((segment, at) => segments[at] === segment)
    return isInside && (prefix.at(-1) !== '/' || segments.length > wanted.length)
  }
  if (!lets(grant.schemes, (entry) => entry.toLowerCase() === scheme)) return 'scheme_not_allowed'
  if (!lets(grant.hosts, isHost)) return 'host_not_allowed'
  if (!lets(grant.ports, (entry) => entry === port)) return 'port_not_allowed'
  if (!lets(grant.methods, (entry) => entry === method)) return 'method_not_allowed'
  return lets(grant.path_prefixes, isPrefix) ? 'allowed' : 'path_not_allowed'
}

const HOSTS = ['a.test', 'A.TEST', 'b.test', 'a.test.b', 'localhost', '127.0.0.1', '::1', '[::1]', '1::4:0:0:7:8', '']
const PATHS = ['/', '/v1', '/v1/', '/v1x', '/v1/a', '/v1/a/b', '/v1%2Fa', '/V1', '//', '', '/v1//a', '/a;b', '/.']

const url = fc
  .record({
    scheme: fc.constantFrom('http', 'https', 'http', 'HTTP', 'ftp'),
    host: fc.constantFrom(...HOSTS.map((host) => (/^[0-9:]*:[0-9:]*$/.test(host) ? `[${host}]` : host))),
    port: fc.constantFrom('', '', '', ':80', ':443', ':8080', ':080', ':'),
    path: fc.constantFrom(...PATHS),
    query: fc.constantFrom('', '', '', '?', '?q=/v1', '#x'),
  })
  .map(({ scheme, host, port, path, query }) => `${scheme}://${host}${port}${path}${query}`)

/** Characters that URLs are attacked with, put where they may hurt. */
const hostile = fc
  .tuple(
    fc.oneof(url, fc.constantFrom(...[...ACCEPTED_URLS, ...REFUSED_URLS].map((vector) => vector.url))),
    fc.nat(60),
    fc.nat(2),
    fc.constantFrom(
      ...['@', '\\', '/', '//', '.', '..', '/../', '%2e', '%2E%2E', '%2F', '%5C', '%3B', ';', ':', '?', '#'],
    ),
  )
  .map(([text, at, cut, piece]) => `${text.slice(0, at)}${piece}${text.slice(at + cut)}`)
const grammar = fc.string({ unit: fc.constantFrom(...'http://.a1-:[]%2F5Ce;?@\\A'), maxLength: 24 })
const anyUrl = fc.oneof(
  { weight: 4, arbitrary: url },
  { weight: 3, arbitrary: hostile },
  { weight: 1, arbitrary: grammar.map((rest) => `http://${rest}`) },
  { weight: 1, arbitrary: grammar.map((rest) => `http://a.test/${rest}`) },
  { weight: 1, arbitrary: grammar.map((rest) => `http://[${rest.replace(/[^0-9a1:]/g, ':')}]/`) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme' }).map((rest) => `http://a.test/${rest}`) },
)

function listOf<T>(items: readonly T[]): fc.Arbitrary<readonly T[] | undefined> {
  const list = fc.uniqueArray(fc.constantFrom(...items), { maxLength: 4 })
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: list })
}

const grant: fc.Arbitrary<Grant> = fc.record({
  schemes: listOf(['http', 'https', 'HTTP', 'ftp']),
  hosts: listOf(HOSTS),
  ports: listOf([80, 443, 8080, 0]),
  methods: listOf(['GET', 'POST', 'get']),
  path_prefixes: listOf(PATHS),
})
const method = fc.constantFrom('GET', 'POST', 'get', 'DELETE')

test(`says what the reference says, seed ${SEED}`, () => {
  const ask = makeEnforcer('sys/CapEnforceHttpOut@1')
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(grant, method, anyUrl, (rules, verb, text) => {
      const expected = referenceVerdict(rules, verb, text)
      seen.set(expected, (seen.get(expected) ?? 0) + 1)
      const lists = Object.entries(rules).filter((entry): entry is [string, Data] => entry[1] !== undefined)
      const params = { method: verb, url: text, headers: {} }
      expect(ask({ kind: 'http.request', grant: Object.fromEntries(lists), params }).verdict).toBe(expected)
    }),
    { seed: SEED, numRuns: RUNS },
  )
  // Every verdict came up, and often enough to mean something.
  expect(seen.size).toBe(7)
  for (const [verdict, count] of seen) expect(count, verdict).toBeGreaterThan(RUNS / 100)
})
