import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { licenceFaults, productionFolders, readDependencyTables } from './dependencies.ts'
import type { DependencyRow, LockEntry } from './dependencies.ts'
import { expectNone } from './expect-none.ts'
import { PACKAGES, isShipped, packageOf } from './graph.ts'
import { packageNameOf } from './imports.ts'
import { readSource } from './sources.ts'
import { ROOT, listFiles, readJson, readText } from './tree.ts'

const rows = readDependencyTables(readText('docs/decisions/0004-dependencies.md'))
const lock = readJson('package-lock.json')['packages'] as Readonly<Record<string, LockEntry>> // npm's own shape

function installedLicence(folder: string): string | undefined {
  const manifest = `${folder}/package.json`
  if (!existsSync(`${ROOT}/${manifest}`)) return undefined
  const licence = readJson(manifest)['license']
  return typeof licence === 'string' ? licence : undefined
}

/** Rows whose importers are not those of the table in `graph.ts`, in either direction. */
function tableFaults(table: readonly DependencyRow[], used: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const listed = new Map(table.flatMap(({ names, importedBy }) => names.map((name) => [name, importedBy] as const)))
  const unlisted = [...used].flatMap(([name, importers]) =>
    importers.filter((importer) => listed.get(name)?.includes(importer) !== true).map((by) => `${by} imports ${name}`),
  )
  const shipped = table.filter(({ importedBy }) => importedBy !== undefined).flatMap(({ names }) => names)
  const idle = [...listed].flatMap(([name, importers]) =>
    (importers ?? [])
      .filter((importer) => !shipped.includes(importer) && used.get(name)?.includes(importer) !== true)
      .map((importer) => `${importer} does not import ${name}`),
  )
  return [...unlisted, ...idle]
}

test('what ships imports from outside what the table of the decision lets it, and nothing is listed in vain', () => {
  const used = new Map<string, string[]>()
  for (const path of listFiles().filter((name) => isShipped(name) && name.endsWith('.ts'))) {
    const importer = packageOf(path)?.name.slice('@aos/'.length) ?? path
    // A file of a package that is read and not loaded counts, too.
    const resolved = [...readText(path).matchAll(/\.resolve\('([^'.][^']*)'\)/g)].map((match) => match[1] ?? '')
    for (const specifier of [...readSource(path).imports.map((each) => each.specifier), ...resolved]) {
      const name = packageNameOf(specifier)
      if (name === undefined || name.startsWith('@aos/')) continue
      const importers = used.get(name) ?? []
      if (!importers.includes(importer)) importers.push(importer)
      used.set(name, importers)
    }
  }
  expect(used.size).toBeGreaterThan(3)
  expectNone(tableFaults(rows, used))
})

test('package.json files let the same packages import them', () => {
  const allowed = new Map<string, string[]>()
  for (const rule of PACKAGES) {
    for (const name of rule.outside) {
      allowed.set(name, [...(allowed.get(name) ?? []), rule.name.slice('@aos/'.length)])
    }
  }
  expectNone(tableFaults(rows, allowed))
})

test('every row says what for, and the licence that was installed', () => {
  expect(rows.flatMap(({ names }) => names).length).toBeGreaterThan(15)
  for (const { names, purpose, licences } of rows) {
    expect(purpose, names.join()).not.toBe('')
    const installed = names.map((name) => installedLicence(`node_modules/${name}`) ?? 'not installed')
    const named = licences.length === 1 ? names.map(() => licences[0]) : licences
    expect(installed, names.join()).toEqual(named)
  }
})

test('every dependency that ships has a licence that lets it', () => {
  expect(productionFolders(lock).length).toBeGreaterThan(20)
  expectNone(licenceFaults(lock, installedLicence))
})

test('planted: a licence that does not let it ship, and none at all, are seen', () => {
  const planted: Readonly<Record<string, LockEntry>> = {
    '': { license: 'Apache-2.0' },
    'crates-ts/store': { license: 'none of its business' },
    'node_modules/@aos/store': { link: true },
    'node_modules/good': { license: 'MIT' },
    'node_modules/copyleft': { license: 'GPL-3.0' },
    'node_modules/silent': {},
    'node_modules/tool': { license: 'MPL-2.0', dev: true },
    'node_modules/good/node_modules/changed': { license: 'MIT' },
  }
  const installed = (folder: string): string | undefined => (folder.endsWith('changed') ? 'SSPL-1.0' : undefined)
  expect(licenceFaults(planted, installed)).toEqual([
    'node_modules/copyleft: GPL-3.0',
    'node_modules/silent: none',
    'node_modules/good/node_modules/changed: SSPL-1.0',
  ])
})

test('planted: imports beside the table, and rows without imports, are seen', () => {
  const table = readDependencyTables(
    [
      '| package | imported by | for | licence |',
      '| --- | --- | --- | --- |',
      '| `level` | `store`, `host` | content | MIT |',
      '| `classic-level` | `level` | the back end of it | MIT |',
      '',
      '| package | for | licence |',
      '| --- | --- | --- |',
      '| `cborg`, `cbor-x` 1.6 | oracles | Apache-2.0, MIT |',
    ].join('\n'),
  )
  expect(table.at(-1)).toEqual({
    names: ['cborg', 'cbor-x'],
    importedBy: undefined,
    licences: ['Apache-2.0', 'MIT'],
    purpose: 'oracles',
  })
  const used = new Map([
    ['level', ['store', 'kernel']],
    ['cborg', ['cbor']],
    ['left-pad', ['cli']],
  ])
  expect(tableFaults(table, used)).toEqual([
    'kernel imports level',
    'cbor imports cborg',
    'cli imports left-pad',
    'host does not import level',
  ])
})
