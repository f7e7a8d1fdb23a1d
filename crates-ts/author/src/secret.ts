/** Secrets by name: no world file holds a value of one (spec/14-dispatch.md, "Secrets"). */
import type { Json } from './expression-json.ts'
import { placeHere } from './place.ts'
import type { Place } from './place.ts'

/** A declared secret. It may stand wherever a schema expects a reference to one. */
export interface Secret {
  readonly kind: 'secret'
  /** `alias@version`. */
  readonly name: string
  readonly alias: string
  readonly version: number
  readonly json: Json
  readonly place: Place
}

/** Where the value of a secret comes from, and who may use it. */
export interface SecretOptions {
  /** Such as `env:NAME`. */
  readonly binding: string
  /** SHA-256 that the value must have. */
  readonly digest?: string
  /** Grants under which it may be used, by name; all when absent. A name, because the plan names the secret. */
  readonly grants?: readonly string[]
  /** Plans that may use it, by name; all when absent. */
  readonly plans?: readonly string[]
}

/** Declares a secret: `secret('demo/model_key@1', { binding: 'env:MODEL_KEY' })`. */
export function secret(name: string, options: SecretOptions): Secret {
  const at = name.lastIndexOf('@')
  const { binding, digest, grants, plans } = options
  const json = {
    $kind: 'defsecret',
    name,
    binding_id: binding,
    ...(digest === undefined ? {} : { expected_digest: digest }),
    ...(grants === undefined ? {} : { allowed_caps: grants }),
    ...(plans === undefined ? {} : { allowed_plans: plans }),
  }
  return {
    kind: 'secret',
    name,
    alias: name.slice(0, Math.max(at, 0)),
    version: Number(name.slice(at + 1)),
    json,
    place: placeHere(),
  }
}

/** True for what `secret` returns. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'secret' && 'alias' in value
}
