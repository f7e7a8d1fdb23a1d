/** A folder with AIR, its world, and another folder from which the same world is changed. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureOwnerKey, localSigningWorld, openWorld, pullDefinitions, push, worldFolderAt } from '../src/index.ts'
import type { BuildRequest, HostWorld, ModuleBuilder, PullOptions, PullReport, PushOptions, PushReport, SigningWorld, WorldFolder } from '../src/index.ts' // prettier-ignore
import { makeLastEventModule } from './_module.ts'

/** A definition as its author writes it. */
export type Written = Record<string, unknown> & { readonly $kind: string; name?: string }

export interface PullWorld {
  readonly root: string
  readonly folder: WorldFolder
  readonly host: HostWorld
  readonly builder: ModuleBuilder
  push(options?: Partial<PushOptions>): Promise<PushReport>
  pull(options?: Partial<PullOptions>): Promise<PullReport>
  /** Somebody else brings the definitions of the folder with a change. */
  changeElsewhere(change: (definitions: Written[]) => void): Promise<PushReport>
  /** The same, of definitions that the folder has otherwise. */
  changeElsewhereOf(definitions: Written[], change: (definitions: Written[]) => void): Promise<PushReport>
  /** Files of the folder by their path, without what is hidden. */
  look(): Readonly<Record<string, string>>
  write(file: string, text: string): void
  /** The world opened anew, as another process would. */
  reopen(): Promise<void>
  close(): Promise<void>
}

/** Sources are folders with one file: what they build to is a module that ends with its text. */
const builder: ModuleBuilder = {
  build: ({ sourcePath }: BuildRequest) => {
    const note = readFileSync(join(sourcePath, 'index.ts'))
    return Promise.resolve({ wasm: withNote(note), sourceMap: undefined, fromCache: true })
  },
  runWorldFile: (file) => Promise.resolve({ text: readFileSync(file, 'utf8'), places: [] }),
  installForEditors: () => Promise.resolve(),
}

/** A custom section changes the bytes and nothing else. */
export function withNote(note: Uint8Array): Uint8Array {
  const text = note.slice(0, 100)
  return new Uint8Array([...makeLastEventModule(), 0, text.length + 2, 1, 0x6e, ...text])
}

/** Takes the files of a folder; pushed unless it is empty. */
export async function makePullWorld(files: Readonly<Record<string, string>>): Promise<PullWorld> {
  const base = mkdtempSync(join(tmpdir(), 'aos-pull-'))
  const keys = join(base, 'keys')
  ensureOwnerKey(keys)
  const folder = worldFolderAt(join(base, 'world'))
  const other = worldFolderAt(join(base, 'elsewhere'))
  const open = (): Promise<HostWorld> => openWorld(folder, { environment: { AOS_KEY_DIR: keys } })
  mkdirSync(folder.root)
  const write = (file: string, text: string): void => {
    const path = join(folder.root, file)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text)
  }
  for (const [file, text] of Object.entries(files)) write(file, text)
  let host = await open()
  const silent = { builder, dryRun: false, onProgress: (): void => undefined }
  const send = (world: HostWorld | SigningWorld, options?: Partial<PushOptions>): Promise<PushReport> =>
    push(world, { ...silent, forceBuild: false, message: undefined, ...options })
  const changeElsewhere: PullWorld['changeElsewhereOf'] = (definitions, change) => {
    rmSync(other.root, { recursive: true, force: true })
    mkdirSync(join(other.root, 'air'), { recursive: true })
    for (const name of ['aos.sync.json', 'reducers', 'modules']) {
      const from = join(folder.root, name)
      if (existsSync(from)) cpSync(from, join(other.root, name), { recursive: true })
    }
    change(definitions)
    writeFileSync(join(other.root, 'air', 'all.json'), JSON.stringify(definitions))
    return send({ ...localSigningWorld(host), folder: other })
  }
  return {
    root: folder.root,
    folder,
    get host() {
      return host
    },
    builder,
    push: (options) => send(host, options),
    pull: (options) => pullDefinitions(host, { ...silent, overwrite: false, modules: false, ...options }),
    changeElsewhere: (change) => changeElsewhere(readAir(folder.root), change),
    changeElsewhereOf: changeElsewhere,
    look: () => lookAt(folder.root),
    write,
    reopen: async () => {
      await host.close()
      host = await open()
    },
    close: async () => {
      await host.close()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

function readAir(root: string): Written[] {
  return Object.entries(lookAt(join(root, 'air'))).flatMap(([, text]) => {
    const found = JSON.parse(text) as Written | Written[] // AIR of the test
    return Array.isArray(found) ? found : [found]
  })
}

/** Files of a folder by their path. */
export function lookAt(root: string): Readonly<Record<string, string>> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const shown = files.filter((file) => !file.slice(root.length).startsWith('/.aos')).sort()
  return Object.fromEntries(shown.map((file) => [file.slice(root.length + 1), readFileSync(file, 'utf8')]))
}

/** The files of an example that make its world. */
export function exampleFiles(name: string): Readonly<Record<string, string>> {
  const root = join(import.meta.dirname, '../../../examples', name)
  const all = lookAt(root)
  const isTaken = (file: string): boolean => file.startsWith('air/') || file.startsWith('aos.')
  const taken = Object.entries(all).filter(([file]) => isTaken(file))
  const sync = JSON.parse(all['aos.sync.json'] ?? '{}') as { readonly modules?: Record<string, { source: string }> }
  const sources = Object.values(sync.modules ?? {}).map(({ source }) => [`${source}/index.ts`, source] as const)
  return Object.fromEntries([...taken, ...sources])
}

/** The one manifest among definitions. */
export function manifestOf(definitions: readonly Written[]): Written {
  const found = definitions.find(({ $kind }) => $kind === 'manifest')
  if (found === undefined) throw new Error('there is no manifest')
  return found
}
