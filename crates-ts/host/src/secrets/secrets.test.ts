import { expect, test } from 'vitest'
import { BUILTIN_SCHEMAS } from '@aos/air'
import type { DefSecret, SchemaTable, TypeExpr, Value } from '@aos/air'
import { AosError, hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'
import { resolveSecrets } from './resolve-secrets.ts'
import { lookUpSecret } from './secret-bindings.ts'
import type { BoundSecret, SecretEnvironment } from './secret-bindings.ts'

const TABLE: SchemaTable = new Map([...BUILTIN_SCHEMAS].map(([name, { type }]) => [name, type]))
const slot = (name: string): TypeExpr => ({ kind: 'ref', name })
const secret = (given: Partial<DefSecret> = {}): DefSecret => ({
  kind: 'defsecret',
  name: 'api/key@1',
  bindingId: 'env:API_KEY',
  ...given,
})
const noVault = { value: () => undefined, digest: () => undefined }
const lookUp = (definition: DefSecret | undefined, environment: SecretEnvironment): BoundSecret =>
  lookUpSecret('api/key@1', definition, { environment, vault: noVault })
const reference = (alias: string): Value => ({ $tag: 'secret', $value: { alias, version: 1 } })

test('a binding is a variable of the process, and nothing else', () => {
  const environment = { API_KEY: 'the value', EMPTY: '' }
  expect(lookUp(secret(), environment)).toEqual({ ok: true, value: 'the value' })
  const missing = { ok: false, failure: expect.objectContaining({ code: 'secret_missing' }) as unknown }
  for (const bindingId of ['env:OTHER', 'env:EMPTY', 'env:toString', 'vault:API_KEY', 'API_KEY', 'env:']) {
    expect(lookUp(secret({ bindingId }), environment), bindingId).toEqual(missing)
  }
  expect(lookUp(undefined, environment)).toEqual(missing)
})

test('a value with another digest than expected is not used, and not told', () => {
  const environment = { API_KEY: 'the value' }
  const expectedDigest = hashText(nodeSha256, Buffer.from('the value'))
  expect(lookUp(secret({ expectedDigest }), environment)).toMatchObject({ ok: true })
  const other = lookUp(secret({ expectedDigest }), { API_KEY: 'another value' })
  expect(other).toMatchObject({ ok: false, failure: { code: 'secret_digest' } })
  expect(JSON.stringify(other)).not.toContain('another value')
})

test('a binding to the vault is the current version, or the one that it names', () => {
  const value = (name: string, version?: number): string | undefined =>
    name === 'api/key' ? [undefined, 'the first', 'the second'][version ?? 2] : undefined
  const digest = (text: string): Hash => hashText(nodeSha256, Buffer.from(`keyed ${text}`))
  const found = (bindingId: string, expectedDigest?: Hash): BoundSecret => {
    const definition = secret({ bindingId, ...(expectedDigest === undefined ? {} : { expectedDigest }) })
    return lookUpSecret('x', definition, { environment: {}, vault: { value, digest } })
  }
  expect(found('vault:api/key')).toEqual({ ok: true, value: 'the second' })
  expect(found('vault:api/key@1')).toEqual({ ok: true, value: 'the first' })
  expect(found('vault:api/key', digest('the second'))).toEqual({ ok: true, value: 'the second' })
  expect(found('vault:api/key', digest('the first'))).toMatchObject({ failure: { code: 'secret_digest' } })
  for (const bindingId of [
    'vault:api/key@3',
    'vault:api/key@0',
    'vault:api/key@',
    'vault:other',
    'vault:',
    'Vault:api/key',
  ]) {
    expect(found(bindingId)).toMatchObject({ failure: { code: 'secret_missing' } })
  }
})

test('a vault that does not open is told by its code', () => {
  const value = (): never => {
    throw new AosError('vault.wrong_key', 'the vault /home/me/vault was sealed with another key')
  }
  const sources = { environment: {}, vault: { value, digest: () => undefined } }
  const found = lookUpSecret('api/key@1', secret({ bindingId: 'vault:api/key' }), sources)
  expect(found).toEqual({
    ok: false,
    failure: { code: 'secret_vault', message: 'api/key@1: the vault does not open (vault.wrong_key)' },
  })
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
  const values = (name: string): BoundSecret => ({ ok: true, value: `value of ${name}` })
  expect(resolveSecrets(type, params, { table: TABLE, lookUp: values })).toEqual({
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
