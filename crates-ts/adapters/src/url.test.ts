import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { URL_CHARACTERS_MAX, parseStrictUrl } from './url.ts'
import type { StrictUrl } from './url.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_270_101)

interface UrlVectors {
  readonly accepted: readonly {
    readonly name: string
    readonly url: string
    readonly scheme: string
    readonly host: string
    readonly port: number
    readonly path: string
    readonly query: string | null
  }[]
  readonly refused: readonly { readonly name: string; readonly url: string; readonly code: string }[]
}

const text = readFileSync(new URL('../../../spec/vectors/adapters/urls.json', import.meta.url), 'utf8')
const vectors = JSON.parse(text) as UrlVectors // the shape of spec/13-adapters.md, "Vectors"

/** The platform's parser reads the same text, and the same parts. */
function expectAgreement(url: StrictUrl): void {
  const { href, protocol, hostname, port, pathname, search, username, password, hash } = new URL(url.text)
  const number = port === '' ? (url.scheme === 'http' ? 80 : 443) : Number(port)
  const { text: ours, scheme, host, path, query } = url
  expect([href, protocol, hostname, number, pathname, search, username + password + hash]).toEqual([
    ...[ours, `${scheme}:`, host, url.port, path, query === undefined ? '' : `?${query}`, ''],
  ])
}

describe('vectors', () => {
  test.each(vectors.accepted)('accepted: $name', ({ url, scheme, host, port, path, query }) => {
    const result = parseStrictUrl(url)
    expect(result).toMatchObject({ ok: true, url: { scheme, host, port, path, query: query ?? undefined } })
    if (result.ok) expectAgreement(result.url)
  })

  test.each(vectors.refused)('refused: $name', ({ url, code }) => {
    expect(parseStrictUrl(url)).toMatchObject({ ok: false, code })
  })

  test('are many, and none stands twice', () => {
    const urls = [...vectors.accepted, ...vectors.refused].map(({ url }) => url)
    expect(new Set(urls).size).toBe(urls.length)
    expect(vectors.refused.length).toBeGreaterThanOrEqual(60)
  })
})

test('the bound of the length is inclusive', () => {
  const longest = `http://a.test/${'a'.repeat(URL_CHARACTERS_MAX - 14)}`
  expect(parseStrictUrl(longest).ok).toBe(true)
  expect(parseStrictUrl(`${longest}a`).ok).toBe(false)
})

describe(`properties (seed ${SEED})`, () => {
  const piece = fc.constantFrom(
    ...[
      'http',
      'https',
      ':',
      '//',
      '/',
      '\\',
      '@',
      '?',
      '#',
      '.',
      '..',
      '%2e',
      '%2F',
      '%25',
      '%',
      'a',
      'a.test',
      'xn--a',
    ],
    ...[
      '[',
      ']',
      '::',
      '[::1]',
      '127.0.0.1',
      '0x7f',
      '01',
      '80',
      '443',
      '8080',
      '-',
      '_',
      '~',
      "'",
      ';',
      '\t',
      ' ',
      'é',
      '．',
    ],
    ...['0', ':0', '[1::2]', '|', '^', '{', '+', '&', '=', '$', '!', '*', '(', ',', '%C3%A9', '%41', 'A', '\u00ad'],
  )
  const near = fc.tuple(
    fc.constantFrom(
      'http://',
      'https://',
      'http://a.test',
      'http://a.test/',
      'https://[::1]:9/a/',
      'http://a.test/?',
      '',
    ),
    fc.array(piece, { maxLength: 7 }),
  )
  const mutated = fc.tuple(fc.constantFrom(...vectors.accepted.map(({ url }) => url)), fc.nat(), fc.nat(2), piece)
  const candidate = fc.oneof(
    near.map(([head, rest]) => head + rest.join('')),
    mutated.map(([url, seed, cut, put]) => {
      const at = seed % (url.length + 1)
      return url.slice(0, at) + put + url.slice(at + cut)
    }),
    fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https'] }),
    fc.string({ unit: 'grapheme' }).map((tail) => `http://a.test/${tail}`),
  )

  test('what is accepted the platform reads alike', () => {
    let accepted = 0
    fc.assert(
      fc.property(candidate, (url) => {
        const result = parseStrictUrl(url)
        if (!result.ok) return
        accepted += 1
        expectAgreement(result.url)
      }),
      { seed: SEED, numRuns: 4000 },
    )
    expect(accepted).toBeGreaterThan(300)
  })

  test('what is built by the rules is accepted', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9]{0,4}[a-z0-9])?$/)
    const name = fc.tuple(fc.array(label, { maxLength: 3 }), fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/))
    const octet = fc.nat(255)
    const host = fc.oneof(
      name.map(([labels, last]) => [...labels, last].join('.')),
      fc.tuple(octet, octet, octet, octet).map((bytes) => bytes.join('.')),
      fc.ipV6().map((address) => {
        const dotted = URL.canParse(`http://[${address}]/`)
        return dotted ? new URL(`http://[${address}]/`).hostname : '[::1]'
      }),
    )
    const path = fc.array(fc.stringMatching(/^[A-Za-z0-9_~!$&'()*+,=:@-]{1,6}$/), { maxLength: 4 })
    const query = fc.option(fc.stringMatching(/^[A-Za-z0-9_~!$&()*+,=:@/?-]{1,8}$/), { nil: undefined })
    const port = fc.option(fc.integer({ min: 1025, max: 65_535 }), { nil: undefined })
    fc.assert(
      fc.property(fc.constantFrom('http', 'https'), host, port, path, query, (scheme, at, number, parts, search) => {
        const beside = number === undefined ? '' : `:${number}`
        const url = `${scheme}://${at}${beside}/${parts.join('/')}${search === undefined ? '' : `?${search}`}`
        const result = parseStrictUrl(url)
        expect(result, url).toMatchObject({ ok: true })
        if (result.ok) expectAgreement(result.url)
      }),
      { seed: SEED, numRuns: 500 },
    )
  })
})
