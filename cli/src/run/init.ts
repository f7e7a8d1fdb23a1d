/** `aos init`: files only; genesis comes with the first push (K1). */
import { AosError } from '@aos/cbor'
import { SEED_BYTES, ensureOwnerKey, readText, resolveKeyFolder, worldFolderAt, writeWhole } from '@aos/host'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { isRecord } from '../record.ts'
import { TEMPLATES } from '../templates.ts'
import type { Template } from '../templates.ts'
import { installTestkit } from '../editor-files.ts'
import { installWorldTypes } from '../world-files.ts'

const EMPTY_MANIFEST_TEXT = `${JSON.stringify(
  {
    $kind: 'manifest',
    air_version: '1',
    schemas: [],
    modules: [],
    plans: [],
    effects: [],
    caps: [],
    policies: [],
    routing: { events: [] },
  },
  null,
  2,
)}\n`
const SYNC_TEXT = `${JSON.stringify({ version: 1, air: { dir: 'air' }, modules: {} }, null, 2)}\n`
const IGNORE_TEXT = '.aos/\nnode_modules/\n'

/** `aos init`: copies a template to a new folder and makes a world of it. */
export async function init(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const dir = resolve(context.cwd, args.text('dir'))
  const { name: template, next: commands } = needTemplate(args.text('template'))
  const settings = settingsOf(args)
  refuseUsed(dir)
  const owner = ensureOwnerKey(resolveKeyFolder(context.environment, { root: dir, keys: undefined }))
  mkdirSync(dir, { recursive: true })
  if (template === 'empty') writeEmpty(dir)
  else cpSync(join(context.assets, 'templates', template), dir, { recursive: true })
  const { settingsFile } = worldFolderAt(dir)
  if (settings !== undefined || !existsSync(settingsFile)) writeSettings(settingsFile, settings ?? {})
  if (!existsSync(join(dir, '.gitignore'))) writeWhole(join(dir, '.gitignore'), IGNORE_TEXT)
  installTestkit(context, dir)
  await installWorldTypes(context, dir)
  const next = nextCommands(context, dir, commands)
  const lines = [`made the world folder ${dir} from the template ${template}`]
  if (owner.created) lines.push(`made your owner key ${owner.key.file} (mode 0600); keep a copy of it`)
  else lines.push(`your owner key is ${owner.key.file}`)
  lines.push('', 'next:', ...next.map((command) => `  ${context.style.bold(command)}`))
  const data = { world: dir, template, owner_key: owner.key.file, owner_key_created: owner.created, next }
  return { data, text: lines.join('\n') }
}

/** What differs from the default; a new seed is drawn here, once. Throws `cli.usage`. */
function settingsOf(args: Arguments): Readonly<Record<string, unknown>> | undefined {
  const clock = args.text('clock')
  const entropy = args.text('entropy')
  if (clock !== 'real' && clock !== 'virtual') throw usage(`--clock: expected real or virtual, found ${clock}`)
  if (entropy !== 'os' && entropy !== 'seeded') throw usage(`--entropy: expected os or seeded, found ${entropy}`)
  if (clock === 'real' && entropy === 'os') return undefined
  const seed = randomBytes(SEED_BYTES).toString('hex')
  return {
    ...(clock === 'real' ? {} : { clock: { mode: clock } }),
    ...(entropy === 'os' ? {} : { entropy: { mode: entropy, seed } }),
  }
}

/** Beside what the template says. */
function writeSettings(file: string, settings: Readonly<Record<string, unknown>>): void {
  const found: unknown = existsSync(file) ? JSON.parse(readText(file)) : { version: 1 }
  writeWhole(file, `${JSON.stringify({ ...(isRecord(found) ? found : {}), ...settings }, null, 2)}\n`)
}

function needTemplate(name: string): Template {
  const found = TEMPLATES.find((each) => each.name === name)
  if (found !== undefined) return found
  const known = TEMPLATES.map((each) => each.name).join(', ')
  throw new AosError('cli.unknown_template', `expected one of ${known}, found ${name}`, {
    hint: '`aos init --help` says what each is',
  })
}

/** A folder may be there, but must not hold anything. */
function refuseUsed(dir: string): void {
  if (!existsSync(dir)) return
  if (!statSync(dir).isDirectory()) throw new AosError('host.not_empty', `expected a folder, found the file ${dir}`)
  const names = readdirSync(dir)
  if (names.includes('aos.json') || names.includes('.aos')) {
    throw new AosError('host.world_exists', `${dir} is a world folder already`, {
      hint: 'push it, or choose another folder',
    })
  }
  if (names.length > 0) {
    throw new AosError('host.not_empty', `expected an empty folder, found ${names.length} files in ${dir}`, {
      hint: 'choose another folder',
    })
  }
}

function writeEmpty(dir: string): void {
  writeWhole(join(dir, 'air', 'manifest.air.json'), EMPTY_MANIFEST_TEXT)
  writeWhole(join(dir, 'aos.sync.json'), SYNC_TEXT)
}

/** As a shell takes them, from where the command was called. */
function nextCommands(context: CommandContext, dir: string, commands: readonly string[]): readonly string[] {
  const to = relative(context.cwd, dir)
  const folder = to.startsWith('..') || to === '' ? dir : to
  const [first = '', ...others] = commands
  return [`cd ${isPlainWord(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`} && ${first}`, ...others]
}

function isPlainWord(text: string): boolean {
  return /^[A-Za-z0-9_./][A-Za-z0-9_./-]*$/.test(text)
}
