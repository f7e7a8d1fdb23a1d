/** `aos key ls|new|register|revoke`. */
import { isAosError, toHex } from '@aos/cbor'
import { changeKey, createKeyAt, keyIdOf, listKeys, parsePublicKey, readSettings, resolveKeyFolder } from '@aos/host'
import { resolve } from 'node:path'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { findWorld, withSigningWorld } from '../world.ts'

/** The keys of this person; with a world at hand also those it knows. */
export async function keyLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const world = optionalWorld(context, args)
  const settings = world === undefined ? undefined : readSettings(world.settingsFile)
  const folder = resolveKeyFolder(context.environment, { root: world?.root ?? context.cwd, keys: settings?.keys })
  const own = listKeys(folder).map(({ role, key }) => ({
    role,
    public_key: toHex(key.publicKey),
    key_id: toHex(key.keyId),
    file: key.file,
  }))
  const registered = world === undefined ? undefined : await registeredKeys(context, args)
  const lines = [`keys in ${folder}:`, ...own.map((key) => `  ${key.role.padEnd(6)} ${key.public_key}`)]
  if (own.length === 0) lines.push('  none; `aos init` makes an owner key')
  if (registered !== undefined && registered.length > 0) {
    lines.push('keys that the world knows:')
    for (const key of registered) {
      const revoked = key.revoked_at === undefined ? '' : `, revoked at height ${key.revoked_at}`
      lines.push(`  ${key.role.padEnd(6)} ${key.public_key} from height ${key.from}${revoked}`)
    }
  }
  return { data: { folder, keys: own, registered }, text: lines.join('\n') }
}

/** `aos key new`: a key in a file of mode 0600. Throws `key.exists`, `host.file`. */
export async function keyNew(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const { file, publicKey, keyId } = createKeyAt(resolve(context.cwd, args.text('file')))
  const data = { file, public_key: toHex(publicKey), key_id: toHex(keyId) }
  return { data, text: `${data.public_key} in ${file} (mode 0600); keep a copy of it` }
}

/** `aos key register`: an entry, signed by an owner, that lets a public key act. */
export async function keyRegister(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return change(context, args, 'register')
}

/** `aos key revoke`: an entry, signed by an owner, after which a public key counts no more. */
export async function keyRevoke(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return change(context, args, 'revoke')
}

async function change(context: CommandContext, args: Arguments, verb: 'register' | 'revoke'): Promise<CommandResult> {
  const publicKey = parsePublicKey(args.text('public-key'))
  const role = args.text('role')
  return withSigningWorld(context, args, async (host) => {
    const height = await changeKey(host, { change: verb, publicKey, role, kinds: args.list('kind') })
    const data = { height, public_key: toHex(publicKey), key_id: toHex(keyIdOf(publicKey)), role }
    return {
      data,
      text: `height ${height}: ${verb === 'register' ? 'registered' : 'revoked'} ${data.public_key} (${role})`,
    }
  })
}

async function registeredKeys(
  context: CommandContext,
  args: Arguments,
): Promise<
  readonly {
    readonly role: string
    readonly public_key: string
    readonly from: number
    readonly revoked_at: number | undefined
  }[]
> {
  return withSigningWorld(context, args, async (host) => {
    const { keys } = await host.facts()
    return keys.map(({ role, publicKey, kinds, from, revoked }) => ({
      role,
      public_key: toHex(publicKey),
      key_id: toHex(keyIdOf(publicKey)),
      kinds: kinds.length === 0 ? undefined : kinds,
      from,
      revoked_at: revoked,
    }))
  })
}

function optionalWorld(context: CommandContext, args: Arguments): ReturnType<typeof findWorld> | undefined {
  try {
    return findWorld(context, args)
  } catch (error) {
    if (isAosError(error) && error.code === 'host.no_world' && args.optionalText('world') === undefined)
      return undefined
    throw error
  }
}
