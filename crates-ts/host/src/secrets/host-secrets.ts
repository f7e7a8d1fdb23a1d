/** Secrets as this host has them: values for slots, and what must not come back (spec/25-secrets.md, "Bindings"). */
import { SECRET_BYTES_MIN, makeScrubber } from '@aos/adapters'
import type { Scrubber } from '@aos/adapters'
import type { DefSecret } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { Vault } from '../vault/vault.ts'
import { lookUpSecret } from './secret-bindings.ts'
import type { BoundSecret, SecretEnvironment } from './secret-bindings.ts'

/** Definitions of one manifest. */
export interface SecretDefinitions {
  /** By `alias@version`. */
  readonly secret: (name: string) => DefSecret | undefined
  readonly secrets: readonly DefSecret[]
}

/** Of one open world. */
export class HostSecrets {
  readonly #vault: Vault
  readonly #environment: SecretEnvironment
  #scrubber: { readonly of: SecretDefinitions; readonly generation: number; readonly scrubber: Scrubber } | undefined

  constructor(vault: Vault, environment: SecretEnvironment) {
    this.#vault = vault
    this.#environment = environment
  }

  /** The value of a secret now. */
  lookUp(name: string, definitions: SecretDefinitions): BoundSecret {
    return lookUpSecret(name, definitions.secret(name), { environment: this.#environment, vault: this.#vault })
  }

  /** For every secret that any of the definitions is bound to, and for all of the vault. Made anew only when one of them changed. */
  scrubber(definitions: SecretDefinitions): Scrubber {
    const { generation } = this.#vault
    if (this.#scrubber?.of !== definitions || this.#scrubber.generation !== generation) {
      const scrubber = makeScrubber(this.#values(definitions))
      this.#scrubber = { of: definitions, generation, scrubber }
    }
    return this.#scrubber.scrubber
  }

  #values({ secrets }: SecretDefinitions): readonly string[] {
    const bound = secrets.flatMap((definition) => {
      const found = this.lookUp(definition.name, { secret: () => definition, secrets })
      return found.ok ? [found.value] : []
    })
    const values = new Set([...bound, ...valuesOf(this.#vault)])
    // What is shorter reaches no adapter.
    return [...values].filter((value) => Buffer.byteLength(value, 'utf8') >= SECRET_BYTES_MIN)
  }
}

/** Nothing of a vault that cannot be opened: then none of it can have got out. */
export function valuesOf(vault: Vault): readonly string[] {
  try {
    return vault.values()
  } catch (error) {
    if (isAosError(error)) return []
    throw error
  }
}
