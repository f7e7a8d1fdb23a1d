/** What one import may be, by the table in `graph.ts` (ARCHITECTURE.md, "Rings"). */
import { posix } from 'node:path'
import { PACKAGES, TEST_TOOLS, isShipped } from './graph.ts'
import type { PackageRule } from './graph.ts'
import { readJson } from './tree.ts'

/** Names of the packages that what ships of a package may import. */
export function allowedFor(rule: PackageRule): ReadonlySet<string> {
  return new Set([...rule.uses.map((name) => `@aos/${name}`), ...rule.outside])
}

/** What a package declares for its tests alone. */
export function declaredForTests(rule: PackageRule): readonly string[] {
  return Object.keys((readJson(`${rule.folder}/package.json`)['devDependencies'] ?? {}) as object) // npm's own shape
}

/** The package that a specifier names; undefined for files and for what Node brings. */
export function packageNameOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** What is wrong with an import, or undefined. `path` is the file that has it, from the root of the repository. */
export function importFault(rule: PackageRule, path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier)
    if (!target.startsWith(`${rule.folder}/`)) return 'leaves its package'
    if (isShipped(path) && target.startsWith(`${rule.folder}/test/`)) return 'a source imports from test/'
    return undefined
  }
  const name = packageNameOf(specifier)
  if (name === undefined) return rule.core === true && isShipped(path) ? 'the core has no host' : undefined
  if (name.startsWith('@aos/') && specifier !== name && specifier !== `${name}/testkit`) return 'past the door'
  if (name === rule.name) return 'imports itself by name'
  if (allowedFor(rule).has(name)) return undefined
  if (!isShipped(path) && isForTests(rule, name)) return undefined
  return `not in the table for ${rule.name.slice('@aos/'.length)}`
}

/** Tests may look at any package of an inner ring; what ships may not. */
export function isInner(rule: PackageRule, name: string): boolean {
  const target = PACKAGES.find((other) => other.name === name)
  return target !== undefined && target.ring < rule.ring
}

function isForTests(rule: PackageRule, name: string): boolean {
  return TEST_TOOLS.includes(name) || isInner(rule, name) || declaredForTests(rule).includes(name)
}
