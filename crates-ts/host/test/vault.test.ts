import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeVaultAdapter } from '@aos/adapters'
import type { AdapterCall, AdapterResult } from '@aos/adapters'
import { isAosError, parseHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { VAULT_LIMITS, Vault } from '../src/index.ts'
import type { VaultPlace } from '../src/index.ts'

const FIRST = 'the first value'
const SECOND = 'the second value'
const THIRD = 'the third value'
const WORLD = parseHash(`sha256:${'11'.repeat(32)}`)

let folder: string
let place: VaultPlace
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aos-vault-'))
  place = {
    file: join(folder, 'world', 'vault'),
    keyFolder: join(folder, 'keys'),
    environment: {},
    world: () => undefined,
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (change: Partial<VaultPlace> = {}): Vault => new Vault({ ...place, ...change })

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (isAosError(error)) return error.code
    throw error
  }
  return 'none'
}

describe('versions', () => {
  test('the current one stands for the name, and every one can be had', () => {
    const vault = open()
    expect([vault.exists, vault.value('api/key'), vault.list()]).toEqual([
      false,
      undefined,
      { versions: [], slots: [] },
    ])
    expect(vault.set('api/key', FIRST)).toMatchObject({ name: 'api/key', version: 1, isCurrent: true })
    expect(vault.rotate('api/key', SECOND)).toMatchObject({ version: 2, isCurrent: true })
    const again = open()
    expect([again.value('api/key'), again.value('api/key', 1), again.value('api/key', 3)]).toEqual([
      SECOND,
      FIRST,
      undefined,
    ])
    expect(again.makeCurrent('api/key', 1)).toMatchObject({ version: 1, isCurrent: true })
    expect(open().value('api/key')).toBe(FIRST)
    expect(open().list().versions.map(({ version, isCurrent }) => [version, isCurrent])).toEqual([[1, true], [2, false]]) // prettier-ignore
  })

  test('a number is not used again', () => {
    const vault = open()
    vault.set('a', FIRST)
    vault.rotate('a', SECOND)
    vault.rotate('a', THIRD)
    expect(codeOf(() => vault.remove('a', 3))).toBe('vault.current')
    vault.makeCurrent('a', 1)
    expect([vault.remove('a', 3), vault.remove('a', 2)]).toEqual([1, 1])
    expect(vault.rotate('a', SECOND).version).toBe(4)
    expect(vault.values()).toEqual([FIRST, SECOND])
    expect(vault.remove('a')).toBe(2)
    expect(open().values()).toEqual([])
  })

  test('what cannot be done is refused, and nothing changes', () => {
    const vault = open()
    expect(codeOf(() => vault.rotate('a', FIRST))).toBe('vault.unknown')
    expect(vault.exists).toBe(false)
    vault.set('a', FIRST)
    const before = readFileSync(place.file)
    const refused: readonly (readonly [string, () => unknown])[] = [
      ['vault.exists', () => vault.set('a', SECOND)],
      ['secret.too_short', () => vault.rotate('a', 'short')],
      ['vault.bad_value', () => vault.rotate('a', 'x'.repeat(VAULT_LIMITS.valueBytesMax + 1))],
      ['vault.bad_name', () => vault.set('', SECOND)],
      ['vault.bad_name', () => vault.set('a b', SECOND)],
      ['vault.bad_name', () => vault.set('x'.repeat(VAULT_LIMITS.nameLengthMax + 1), SECOND)],
      ['vault.unknown', () => vault.rotate('b', SECOND)],
      ['vault.unknown', () => vault.makeCurrent('a', 2)],
      ['vault.unknown', () => vault.remove('b')],
      ['vault.unknown', () => vault.remove('a', 2)],
    ]
    for (const [code, work] of refused) expect(codeOf(work)).toBe(code)
    expect(readFileSync(place.file)).toEqual(before)
  })
})

describe('at rest', () => {
  test('neither a value nor a name is in the file, and nobody else may read it', () => {
    const vault = open()
    vault.set('name/of/it', FIRST)
    const bytes = readFileSync(place.file)
    for (const text of [FIRST, 'name/of/it']) {
      for (const form of ['latin1', 'base64', 'hex'] as const) {
        expect(bytes.includes(Buffer.from(Buffer.from(text).toString(form)))).toBe(false)
      }
    }
    expect(statSync(place.file).mode & 0o777).toBe(0o600)
    expect(statSync(join(place.keyFolder, 'vault-key')).mode & 0o777).toBe(0o600)
    expect(vault.keySource).toBe(join(place.keyFolder, 'vault-key'))
    expect(readdirSync(join(folder, 'world'))).toEqual(['vault'])
  })

  test('the same content is sealed otherwise each time, and its size does not tell the size of a value', () => {
    const vault = open()
    vault.set('a', FIRST)
    const sizes = [readFileSync(place.file)]
    vault.makeCurrent('a', 1)
    sizes.push(readFileSync(place.file))
    vault.rotate('a', 'x'.repeat(100))
    sizes.push(readFileSync(place.file))
    expect(new Set(sizes.map(({ length }) => length)).size).toBe(1)
    expect(new Set(sizes.map((bytes) => bytes.toString('hex').slice(50, 114))).size).toBe(3)
  })

  test('every flipped bit is noticed', () => {
    open().set('a', FIRST)
    const bytes = readFileSync(place.file)
    for (let at = 0; at < bytes.length; at += at < 80 ? 1 : 97) {
      const bad = Buffer.from(bytes)
      bad[at] = (bad[at] ?? 0) ^ 0x10
      writeFileSync(place.file, bad)
      // The id of the key stands behind the first nine bytes.
      expect(codeOf(() => open().list())).toBe(at >= 9 && at < 25 ? 'vault.wrong_key' : 'vault.damaged')
    }
    for (const end of [0, 8, 56, 72, bytes.length - 1]) {
      writeFileSync(place.file, bytes.subarray(0, end))
      expect(codeOf(() => open().list())).toBe('vault.damaged')
    }
    writeFileSync(place.file, bytes)
    expect(open().value('a')).toBe(FIRST)
  })

  test('another key does not open it, none does not either, and no new one is made', () => {
    open().set('a', FIRST)
    expect(codeOf(() => open({ keyFolder: join(folder, 'others') }).value('a'))).toBe('vault.no_key')
    expect(codeOf(() => open({ keyFolder: join(folder, 'others') }).rotate('a', SECOND))).toBe('vault.no_key')
    expect(existsSync(join(folder, 'others'))).toBe(false)
    const other = { environment: { AOS_VAULT_KEY: 'ab'.repeat(32) } }
    expect(codeOf(() => open(other).value('a'))).toBe('vault.wrong_key')
    expect(codeOf(() => open({ environment: { AOS_VAULT_KEY: 'secret' } }).value('a'))).toBe('vault.bad_key')
    chmodSync(join(place.keyFolder, 'vault-key'), 0o644)
    expect(codeOf(() => open().value('a'))).toBe('key.permissions')
    chmodSync(join(place.keyFolder, 'vault-key'), 0o600)
    chmodSync(place.file, 0o640)
    expect(codeOf(() => open().value('a'))).toBe('key.permissions')
  })

  test('a key from the environment makes no file', () => {
    const place = { environment: { AOS_VAULT_KEY: 'ab'.repeat(32) } }
    open(place).set('a', FIRST)
    expect([open(place).value('a'), open(place).keySource, existsSync(join(folder, 'keys'))]).toEqual([FIRST, 'AOS_VAULT_KEY', false]) // prettier-ignore
  })

  test('a command tells the key; one that fails tells why, and never what it printed', () => {
    const told = (command: string) => ({ environment: { AOS_VAULT_KEY_COMMAND: command } })
    const key = 'ab'.repeat(32)
    open(told(`echo ${key}`)).set('a', FIRST)
    expect(open({ environment: { AOS_VAULT_KEY: key } }).value('a')).toBe(FIRST)
    expect([open(told(`echo ${key}`)).value('a'), existsSync(join(folder, 'keys'))]).toEqual([FIRST, false])
    expect(codeOf(() => open(told(`echo ${'cd'.repeat(32)}`)).value('a'))).toBe('vault.wrong_key')
    expect(codeOf(() => open(told('echo secret')).value('a'))).toBe('vault.bad_key')
    expect(codeOf(() => open(told(`echo ${key} && exit 3`)).value('a'))).toBe('vault.key_command')
    expect(() => open(told(`echo ${key} && exit 3`)).value('a')).toThrow(
      expect.objectContaining({ message: 'the command of AOS_VAULT_KEY_COMMAND told no key: it ended with 3' }),
    )
    expect(() => open(told(`echo ${key}x`)).value('a')).not.toThrow(key)
  })

  test('from its first writing in a world on it is the vault of that world', () => {
    open().set('a', FIRST)
    const here = { world: () => WORLD }
    expect(open(here).value('a')).toBe(FIRST)
    open(here).rotate('a', SECOND)
    const there = { world: () => parseHash(`sha256:${'22'.repeat(32)}`) }
    expect(codeOf(() => open(there).value('a'))).toBe('vault.other_world')
    expect(codeOf(() => open(there).remove('a'))).toBe('vault.other_world')
    expect(open(here).value('a')).toBe(SECOND)
  })

  test('a writing that was cut off leaves the old file, and is no obstacle', () => {
    open().set('a', FIRST)
    writeFileSync(`${place.file}.tmp`, readFileSync(place.file).subarray(0, 300), { mode: 0o644 })
    expect(open().value('a')).toBe(FIRST)
    open().rotate('a', SECOND)
    expect([open().value('a'), statSync(place.file).mode & 0o777]).toEqual([SECOND, 0o600])
    expect(readdirSync(join(folder, 'world'))).toEqual(['vault'])
  })
})

describe('digests', () => {
  test('are the same for a value in one vault, and tell nothing without its key', () => {
    const vault = open()
    const [first, second] = [vault.set('a', FIRST).digest, vault.rotate('a', SECOND).digest]
    expect(vault.set('b', FIRST).digest).toBe(first)
    expect(vault.digest(SECOND)).toBe(second)
    expect(open({ file: join(folder, 'other') }).set('a', FIRST).digest).not.toBe(first)
  })
})

describe('effects', () => {
  const call = (effectKind: string, params: Readonly<Record<string, unknown>>, key = '01'): AdapterCall =>
    ({
      effectKind,
      params: { binding_id: 'vault:api/key', alias: 'api/key', ...params },
      idempotencyKey: key.repeat(32),
    }) as unknown as AdapterCall // what the adapter reads of it
  const codeIn = (result: AdapterResult): unknown => (result.payload as { readonly code?: unknown }).code // a failure

  test('a value that waits becomes a version, once', async () => {
    const vault = open()
    const adapter = makeVaultAdapter(vault)
    const { ref, digest } = vault.stage('api/key', FIRST)
    expect(vault.value('api/key')).toBeUndefined()
    const put = call('vault.put', { value_ref: ref, expected_digest: digest })
    expect(await adapter.lookup?.('', put)).toBeUndefined()
    const result = await adapter.perform(put)
    expect(result.status).toBe('ok')
    expect({ ...(result.payload as object) }).toEqual({
      alias: 'api/key',
      version: 1n,
      binding_id: 'vault:api/key',
      digest,
    })
    expect([vault.value('api/key'), vault.list().slots]).toEqual([FIRST, []])
    // The same call again: the same result; another one: nothing waits.
    expect(await makeVaultAdapter(open()).perform(put)).toEqual(result)
    expect(await adapter.lookup?.('', put)).toEqual(result)
    expect(codeIn(await adapter.perform(call('vault.put', { value_ref: ref, expected_digest: digest }, '02')))).toBe(
      'vault_no_slot',
    )
    expect(open().list().versions).toHaveLength(1)
  })

  test('a further version counts when a rotation says so', async () => {
    const vault = open()
    const adapter = makeVaultAdapter(vault)
    vault.set('api/key', FIRST)
    const { ref, digest } = vault.stage('api/key', SECOND)
    expect((await adapter.perform(call('vault.put', { value_ref: ref, expected_digest: digest }))).status).toBe('ok')
    expect(vault.value('api/key')).toBe(FIRST)
    const rotate = call('vault.rotate', { version: 2n, expected_digest: digest })
    expect(await adapter.lookup?.('', rotate)).toBeUndefined()
    const result = await adapter.perform(rotate)
    expect([result.status, open().value('api/key')]).toEqual(['ok', SECOND])
    expect(await adapter.lookup?.('', rotate)).toEqual(result)
    expect(await adapter.perform(rotate)).toEqual(result)
  })

  test('what does not fit changes nothing', async () => {
    const vault = open()
    const adapter = makeVaultAdapter(vault)
    const first = vault.set('api/key', FIRST)
    const { ref, digest } = vault.stage('api/key', SECOND)
    const other: Hash = vault.stage('other', THIRD).ref
    const before = readFileSync(place.file)
    const cases: readonly (readonly [string, AdapterCall])[] = [
      ['vault_digest', call('vault.put', { value_ref: ref, expected_digest: first.digest })],
      ['vault_no_slot', call('vault.put', { value_ref: digest, expected_digest: digest })],
      ['vault_no_slot', call('vault.put', { value_ref: other, expected_digest: digest })],
      ['vault_binding', call('vault.put', { value_ref: ref, expected_digest: digest, binding_id: 'vault:other' })],
      ['vault_binding', call('vault.rotate', { version: 1n, expected_digest: digest, binding_id: 'env:HOME' })],
      ['vault_no_version', call('vault.rotate', { version: 2n, expected_digest: digest })],
      ['vault_digest', call('vault.rotate', { version: 1n, expected_digest: digest })],
    ]
    for (const [code, one] of cases) {
      const result = await adapter.perform(one)
      expect([result.status, codeIn(result)]).toEqual(['error', code])
      for (const value of [FIRST, SECOND, THIRD]) expect(JSON.stringify(result.payload)).not.toContain(value)
    }
    expect(readFileSync(place.file)).toEqual(before)
    const locked = makeVaultAdapter(open({ keyFolder: join(folder, 'none') }))
    const result = await locked.perform(call('vault.rotate', { version: 1n, expected_digest: digest }))
    expect([codeIn(result), result.retryable]).toEqual(['vault_unavailable', true])
    expect(JSON.stringify(result.payload)).not.toContain(folder)
  })
})
