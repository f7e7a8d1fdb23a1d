/** `aos secret set|rotate|stage|ls|rm`: the vault of a world (spec/25-secrets.md, "Commands"). No value is ever shown. */
import type { ShownVersion } from '@aos/host'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { VALUE_OPTION, readSecretValue } from '../secret-value.ts'
import { withFolder } from '../world.ts'

/** `aos secret set`: a new secret, in its first version. */
export async function secretSet(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const name = args.text('name')
  const value = await readSecretValue(context, args)
  return withFolder(context, args, ({ vault }) => Promise.resolve(tellVersion('set', vault.set(name, value))))
}

/** `aos secret rotate`: a further version, or one that is there, becomes the current one. */
export async function secretRotate(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const name = args.text('name')
  const version = readVersion(args, 'to')
  if (version !== undefined) {
    if (args.optionalText(VALUE_OPTION) !== undefined) throw usage(`--to takes a version that is there, and no value`)
    return withFolder(context, args, ({ vault }) =>
      Promise.resolve(tellVersion('rotated', vault.makeCurrent(name, version))),
    )
  }
  const value = await readSecretValue(context, args)
  return withFolder(context, args, ({ vault }) => Promise.resolve(tellVersion('rotated', vault.rotate(name, value))))
}

/** `aos secret stage`: a value that waits for one `vault.put`. */
export async function secretStage(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const name = args.text('name')
  const value = await readSecretValue(context, args)
  return withFolder(context, args, ({ vault }) => {
    const { ref, digest, createdMs } = vault.stage(name, value)
    const text = [`${name} waits for vault.put with`, `  value_ref       ${ref}`, `  expected_digest ${digest}`].join(
      '\n',
    )
    return Promise.resolve({ data: { name, value_ref: ref, digest, created: timeOf(createdMs) }, text })
  })
}

/** `aos secret ls`: names, versions and digests. */
export async function secretLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withFolder(context, args, ({ folder, vault }) => {
    const { versions, slots } = vault.list()
    const names = [...new Set(versions.map(({ name }) => name))]
    const secrets = names.map((name) => {
      const own = versions.filter((version) => version.name === name)
      return {
        name,
        current: own.find(({ isCurrent }) => isCurrent)?.version,
        versions: own.map(({ version, digest, createdMs }) => ({ version, digest, created: timeOf(createdMs) })),
      }
    })
    const staged = slots.map(({ name, ref, digest, createdMs }) => ({
      name,
      value_ref: ref,
      digest,
      created: timeOf(createdMs),
    }))
    const lines = [
      ...secrets.map(({ name, current, versions: { length } }) => `${name}  version ${current} of ${length}`),
      ...staged.map(({ name, value_ref }) => `${name}  waits under ${value_ref}`),
    ]
    const data = { vault: folder.vault, key: vault.keySource ?? null, secrets, staged }
    return Promise.resolve({ data, text: lines.length === 0 ? 'the vault is empty' : lines.join('\n') })
  })
}

/** `aos secret rm`: forgets a secret, or one version of it. */
export async function secretRm(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const name = args.text('name')
  const version = readVersion(args, 'of')
  return withFolder(context, args, ({ vault }) => {
    const removed = vault.remove(name, version)
    const what = version === undefined ? name : `version ${version} of ${name}`
    return Promise.resolve({ data: { name, removed }, text: `removed ${what}` })
  })
}

function tellVersion(verb: 'set' | 'rotated', { name, version, digest, createdMs }: ShownVersion): CommandResult {
  const data = { name, version, current: true, digest, created: timeOf(createdMs) }
  return { data, text: verb === 'set' ? `set ${name}` : `${name} is version ${version} now` }
}

function readVersion(args: Arguments, name: string): number | undefined {
  const version = args.optionalHeight(name)
  if (version === 0) throw usage(`${name}: versions begin at 1`)
  return version
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
