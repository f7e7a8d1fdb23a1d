import { expect, test } from 'vitest'
import { BUILTIN_SCHEMAS } from '@aos/air'
import type { DefSecret, SchemaTable, TypeExpr, Value } from '@aos/air'
import { hashText } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'
import { resolveSecrets } from './resolve-secrets.ts'
import { lookUpSecret } from './secret-bindings.ts'

const TABLE: SchemaTable = new Map([...BUILTIN_SCHEMAS].map(([name, { type }]) => [name, type]))
const slot = (name: string): TypeExpr => ({ kind: 'ref', name })
const secret = (given: Partial<DefSecret> = {}): DefSecret => ({
  kind: 'defsecret',
  name: 'api/key@1',
  bindingId: 'env:API_KEY',
  ...given,
})
const reference = (alias: string): Value => ({ $tag: 'secret', $value: { alias, version: 1 } })

test('a binding is a variable of the process, and nothing else', () => {
  const environment = { API_KEY: 'the value', EMPTY: '' }
  expect(lookUpSecret('api/key@1', secret(), environment)).toEqual({ ok: true, value: 'the value' })
  const missing = { ok: false, failure: expect.objectContaining({ code: 'secret_missing' }) as unknown }
  for (const bindingId of ['env:OTHER', 'env:EMPTY', 'env:toString', 'vault:API_KEY', 'API_KEY', 'env:']) {
    expect(lookUpSecret('api/key@1', secret({ bindingId }), environment), bindingId).toEqual(missing)
  }
  expect(lookUpSecret('api/key@1', undefined, environment)).toEqual(missing)
})

test('a value with another digest than expected is not used, and not told', () => {
  const environment = { API_KEY: 'the value' }
  const expectedDigest = hashText(nodeSha256, Buffer.from('the value'))
  expect(lookUpSecret('api/key@1', secret({ expectedDigest }), environment)).toMatchObject({ ok: true })
  const other = lookUpSecret('api/key@1', secret({ expectedDigest }), { API_KEY: 'another value' })
  expect(other).toMatchObject({ ok: false, failure: { code: 'secret_digest' } })
  expect(JSON.stringify(other)).not.toContain('another value')
})

test('references are found by the type of their slot, at any depth, and only there', () => {
  const text = slot('sys/TextOrSecretRef@1')
  const type: TypeExpr = {
    kind: 'record',
    fields: new Map<string, TypeExpr>([
      ['one', { kind: 'option', inner: text }],
      ['bytes', slot('sys/BytesOrSecretRef@1')],
      ['many', { kind: 'list', item: { kind: 'map', key: 'text', value: text } }],
      ['arm', { kind: 'variant', arms: new Map([['With', text]]) }],
      ['plain', slot('sys/SecretRef@1')],
    ]),
  }
  const params: Value = {
    one: reference('a'),
    bytes: reference('b'),
    many: [new Map([['x', reference('c')], ['y', { $tag: 'literal', $value: 'stays' }]])], // prettier-ignore
    arm: { $tag: 'With', $value: reference('a') },
    plain: { alias: 'd', version: 1 },
  }
  const lookUp = (name: string): ReturnType<typeof lookUpSecret> => ({ ok: true, value: `value of ${name}` })
  expect(resolveSecrets(type, params, { table: TABLE, lookUp })).toEqual({
    ok: true,
    secrets: ['value of a@1', 'value of b@1', 'value of c@1'],
    params: {
      one: { $tag: 'literal', $value: 'value of a@1' },
      bytes: { $tag: 'literal', $value: new Uint8Array(Buffer.from('value of b@1')) },
      many: [
        new Map([
          ['x', { $tag: 'literal', $value: 'value of c@1' }],
          ['y', { $tag: 'literal', $value: 'stays' }],
        ]),
      ],
      arm: { $tag: 'With', $value: { $tag: 'literal', $value: 'value of a@1' } },
      plain: { alias: 'd', version: 1 },
    },
  })
})
