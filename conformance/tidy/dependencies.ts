/** What docs/decisions/0004-dependencies.md says about packages from outside, and what an install says about itself. */

/** One row: a package may be named with its version, and a row may stand for several packages. */
export interface DependencyRow {
  readonly names: readonly string[]
  /** Short names of our packages that import it; undefined in the table of tools. */
  readonly importedBy: readonly string[] | undefined
  /** One for all names, or one for each. */
  readonly licences: readonly string[]
  readonly purpose: string
}

/** Rows of every table of the document that has a column `package`. */
export function readDependencyTables(text: string): readonly DependencyRow[] {
  let columns: readonly string[] = []
  const rows: DependencyRow[] = []
  for (const line of text.split('\n')) {
    const cells = line.startsWith('|') ? cellsOf(line) : undefined
    if (cells === undefined) columns = []
    else if (columns.length === 0) columns = cells
    else if (columns[0] === 'package' && !/^-+$/.test(cells[0] ?? '')) rows.push(rowOf(columns, cells))
  }
  return rows
}

function cellsOf(line: string): readonly string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

function rowOf(columns: readonly string[], cells: readonly string[]): DependencyRow {
  const cell = (name: string): string | undefined => cells[columns.indexOf(name)]
  const quoted = (text = ''): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')
  const importers = cell('imported by')
  return {
    names: quoted(cell('package')),
    importedBy: importers === undefined ? undefined : quoted(importers),
    licences: (cell('licence') ?? '').split(', ').filter((licence) => licence !== ''),
    purpose: cell('for') ?? '',
  }
}

/** Licences under which what ships may come. The others are for tools that stay at home. */
export const LICENCES: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
])

/** The part of an entry of package-lock.json that is asked here. */
export interface LockEntry {
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly link?: boolean
  readonly license?: string
}

/** Installed packages that are not only for development, by their folders. */
export function productionFolders(packages: Readonly<Record<string, LockEntry>>): readonly string[] {
  return Object.entries(packages)
    .filter(([, { dev, devOptional, link }]) => dev !== true && devOptional !== true && link !== true)
    .map(([folder]) => folder)
    .filter((folder) => folder.includes('node_modules/'))
}

/** Folders whose licence is not one of `LICENCES`. `licenceOf` asks the install; what it does not know the lock does. */
export function licenceFaults(
  packages: Readonly<Record<string, LockEntry>>,
  licenceOf: (folder: string) => string | undefined,
): readonly string[] {
  return productionFolders(packages).flatMap((folder) => {
    const licence = licenceOf(folder) ?? packages[folder]?.license ?? 'none'
    return LICENCES.has(licence) ? [] : [`${folder}: ${licence}`]
  })
}
