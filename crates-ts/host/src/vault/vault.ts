/**
 * The secrets of one world, encrypted at rest (spec/25-secrets.md, "The vault"). Whoever holds the world's lock is the only
 * writer; every change is on the medium when it returns.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { SECRET_BYTES_MIN } from '@aos/adapters'
import type { VaultPort } from '@aos/adapters'
import { AosError, equalBytes, formatHash, hashBytes, isHash } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import { refuseOthersAccess } from '../keys/key-folder.ts'
import { decodeVault, encodeVault } from './vault-content.ts'
import type { VaultContent, VaultSecret, VaultVersion } from './vault-content.ts'
import { writePrivate } from './vault-file.ts'
import { ensureVaultKey, readVaultKey } from './vault-key.ts'
import type { VaultKey, VaultKeyPlace } from './vault-key.ts'
import { damaged, openSealed, sealVault } from './vault-seal.ts'

/** Where a vault lies and what opens it. */
export interface VaultPlace extends VaultKeyPlace {
  readonly file: string
  /** The id of the world; undefined while it has no genesis. */
  readonly world: () => Hash | undefined
}

/** What may be told of a version. */
export interface ShownVersion {
  readonly name: string
  readonly version: number
  readonly isCurrent: boolean
  /** HMAC-SHA-256 under a key of the vault: who has not got that cannot try values. */
  readonly digest: Hash
  readonly createdMs: number
}

/** What may be told of a value that waits for an effect. */
export interface ShownSlot {
  readonly name: string
  /** For `value_ref` of `vault.put`. */
  readonly ref: Hash
  /** For `expected_digest`. */
  readonly digest: Hash
  readonly createdMs: number
}

/** Bounds of a vault (spec/25-secrets.md, "The vault"). */
export const VAULT_LIMITS = { valueBytesMax: 65_536, versionsMax: 10_000, nameLengthMax: 128 } as const

const NAME = /^[A-Za-z][A-Za-z0-9._/-]*$/

interface Opened {
  readonly content: VaultContent
  readonly key: VaultKey
}

/** Opens the file once, when something is first asked of it. */
export class Vault implements VaultPort {
  readonly #place: VaultPlace
  /** `absent`: nothing was ever set. */
  #opened: Opened | 'absent' | undefined
  #generation = 0

  constructor(place: VaultPlace) {
    this.#place = place
  }

  /** False: nothing was ever set. */
  get exists(): boolean {
    return existsSync(this.#place.file)
  }

  /** Another number after every change. */
  get generation(): number {
    return this.#generation
  }

  /** Where the key comes from that opens it. Throws as `list`. */
  get keySource(): string | undefined {
    return this.#open()?.key.source
  }

  /** By name, then version. Throws `vault.no_key`, `vault.wrong_key`, `vault.damaged`, `vault.other_world`, `vault.unsupported`, `key.permissions`. */
  list(): { readonly versions: readonly ShownVersion[]; readonly slots: readonly ShownSlot[] } {
    const opened = this.#open()
    if (opened === undefined) return { versions: [], slots: [] }
    const { secrets, slots } = opened.content
    return {
      versions: secrets.flatMap((secret) => secret.versions.map((version) => shown(opened, secret, version))),
      slots: slots.map(({ name, ref, value, createdMs }) => ({
        name,
        ref: formatHash(ref as HashBytes), // 32 bytes of chance, in the form of a hash
        digest: digestOf(opened, value),
        createdMs,
      })),
    }
  }

  /** The value of a version, or of the current one; undefined when there is none. Throws as `list`. */
  value(name: string, version?: number): string | undefined {
    const secret = this.#open()?.content.secrets.find((one) => one.name === name)
    return secret?.versions.find((one) => one.version === (version ?? secret.current))?.value
  }

  /** The digest of a value. Throws as `list`. */
  digest(value: string): Hash | undefined {
    const opened = this.#open()
    return opened === undefined ? undefined : digestOf(opened, value)
  }

  /** Every value that is in it, of all versions, and what waits. Throws as `list`. */
  values(): readonly string[] {
    const content = this.#open()?.content
    if (content === undefined) return []
    const values = content.secrets.flatMap(({ versions }) => versions.map(({ value }) => value))
    return [...new Set([...values, ...content.slots.map(({ value }) => value)])]
  }

  /** The first version of a new secret. Throws `vault.exists`, `vault.bad_name`, `vault.bad_value`, `secret.too_short`, and as `list`. */
  set(name: string, value: string): ShownVersion {
    const opened = this.#openToWrite(name, value)
    if (findSecret(opened.content, name) !== undefined) {
      throw new AosError('vault.exists', `the vault has a secret ${name} already`, {
        hint: `give it another value with \`aos secret rotate ${name}\``,
      })
    }
    return this.#add(opened, { name, value, call: undefined, isCurrent: true })
  }

  /** A further version, which is current from now on. Throws `vault.unknown`, and as `set`. */
  rotate(name: string, value: string): ShownVersion {
    const opened = this.#openToWrite(name, value)
    needSecret(opened.content, name)
    return this.#add(opened, { name, value, call: undefined, isCurrent: true })
  }

  /** Makes a version that is there the current one. Throws `vault.unknown`, and as `list`. */
  makeCurrent(name: string, version: number): ShownVersion {
    const opened = this.#need()
    const secret = { ...needSecret(opened.content, name), current: version }
    const found = needVersion(secret, version)
    this.#write(opened, withSecret(opened.content, secret))
    return shown(opened, secret, found)
  }

  /**
   * Forgets a version, or the whole secret with what waits for it. Returns how many versions went. Throws `vault.unknown`, `vault.current`
   * for the current one while there are others, and as `list`.
   */
  remove(name: string, version?: number): number {
    const opened = this.#need()
    const { content } = opened
    if (version === undefined) {
      const slots = content.slots.filter((slot) => slot.name !== name)
      const secret = findSecret(content, name)
      if (secret === undefined && slots.length === content.slots.length) throw unknown(name)
      const secrets = content.secrets.filter((one) => one !== secret)
      this.#write(opened, { ...content, secrets, slots })
      return secret?.versions.length ?? 0
    }
    const secret = needSecret(content, name)
    needVersion(secret, version)
    if (secret.versions.length === 1) return this.remove(name)
    if (secret.current === version) {
      throw new AosError('vault.current', `version ${version} of ${name} is the current one`, {
        hint: `make another one current first: \`aos secret rotate ${name} --to VERSION\``,
      })
    }
    const versions = secret.versions.filter((one) => one.version !== version)
    this.#write(opened, withSecret(content, { ...secret, versions }))
    return 1
  }

  /** Keeps a value for one `vault.put`, in the place of an earlier one of that name. Throws as `set`, except `vault.exists`. */
  stage(name: string, value: string): ShownSlot {
    const opened = this.#openToWrite(name, value)
    const slot = { name, ref: randomBytes(32), value, createdMs: Date.now() }
    const others = opened.content.slots.filter((one) => one.name !== name)
    this.#write(opened, { ...opened.content, slots: byName([...others, slot]) })
    return {
      name,
      ref: formatHash(slot.ref as Uint8Array as HashBytes),
      digest: digestOf(opened, value),
      createdMs: slot.createdMs,
    } // as in `list`
  }

  /** A version as it may be told; undefined when there is none. Throws as `list`. */
  version(name: string, version: number): ShownVersion | undefined {
    return this.list().versions.find((one) => one.name === name && one.version === version)
  }

  /** The slot of a reference; undefined when there is none. Throws as `list`. */
  slot(ref: Hash): ShownSlot | undefined {
    return this.list().slots.find((slot) => slot.ref === ref)
  }

  /**
   * Makes a version of what waits in a slot, which is empty then. The version is current when it is the first. `call` is kept with it.
   * Throws `vault.unknown`, and as `list`.
   */
  takeSlot(ref: Hash, call: Uint8Array): ShownVersion {
    const opened = this.#need()
    const wanted = hashBytes(ref)
    const slot = opened.content.slots.find((one) => equalBytes(one.ref, wanted))
    if (slot === undefined) throw new AosError('vault.unknown', 'the vault has no slot of this reference')
    const { name, value } = slot
    const slots = opened.content.slots.filter((one) => one !== slot)
    const isCurrent = findSecret(opened.content, name) === undefined
    return this.#add({ ...opened, content: { ...opened.content, slots } }, { name, value, call, isCurrent })
  }

  /** The version that a call made; undefined when there is none. Throws as `list`. */
  madeBy(call: Uint8Array): ShownVersion | undefined {
    const opened = this.#open()
    if (opened === undefined) return undefined
    for (const secret of opened.content.secrets) {
      const version = secret.versions.find((one) => one.call !== undefined && equalBytes(one.call, call))
      if (version !== undefined) return shown(opened, secret, version)
    }
    return undefined
  }

  #add(
    opened: Opened,
    given: {
      readonly name: string
      readonly value: string
      readonly call: Uint8Array | undefined
      readonly isCurrent: boolean
    },
  ): ShownVersion {
    const { name, value, call, isCurrent } = given
    const { content } = opened
    const before = findSecret(content, name) ?? { name, current: 0, next: 1, versions: [] }
    const made: VaultVersion = { version: before.next, value, createdMs: Date.now(), call }
    const secret: VaultSecret = {
      name,
      current: isCurrent ? made.version : before.current,
      next: before.next + 1,
      versions: [...before.versions, made],
    }
    const after = withSecret(content, secret)
    if (after.secrets.reduce((sum, { versions }) => sum + versions.length, 0) > VAULT_LIMITS.versionsMax) {
      throw new AosError('vault.full', `the vault holds ${VAULT_LIMITS.versionsMax} versions, which is all it may`, {
        hint: 'remove old ones with `aos secret rm NAME --version VERSION`',
      })
    }
    this.#write(opened, after)
    return shown(opened, secret, made)
  }

  #write(opened: Opened, changed: VaultContent): void {
    const { file, world } = this.#place
    const id = world()
    const content = { ...changed, world: changed.world ?? (id === undefined ? undefined : hashBytes(id)) }
    writePrivate(file, sealVault(opened.key, encodeVault(content)))
    this.#opened = { ...opened, content }
    this.#generation += 1
  }

  #openToWrite(name: string, value: string): Opened {
    checkName(name)
    checkValue(value)
    const found = this.#open()
    if (found !== undefined) return found
    const key = ensureVaultKey(this.#place)
    return { key, content: { id: randomBytes(16), world: undefined, secrets: [], slots: [] } }
  }

  #need(): Opened {
    const opened = this.#open()
    if (opened === undefined)
      throw new AosError('vault.unknown', 'the vault is empty', { hint: 'see `aos secret set`' })
    return opened
  }

  /** undefined when nothing was ever set. */
  #open(): Opened | undefined {
    const { file, world } = this.#place
    if (this.#opened === undefined && !this.exists) this.#opened = 'absent'
    if (this.#opened === 'absent') return undefined
    const opened = this.#opened ?? this.#read()
    this.#opened = opened
    const id = world()
    if (id !== undefined && opened.content.world !== undefined && !equalBytes(opened.content.world, hashBytes(id))) {
      throw new AosError('vault.other_world', `${file} is the vault of another world`, {
        hint: 'remove the file, and set the secrets of this world',
      })
    }
    return opened
  }

  #read(): Opened {
    const { file, keyFolder } = this.#place
    refuseOthersAccess(file, 0o600)
    const key = readVaultKey(this.#place)
    if (key === undefined) throw noKey(file, keyFolder)
    return { key, content: readContent(key, file) }
  }
}

function readContent(key: VaultKey, file: string): VaultContent {
  const plain = openSealed(key, readFileSync(file), file)
  let content: VaultContent | undefined
  try {
    content = decodeVault(plain)
  } catch (cause) {
    throw damaged(file, cause)
  }
  if (content === undefined) throw new AosError('vault.unsupported', `${file} was written by a later release`)
  return content
}

function noKey(file: string, keyFolder: string): AosError {
  return new AosError('vault.no_key', `there is no key for the vault ${file} in ${keyFolder}`, {
    hint: 'set AOS_KEY_DIR to the folder that has vault-key, AOS_VAULT_KEY to the key, or AOS_VAULT_KEY_COMMAND to a command that prints it',
  })
}

function checkName(name: string): void {
  if (name.length <= VAULT_LIMITS.nameLengthMax && NAME.test(name)) return
  throw new AosError('vault.bad_name', `expected a name such as api/key, found ${JSON.stringify(name.slice(0, 64))}`, {
    hint: `a letter, then letters, digits, ".", "_", "/" and "-"; at most ${VAULT_LIMITS.nameLengthMax} characters`,
  })
}

/** Messages tell of the length alone. */
function checkValue(value: string): void {
  const bytes = Buffer.byteLength(value, 'utf8')
  if (bytes < SECRET_BYTES_MIN) {
    throw new AosError('secret.too_short', `a secret has ${bytes} bytes, less than ${SECRET_BYTES_MIN}`)
  }
  if (bytes <= VAULT_LIMITS.valueBytesMax) return
  throw new AosError('vault.bad_value', `a secret has ${bytes} bytes, more than ${VAULT_LIMITS.valueBytesMax}`)
}

function findSecret({ secrets }: VaultContent, name: string): VaultSecret | undefined {
  return secrets.find((secret) => secret.name === name)
}

function needSecret(content: VaultContent, name: string): VaultSecret {
  const secret = findSecret(content, name)
  if (secret === undefined) throw unknown(name)
  return secret
}

function needVersion({ name, versions }: VaultSecret, version: number): VaultVersion {
  const found = versions.find((one) => one.version === version)
  if (found === undefined) throw new AosError('vault.unknown', `the secret ${name} has no version ${version}`)
  return found
}

function unknown(name: string): AosError {
  return new AosError('vault.unknown', `the vault has no secret ${JSON.stringify(name.slice(0, 64))}`, {
    hint: 'see `aos secret ls`',
  })
}

function withSecret(content: VaultContent, secret: VaultSecret): VaultContent {
  const others = content.secrets.filter((one) => one.name !== secret.name)
  return { ...content, secrets: byName([...others, secret]) }
}

function byName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return items.toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0))
}

function shown(opened: Opened, secret: VaultSecret, { version, value, createdMs }: VaultVersion): ShownVersion {
  const { name, current } = secret
  return { name, version, isCurrent: version === current, digest: digestOf(opened, value), createdMs }
}

function digestOf({ key, content }: Opened, value: string): Hash {
  const mac = createHmac('sha256', key.derive(content.id, 'aos/vault/digest/v1', 32))
    .update(value, 'utf8')
    .digest('hex')
  const digest = `sha256:${mac}`
  if (!isHash(digest)) throw new TypeError('a digest has 32 bytes')
  return digest
}
