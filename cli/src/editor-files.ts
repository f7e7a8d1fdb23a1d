/** What an editor finds beside a world's own files: the SDKs of its guests and how to read them. */
import { listFiles, readText, slashed, writeWhole } from '@aos/host'
import type { BuildRequest } from '@aos/host'
import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Puts the SDKs of the languages in use under `.aos`, and a tsconfig.json where none is. */
export async function installForEditors(
  { hidden, builds }: { readonly hidden: string; readonly builds: readonly BuildRequest[] },
  assets: string,
): Promise<void> {
  if (builds.length === 0) return
  const sdk = await import('@aos/sdk')
  const root = dirname(hidden)
  if (builds.some(({ language }) => language === 'assemblyscript')) {
    const { readEditorTypes } = await import('@aos/build')
    putFiles(join(hidden, 'sdk'), sdk.readSdkFiles({ sdkDir: join(assets, 'sdk') }))
    writeChanged(join(hidden, 'sdk', 'assembly.d.ts'), readEditorTypes())
    writeMissing(join(root, 'tsconfig.json'), sdk.guestTsconfig())
  }
  const scripts = builds.filter(({ language }) => language === 'typescript')
  if (scripts.length > 0)
    putFiles(join(hidden, 'sdk-script'), sdk.readScriptSdkFiles({ sdkDir: join(assets, 'sdk-script') }))
  for (const { sourcePath } of scripts) {
    const folder = statSync(sourcePath).isFile() ? dirname(sourcePath) : sourcePath
    writeMissing(join(folder, 'tsconfig.json'), sdk.scriptTsconfig(relative(folder, root)))
  }
}

/** Puts the crate that modules in Rust depend on into `hidden`: cargo needs it there before it builds. */
export function installRustSdk(assets: string, hidden: string): void {
  const crate = join(assets, 'sdk-rust')
  for (const file of [...listFiles(crate, '.rs'), join(crate, 'Cargo.toml')]) {
    writeChanged(join(hidden, 'sdk-rust', slashed(crate, file)), readText(file))
  }
}

const TESTKIT_DIR = '.aos/testkit'

/** Puts what tests of reducers import into the world folder: types, and a door to the command that is running. */
export function installTestkit({ assets }: { readonly assets: string }, root: string): void {
  const code = pathToFileURL(join(assets, '..', 'testkit.mjs')).href
  writeChanged(join(root, TESTKIT_DIR, 'index.d.ts'), readText(join(assets, 'testkit', 'index.d.ts')))
  writeChanged(join(root, TESTKIT_DIR, 'index.js'), `export { testReducer } from ${JSON.stringify(code)}\n`)
  writeChanged(join(root, TESTKIT_DIR, 'package.json'), '{"type":"module"}\n')
}

function putFiles(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, text] of files) writeChanged(join(folder, name), text)
}

function writeMissing(file: string, text: string): void {
  if (!existsSync(file)) writeWhole(file, text)
}

/** Writes a file unless it stands there already: editors watch these. */
export function writeChanged(file: string, text: string): void {
  if (!existsSync(file) || readText(file) !== text) writeWhole(file, text)
}
