/** The folder of a person's private keys. It lies outside every world folder. */
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { homedir, platform } from 'node:os'
import { join, resolve, sep } from 'node:path'
import { AosError } from '@aos/cbor'

/** The environment variables that say where keys are. */
export interface KeyEnvironment {
  /** The key of the vault itself (spec/25-secrets.md, "The key"). */
  readonly AOS_VAULT_KEY?: string | undefined
  /** A line for the shell that prints it. */
  readonly AOS_VAULT_KEY_COMMAND?: string | undefined
  readonly AOS_KEY_DIR?: string | undefined
  readonly XDG_CONFIG_HOME?: string | undefined
  readonly APPDATA?: string | undefined
}

/** AOS_KEY_DIR, else the folder that aos.json names, else the platform's. */
export function resolveKeyFolder(
  environment: KeyEnvironment,
  settings: { readonly root: string; readonly keys: string | undefined },
): string {
  const named = environment.AOS_KEY_DIR
  if (named !== undefined && named !== '') return resolve(named)
  if (settings.keys !== undefined) return resolve(settings.root, settings.keys)
  return platformKeyFolder(environment)
}

/** Throws `key.inside_world` when the folder lies in the world folder. */
export function refuseInsideWorld(folder: string, root: string): void {
  const world = resolve(root)
  if (folder !== world && !folder.startsWith(world + sep)) return
  throw new AosError('key.inside_world', `the key folder ${folder} lies in the world folder ${world}`, {
    hint: 'set AOS_KEY_DIR to a folder outside, so that copies of the world hold no private key',
  })
}

/** Makes the folder with mode 0700 if it is missing; throws `key.permissions` when others can get at it. */
export function prepareKeyFolder(folder: string): void {
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  }
  refuseOthersAccess(folder, 0o700)
}

/** Throws `key.permissions` when the group or others have any right on a file or folder. Windows has no such bits. */
export function refuseOthersAccess(path: string, expected: number): void {
  if (platform() === 'win32') return
  const mode = statSync(path).mode & 0o777
  if ((mode & 0o077) === 0) return
  throw new AosError('key.permissions', `${path} has mode ${mode.toString(8)}, expected ${expected.toString(8)}`, {
    hint: `chmod ${expected.toString(8)} ${path}`,
  })
}

function platformKeyFolder(environment: KeyEnvironment): string {
  const config = environment.XDG_CONFIG_HOME
  if (config !== undefined && config !== '') return join(config, 'aos', 'keys')
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'aos', 'keys')
  if (platform() === 'win32' && environment.APPDATA !== undefined) return join(environment.APPDATA, 'aos', 'keys')
  return join(homedir(), '.config', 'aos', 'keys')
}
