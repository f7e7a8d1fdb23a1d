import { inspect } from 'node:util'
import { encodeNode, fromHex, toHex } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { makeEnforcer } from './enforcer.ts'
import { ACCEPTED_URLS, REFUSED_URLS } from './url-vectors.ts'

describe.each([...CASES])('%s', (name, cases) => {
  const ask = makeEnforcer(name)

  it.each(cases.map((question, index) => [index, question.kind, question.verdict, question] as const))(
    'case %i: %s is %s',
    (_index, _kind, verdict, question) => {
      expect(ask(question).verdict, inspect(question)).toBe(verdict)
    },
  )

  it('traps on bytes that are not of their schema, and judges on', () => {
    const question = cases.at(-1)
    if (question === undefined) throw new Error('no case')
    const wrong = [
      encodeNode([]),
      encodeNode({ hosts: 1, ops: 1, path: 1, providers: 1, summary: 1 }),
      new Uint8Array(0),
      fromHex('d9d9f7bf'),
    ]
    for (const grant of wrong) expect(ask({ ...question, grant }).verdict, toHex(grant)).toMatch(/^trap: /)
    for (const params of wrong) expect(ask({ ...question, params }).verdict, toHex(params)).toMatch(/^trap: /)
    expect(ask(question).verdict).toBe(question.verdict)
  })
})

describe('strict URLs', () => {
  const ask = makeEnforcer('sys/CapEnforceHttpOut@1')
  const verdictOf = (url: string, grant = {}): string =>
    ask({ kind: 'http.request', grant, params: { method: 'GET', url, headers: {} } }).verdict

  it.each(ACCEPTED_URLS)('$name: $url is accepted, with the same parts', ({ url, scheme, host, port, path }) => {
    const exact = { schemes: [scheme], hosts: [host], ports: [port], path_prefixes: [path] }
    expect(verdictOf(url, exact)).toBe('allowed')
    expect(verdictOf(url, { ...exact, hosts: [`${host}x`] })).toBe('host_not_allowed')
    expect(verdictOf(url, { ...exact, path_prefixes: [`${path}x`] })).toBe('path_not_allowed')
  })

  it.each(REFUSED_URLS)('$name: $url is refused', ({ url }) => {
    expect(verdictOf(url)).toBe('invalid_url')
  })
})
