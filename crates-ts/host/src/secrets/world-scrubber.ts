/** What a host must not say about a world (spec/25-secrets.md, "Where it is scrubbed"). */
import { makeScrubber } from '@aos/adapters'
import type { Scrubber } from '@aos/adapters'
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { makeDispatchCatalog } from '../dispatch/dispatch-catalog.ts'
import type { HostWorld } from '../host-world.ts'
import { resolveKeyFolder } from '../keys/key-folder.ts'
import { readSettings } from '../settings.ts'
import { Vault } from '../vault/vault.ts'
import type { WorldFolder } from '../world-folder.ts'
import { HostSecrets, valuesOf } from './host-secrets.ts'
import type { SecretDefinitions } from './host-secrets.ts'
import type { SecretEnvironment } from './secret-bindings.ts'

/** The part of a world that has secrets. */
export type SecretiveWorld = Pick<HostWorld, 'definitions' | 'kernel' | 'readContent' | 'vault'>

const NOTHING_DEFINED: SecretDefinitions = { secret: () => undefined, secrets: [] }

/** For everything that the world's vault holds and that its manifest in force is bound to, as it is at each call. */
export function makeWorldScrubber(world: SecretiveWorld, environment: SecretEnvironment): () => Scrubber {
  const secrets = new HostSecrets(world.vault, environment)
  let known: KnownDefinitions | undefined
  return () => {
    known = definitionsNow(world, known)
    return secrets.scrubber(known?.definitions ?? NOTHING_DEFINED)
  }
}

interface KnownDefinitions {
  readonly of: Hash
  readonly definitions: SecretDefinitions
}

/** The last ones that could be read, when the world is closed or its store fails: whoever writes then tells of that. */
function definitionsNow(world: SecretiveWorld, known: KnownDefinitions | undefined): KnownDefinitions | undefined {
  const manifest = world.kernel.manifestHash
  if (manifest === undefined || known?.of === manifest) return known
  try {
    return { of: manifest, definitions: makeDispatchCatalog(world.definitions, world.readContent) }
  } catch (error) {
    if (isAosError(error)) return known
    throw error
  }
}

/** For everything in the vault of a folder that is not open; nothing when the vault cannot be opened. */
export function makeFolderScrubber(folder: WorldFolder, environment: SecretEnvironment): Scrubber {
  try {
    const { keys } = readSettings(folder.settingsFile)
    const keyFolder = resolveKeyFolder(environment, { root: folder.root, keys })
    const vault = new Vault({ file: folder.vault, keyFolder, environment, world: () => undefined })
    return makeScrubber(valuesOf(vault))
  } catch (error) {
    // The command itself says what is wrong with the folder.
    if (isAosError(error)) return makeScrubber([])
    throw error
  }
}
