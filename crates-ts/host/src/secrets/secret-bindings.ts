/** What secrets are bound to on this machine (spec/14-dispatch.md, "Secrets"). Never journaled, never logged. */
import type { DefSecret } from '@aos/air'
import { hashText } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'

/** Where bindings are looked up. */
export type SecretEnvironment = Readonly<Record<string, string | undefined>>

/** Why a secret has no value. The message quotes nothing of it. */
export interface SecretFailure {
  readonly code: 'secret_missing' | 'secret_digest'
  readonly message: string
}

/** A secret as the machine has it. */
export type BoundSecret =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly failure: SecretFailure }

const ENVIRONMENT = /^env:([A-Za-z_][A-Za-z0-9_]*)$/

/** Bindings are `env:NAME`: the variable of the process, as it is when the effect is dispatched. */
export function lookUpSecret(
  name: string,
  definition: DefSecret | undefined,
  environment: SecretEnvironment,
): BoundSecret {
  if (definition === undefined) return missing(name, 'the manifest in force does not define it')
  const variable = ENVIRONMENT.exec(definition.bindingId)?.[1]
  if (variable === undefined) return missing(name, `this host has no store for the binding ${definition.bindingId}`)
  const value = Object.hasOwn(environment, variable) ? environment[variable] : undefined
  if (value === undefined || value === '') return missing(name, `the variable ${variable} is not set`)
  const { expectedDigest } = definition
  if (expectedDigest !== undefined && hashText(nodeSha256, Buffer.from(value, 'utf8')) !== expectedDigest) {
    const failure = { code: 'secret_digest', message: `${name}: the value has another digest than expected` } as const
    return { ok: false, failure }
  }
  return { ok: true, value }
}

function missing(name: string, why: string): BoundSecret {
  return { ok: false, failure: { code: 'secret_missing', message: `${name}: ${why}` } }
}
