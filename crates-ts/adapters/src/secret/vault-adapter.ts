/** `vault.put` and `vault.rotate` (spec/25-secrets.md, "Effects"). */
import type { Value } from '@aos/air'
import { fromHex, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { AdapterFailure, failureResult } from '../failures.ts'
import type { Adapter, AdapterCall, AdapterResult } from '../port.ts'
import { badParams, fieldOf, hashField, makeRecord, textField } from '../values.ts'

/** What the adapter is told of a value: never the value. */
export interface VaultEntry {
  readonly name: string
  readonly digest: Hash
}

/** A value that has a number. */
export interface VaultEntryVersion extends VaultEntry {
  readonly version: number
  readonly isCurrent: boolean
}

/** The part of a host's vault that effects may change. What it throws with a code is `vault_unavailable`. */
export interface VaultPort {
  /** What waits under a reference. */
  slot(ref: Hash): VaultEntry | undefined
  /** Makes a version of what waits; durable when it returns. */
  takeSlot(ref: Hash, call: Uint8Array): VaultEntryVersion
  /** The version that a call made earlier. */
  madeBy(call: Uint8Array): VaultEntryVersion | undefined
  version(name: string, version: number): VaultEntryVersion | undefined
  /** Durable when it returns. */
  makeCurrent(name: string, version: number): VaultEntryVersion
}

/** Its id is `vault`. A call that is made again with the same idempotency key changes nothing, and has the same result. */
export function makeVaultAdapter(vault: VaultPort): Adapter {
  return {
    id: 'vault',
    kinds: ['vault.put', 'vault.rotate'],
    perform: (call) =>
      Promise.resolve(answer(() => (call.effectKind === 'vault.put' ? put(vault, call) : rotate(vault, call)))),
    lookup: (_key, call) => Promise.resolve(lookUp(vault, call)),
    close: () => Promise.resolve(),
  }
}

const COST: ReadonlyMap<string, number> = new Map([['calls', 1]])

function answer(work: () => AdapterResult): AdapterResult {
  try {
    return work()
  } catch (error) {
    if (error instanceof AdapterFailure) return failureResult(error.code, error.message, COST)
    // Messages of the vault name files of this machine.
    if (isAosError(error)) return failureResult('vault_unavailable', `the vault refused: ${error.code}`, COST)
    throw error
  }
}

function put(vault: VaultPort, { params, idempotencyKey }: AdapterCall): AdapterResult {
  const { alias, digest } = readParams(params)
  const call = fromHex(idempotencyKey)
  const earlier = vault.madeBy(call)
  if (earlier !== undefined) return receipt(params, earlier)
  const ref = hashField(params, 'value_ref')
  if (ref === undefined) throw badParams('value_ref', 'a hash')
  const slot = vault.slot(ref)
  if (slot?.name !== alias) throw new AdapterFailure('vault_no_slot', `no value for ${alias} waits under the reference`)
  mustBe(digest, slot)
  return receipt(params, vault.takeSlot(ref, call))
}

function rotate(vault: VaultPort, { params }: AdapterCall): AdapterResult {
  const { alias, digest } = readParams(params)
  const version = readVersion(params)
  const found = vault.version(alias, version)
  if (found === undefined)
    throw new AdapterFailure('vault_no_version', `the vault has no version ${version} of ${alias}`)
  mustBe(digest, found)
  return receipt(params, found.isCurrent ? found : vault.makeCurrent(alias, version))
}

/** What is there shows what was done; that nothing is there does not show that nothing was done. */
function lookUp(vault: VaultPort, { effectKind, params, idempotencyKey }: AdapterCall): AdapterResult | undefined {
  const { alias, digest } = readParams(params)
  const found =
    effectKind === 'vault.put' ? vault.madeBy(fromHex(idempotencyKey)) : vault.version(alias, readVersion(params))
  const isDone = found !== undefined && found.digest === digest && (effectKind === 'vault.put' || found.isCurrent)
  return isDone ? receipt(params, found) : undefined
}

function readParams(params: Value): { readonly alias: string; readonly digest: Hash } {
  const alias = textField(params, 'alias')
  const binding = textField(params, 'binding_id')
  if (binding !== `vault:${alias}`) {
    throw new AdapterFailure('vault_binding', `expected the binding vault:${alias}`)
  }
  const digest = hashField(params, 'expected_digest')
  if (digest === undefined) throw badParams('expected_digest', 'a hash')
  return { alias, digest }
}

function readVersion(params: Value): number {
  const version = fieldOf(params, 'version')
  if (typeof version !== 'bigint' && typeof version !== 'number') throw badParams('version', 'a number')
  return Number(version)
}

function mustBe(expected: Hash, { name, digest }: VaultEntry): void {
  if (digest !== expected)
    throw new AdapterFailure('vault_digest', `the value of ${name} has another digest than expected`)
}

function receipt(params: Value, { name, version, digest }: VaultEntryVersion): AdapterResult {
  const binding = textField(params, 'binding_id')
  const payload = makeRecord({ alias: name, version: BigInt(version), binding_id: binding, digest })
  return { status: 'ok', payload, cost: COST }
}
