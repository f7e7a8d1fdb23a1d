/** World files: what they are run with, and what an editor needs to check them. */
import {
  WORLD_FILE,
  languageOf,
  listFiles,
  readSyncFile,
  readText,
  slashed,
  worldFileAt,
  worldFolderAt,
  writeWhole,
} from '@aos/host'
import type { RunWorldFile } from '@aos/host'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandContext } from './context.ts'

/** The bundler is loaded at the first world file. */
export function makeRunWorldFile(context: Pick<CommandContext, 'assets'>): RunWorldFile {
  return async (file) => {
    const { runWorldFile } = await import('@aos/build')
    return runWorldFile({ file, author: readText(join(context.assets, 'author', 'builders.js')) })
  }
}

const TYPES_DIR = '.aos/author'

/**
 * Puts the types of `@aos/author` into a world folder that has a world file, and a tsconfig.json that finds them. A tsconfig.json
 * that somebody wrote stays as it is.
 */
export async function installWorldTypes(context: Pick<CommandContext, 'assets'>, root: string): Promise<void> {
  if (worldFileAt(root) === undefined) return
  const types = join(context.assets, 'author', 'types')
  for (const file of listFiles(types, '.d.ts')) {
    writeChanged(join(root, TYPES_DIR, slashed(types, file)), readText(file))
  }
  const { guestTsconfig } = await import('@aos/sdk')
  const config = join(root, 'tsconfig.json')
  // The one for guests knows no library that a world file could use; theirs lies with them then.
  if (existsSync(config) && !isSameJson(readText(config), guestTsconfig())) return
  writeChanged(config, worldTsconfig())
  for (const folder of guestFolders(root)) {
    const own = join(root, folder, 'tsconfig.json')
    if (!existsSync(own)) writeWhole(own, guestTsconfigIn(guestTsconfig()))
  }
}

/** The folders of the root in which sources of modules in AssemblyScript lie. */
function guestFolders(root: string): readonly string[] {
  const { modules } = readSyncFile(worldFolderAt(root).syncFile)
  const sources = [...modules.values()]
    .filter((module) => !module.source.endsWith('.wasm'))
    .filter((module) => languageOf(module, join(root, module.source)) === 'assemblyscript')
    .map(({ source }) => slashed(root, join(root, source)))
  return [...new Set(sources.filter((source) => source.includes('/')).map((source) => source.split('/')[0] ?? ''))]
}

/** The same for a folder of the root: every path in it leads up first. */
function guestTsconfigIn(text: string): string {
  const { compilerOptions, include }: GuestTsconfig = JSON.parse(text)
  const { rootDirs, paths, ...others } = compilerOptions
  const up = (path: string): string => `../${path.replace(/^\.\//, '')}`
  const config = {
    compilerOptions: {
      ...others,
      rootDirs: rootDirs.map((path) => (path === '.' ? '..' : up(path))),
      paths: Object.fromEntries(Object.entries(paths).map(([name, targets]) => [name, targets.map(up)])),
    },
    include: ['.', ...include.filter((path) => path.startsWith('.aos/')).map(up)],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** What `guestTsconfig` writes. */
interface GuestTsconfig {
  readonly compilerOptions: {
    readonly rootDirs: readonly string[]
    readonly paths: Readonly<Record<string, readonly string[]>>
  }
  readonly include: readonly string[]
}

/** For the editor, and for `tsc -p .`; running a world file needs neither. */
function worldTsconfig(): string {
  const config = {
    compilerOptions: {
      target: 'ES2023',
      lib: ['ES2023'],
      module: 'ESNext',
      moduleResolution: 'bundler',
      types: [],
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      paths: { '@aos/author': [`./${TYPES_DIR}/index.d.ts`] },
    },
    include: [WORLD_FILE],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** However it is laid out. */
function isSameJson(text: string, other: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(JSON.parse(other))
  } catch {
    // Comments may stand in a tsconfig.json; then it is somebody's own.
    return false
  }
}

/** Editors watch these files; one that has not changed is left alone. */
function writeChanged(file: string, text: string): void {
  if (!existsSync(file) || readText(file) !== text) writeWhole(file, text)
}
