/** The keys of the person who asks: where they lie, who can read them, and whether the world knows them. */
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { isAosError, toHex } from '@aos/cbor'
import { refuseInsideWorld, refuseOthersAccess } from '../keys/key-folder.ts'
import { readOwnerKey } from '../keys/key-ring.ts'
import { failed, failedWith, passed, warned } from './report.ts'
import type { Check } from './report.ts'

/** What the checks of keys are about. */
export interface KeyPlace {
  readonly keyFolder: string
  /** Of the world, when there is one. */
  readonly root: string | undefined
  /** Owner keys of the world; undefined when the journal was not read, or is empty. */
  readonly owners: ReadonlySet<string> | undefined
}

/** Folder, permissions, owner key. */
export function checkKeys(place: KeyPlace): readonly Check[] {
  const { keyFolder, root, owners } = place
  const inside = root === undefined ? undefined : checkPlace(keyFolder, root)
  const before = inside === undefined ? [] : [inside]
  if (!existsSync(keyFolder)) {
    const message = `there is no key folder ${keyFolder}`
    if (owners === undefined)
      return [
        ...before,
        warned('keys', message, { hint: '`aos init` makes it, or set AOS_KEY_DIR to the one you have' }),
      ]
    const hint = 'set AOS_KEY_DIR to the folder that has the owner key of this world'
    return [...before, failed('keys', message, { hint, details: { folder: keyFolder } })]
  }
  const open = pathsOpenToOthers(keyFolder)
  if (open.length > 0) {
    const [first] = open
    const more = open.length === 1 ? '' : ` (and ${open.length - 1} more)`
    const message = `others can get at private keys: ${first?.message ?? ''}${more}`
    const hint = open.map(({ command }) => command).join(' && ')
    return [...before, failed('keys', message, { hint, details: { paths: open.map(({ path }) => path) } })]
  }
  return [...before, passed('keys', `${keyFolder} and the keys in it are yours alone`), checkOwner(place)]
}

/** Undefined when the folder lies outside, where it belongs. */
function checkPlace(keyFolder: string, root: string): Check | undefined {
  try {
    refuseInsideWorld(keyFolder, root)
    if (existsSync(keyFolder)) refuseInsideWorld(realpathSync(keyFolder), realpathSync(root))
    return undefined
  } catch (error) {
    return failedWith('key-folder', error)
  }
}

interface OpenPath {
  readonly path: string
  readonly message: string
  readonly command: string
}

/** Every path of the key folder that the group or others have a right on. */
function pathsOpenToOthers(keyFolder: string): readonly OpenPath[] {
  const host = join(keyFolder, 'host')
  const keysIn = (folder: string): readonly string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith('.key'))
          .map((name) => join(folder, name))
      : []
  const folders = [keyFolder, host].filter((folder) => existsSync(folder))
  const paths = [
    ...folders.map((path) => ({ path, mode: 0o700 })),
    ...[...keysIn(keyFolder), ...keysIn(host)].map((path) => ({ path, mode: 0o600 })),
  ]
  return paths.flatMap(({ path, mode }) => {
    try {
      refuseOthersAccess(path, mode)
      return []
    } catch (error) {
      if (!isAosError(error)) throw error
      return [{ path, message: error.message, command: error.hint ?? '' }]
    }
  })
}

function checkOwner({ keyFolder, owners }: KeyPlace): Check {
  let publicKey: string
  try {
    publicKey = toHex(readOwnerKey(keyFolder).publicKey)
  } catch (error) {
    return failedWith('owner-key', error)
  }
  if (owners === undefined) return passed('owner-key', `your owner key is ${publicKey}`, { public_key: publicKey })
  if (owners.has(publicKey)) {
    return passed('owner-key', `your owner key ${publicKey} is one of this world`, { public_key: publicKey })
  }
  return failed('owner-key', `your owner key ${publicKey} is none of this world`, {
    hint: `set AOS_KEY_DIR to the folder of its owner, or let the owner run \`aos key register ${publicKey}\``,
    details: { public_key: publicKey, owners: [...owners] },
  })
}
