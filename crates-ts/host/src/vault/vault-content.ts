/** What stands in a vault, and its canonical form (spec/25-secrets.md, "The file"). */
import { decode, encode } from '@aos/cbor'
import type { Data } from '@aos/cbor'

/** One value of a secret. Never changed once it is there. */
export interface VaultVersion {
  readonly version: number
  readonly value: string
  readonly createdMs: number
  /** The idempotency key of the effect that made it; undefined for one that a person made. */
  readonly call: Uint8Array | undefined
}

/** A secret by its name. */
export interface VaultSecret {
  readonly name: string
  /** The version that stands for the name. */
  readonly current: number
  /** Never used again, also not after a version was removed. */
  readonly next: number
  /** Ascending. */
  readonly versions: readonly VaultVersion[]
}

/** A value that waits for one `vault.put`. */
export interface VaultSlot {
  readonly name: string
  /** 32 bytes that tell nothing of the value. */
  readonly ref: Uint8Array
  readonly value: string
  readonly createdMs: number
}

/** All of a vault. */
export interface VaultContent {
  /** 16 bytes; digests depend on it. */
  readonly id: Uint8Array
  /** The leaf of the world's genesis; undefined while there is none. */
  readonly world: Uint8Array | undefined
  /** Sorted by name, as the slots are. */
  readonly secrets: readonly VaultSecret[]
  readonly slots: readonly VaultSlot[]
}

const FORMAT = 1

/** As canonical CBOR without the prefix; to be sealed. */
export function encodeVault({ id, world, secrets, slots }: VaultContent): Uint8Array {
  return encode([
    FORMAT,
    id,
    world ?? null,
    secrets.map(({ name, current, next, versions }) => [
      name,
      current,
      next,
      versions.map(({ version, value, createdMs, call }) => [version, value, createdMs, call ?? null]),
    ]),
    slots.map(({ name, ref, value, createdMs }) => [name, ref, value, createdMs]),
  ])
}

/** Reads what was sealed; undefined for another format. */
export function decodeVault(bytes: Uint8Array): VaultContent | undefined {
  const [format, id, world, secrets, slots] = listOf(decode(bytes, { prefix: 'absent' }))
  const isForm = format === FORMAT && id instanceof Uint8Array && (world === null || world instanceof Uint8Array)
  if (!isForm) return undefined
  return {
    id,
    world: world ?? undefined,
    secrets: listOf(secrets).map(readSecret),
    slots: listOf(slots).map(readSlot),
  }
}

function readSecret(item: Data): VaultSecret {
  const [name, current, next, versions] = listOf(item)
  return {
    name: textOf(name),
    current: numberOf(current),
    next: numberOf(next),
    versions: listOf(versions).map(readVersion),
  }
}

function readVersion(item: Data): VaultVersion {
  const [version, value, createdMs, call] = listOf(item)
  return {
    version: numberOf(version),
    value: textOf(value),
    createdMs: numberOf(createdMs),
    call: call instanceof Uint8Array ? call : undefined,
  }
}

function readSlot(item: Data): VaultSlot {
  const [name, ref, value, createdMs] = listOf(item)
  return {
    name: textOf(name),
    ref: ref instanceof Uint8Array ? ref : wrong(),
    value: textOf(value),
    createdMs: numberOf(createdMs),
  }
}

function listOf(item: Data | undefined): readonly Data[] {
  return Array.isArray(item) ? (item as readonly Data[]) : wrong() // Array.isArray does not narrow it
}

function textOf(item: Data | undefined): string {
  return typeof item === 'string' ? item : wrong()
}

function numberOf(item: Data | undefined): number {
  const value = typeof item === 'bigint' ? Number(item) : item
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : wrong()
}

/** Only for what this code sealed itself: it says that a later format was given the number of this one. */
function wrong(): never {
  throw new TypeError('a vault holds what this release did not write')
}
