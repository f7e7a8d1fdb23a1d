/** What secrets are bound to on this machine (spec/25-secrets.md, "Bindings"). Never journaled, never logged. */
import type { DefSecret } from '@aos/air'
import { hashText, isAosError } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'
import type { Vault } from '../vault/vault.ts'

/** Where bindings of the environment are looked up. */
export type SecretEnvironment = Readonly<Record<string, string | undefined>>

/** Where bindings are looked up. */
export interface SecretSources {
  readonly environment: SecretEnvironment
  readonly vault: Pick<Vault, 'value' | 'digest'>
}

/** Why a secret has no value. The message quotes nothing of it. */
export interface SecretFailure {
  readonly code: 'secret_missing' | 'secret_digest' | 'secret_vault'
  readonly message: string
}

/** A secret as the machine has it. */
export type BoundSecret =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly failure: SecretFailure }

/** A binding in its parts. */
export type SecretBinding =
  | { readonly kind: 'env'; readonly variable: string }
  /** Without a version: the current one. */
  | { readonly kind: 'vault'; readonly name: string; readonly version: number | undefined }

const ENVIRONMENT = /^env:([A-Za-z_][A-Za-z0-9_]*)$/
const VAULT = /^vault:([A-Za-z][A-Za-z0-9._/-]*)(?:@([1-9][0-9]{0,9}))?$/

/** `env:NAME`, `vault:NAME` or `vault:NAME@VERSION`; undefined for anything else. */
export function parseBinding(text: string): SecretBinding | undefined {
  const variable = ENVIRONMENT.exec(text)?.[1]
  if (variable !== undefined) return { kind: 'env', variable }
  const [, name, version] = VAULT.exec(text) ?? []
  if (name === undefined) return undefined
  return { kind: 'vault', name, version: version === undefined ? undefined : Number(version) }
}

/** The value as it is now: of the variable of the process, or of the vault. */
export function lookUpSecret(name: string, definition: DefSecret | undefined, sources: SecretSources): BoundSecret {
  if (definition === undefined) return missing(name, 'the manifest in force does not define it')
  const { bindingId, expectedDigest } = definition
  const binding = parseBinding(bindingId)
  if (binding === undefined) return missing(name, `this host has no store for the binding ${bindingId}`)
  return binding.kind === 'env'
    ? fromEnvironment(name, binding.variable, { expectedDigest, environment: sources.environment })
    : fromVault(name, binding, { expectedDigest, vault: sources.vault })
}

interface Expected {
  readonly expectedDigest: DefSecret['expectedDigest'] | undefined
}

function fromEnvironment(
  name: string,
  variable: string,
  { environment, expectedDigest }: Pick<SecretSources, 'environment'> & Expected,
): BoundSecret {
  const value = Object.hasOwn(environment, variable) ? environment[variable] : undefined
  if (value === undefined || value === '') return missing(name, `the variable ${variable} is not set`)
  if (expectedDigest !== undefined && hashText(nodeSha256, Buffer.from(value, 'utf8')) !== expectedDigest) {
    return otherDigest(name)
  }
  return { ok: true, value }
}

function fromVault(
  name: string,
  { name: secret, version }: Extract<SecretBinding, { readonly kind: 'vault' }>,
  { vault, expectedDigest }: Pick<SecretSources, 'vault'> & Expected,
): BoundSecret {
  try {
    const value = vault.value(secret, version)
    if (value === undefined) {
      return missing(name, `the vault has no ${secret}${version === undefined ? '' : ` in version ${version}`}`)
    }
    if (expectedDigest !== undefined && vault.digest(value) !== expectedDigest) return otherDigest(name)
    return { ok: true, value }
  } catch (error) {
    if (!isAosError(error)) throw error
    return { ok: false, failure: { code: 'secret_vault', message: `${name}: the vault does not open (${error.code})` } }
  }
}

function missing(name: string, why: string): BoundSecret {
  return { ok: false, failure: { code: 'secret_missing', message: `${name}: ${why}` } }
}

function otherDigest(name: string): BoundSecret {
  return {
    ok: false,
    failure: { code: 'secret_digest', message: `${name}: the value has another digest than expected` },
  }
}
