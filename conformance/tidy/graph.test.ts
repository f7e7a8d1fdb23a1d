import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectNone } from './expect-none.ts'
import { PACKAGES, TEST_TOOLS, isShipped, packageOf } from './graph.ts'
import type { PackageRule } from './graph.ts'
import { readSource } from './sources.ts'
import { ROOT, listFiles, readJson } from './tree.ts'

const sources = listFiles().filter(
  (path) => path.endsWith('.ts') && packageOf(path) !== undefined && !/\/(assembly|generated|templates)\//.test(path),
)

function shortName(name: string): string {
  return name.slice('@aos/'.length)
}

function references(path: string): string[] {
  const listed = (readJson(path)['references'] ?? []) as readonly { readonly path: string }[] // TypeScript's own shape
  const names = listed.map((reference) => posix.join(posix.dirname(path), reference.path))
  return names.map((name) => packageOf(name)?.name ?? name).sort((left, right) => (left < right ? -1 : 1))
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort((left, right) => (left < right ? -1 : 1))
}

test('the table lists every workspace and each imports only from rings inside its own', () => {
  const folders = listFiles()
    .filter((path) => path.endsWith('/package.json') && !/^(examples|reducers)\//.test(path))
    .map((path) => posix.dirname(path))
  expect(sorted(PACKAGES.map((rule) => rule.folder))).toEqual(sorted(folders))
  for (const rule of PACKAGES) {
    for (const used of rule.uses) {
      const target = PACKAGES.find((other) => other.name === `@aos/${used}`)
      expect(target, `${rule.name} → ${used}`).toBeDefined()
      expect(target?.ring, `${rule.name} → ${used}`).toBeLessThanOrEqual(rule.ring)
    }
  }
})

describe.each(PACKAGES)('$name', (rule: PackageRule) => {
  const allowed = new Set([...rule.uses.map((name) => `@aos/${name}`), ...rule.outside])

  test('package.json declares what the table allows', () => {
    const manifest = readJson(`${rule.folder}/package.json`)
    const dependencies = Object.keys((manifest['dependencies'] ?? {}) as object)
    expect(sorted(dependencies)).toEqual(sorted([...allowed]))
    expect(manifest).toMatchObject({ name: rule.name, private: true, type: 'module', license: 'Apache-2.0' })
    expect(manifest['devDependencies']).toBeUndefined()
    expect(manifest['peerDependencies']).toBeUndefined()
  })

  test('tsconfig references are the same graph', () => {
    const build = `${rule.folder}/tsconfig.build.json`
    const ours = rule.uses.map((name) => `@aos/${name}`)
    if (existsSync(`${ROOT}/${build}`)) {
      expect(references(build)).toEqual(sorted(ours))
      const tests = references(`${rule.folder}/tsconfig.test.json`)
      expect(tests).toEqual(expect.arrayContaining([rule.name, ...ours]))
      const outward = tests.filter((name) => (PACKAGES.find((other) => other.name === name)?.ring ?? 99) > rule.ring)
      expectNone(outward)
    } else {
      expect(references(`${rule.folder}/tsconfig.json`)).toEqual(sorted(ours))
    }
  })

  test('imports stay within the graph, go through doors and do not leave the folder', () => {
    const wrong: string[] = []
    for (const path of sources.filter((source) => source.startsWith(`${rule.folder}/`))) {
      for (const { specifier } of readSource(path).imports) {
        const reason = importFault(rule, path, specifier, allowed)
        if (reason !== undefined) wrong.push(`${path}: ${specifier}: ${reason}`)
      }
    }
    expectNone(wrong)
  })

  test('the core is compiled without the host', () => {
    if (rule.core !== true) return
    expect(readJson(`${rule.folder}/tsconfig.build.json`)['extends']).toBe('../../tsconfig.core.json')
  })

  test('values are not imported in a circle', () => {
    expectNone(findCycle(sources.filter((source) => source.startsWith(`${rule.folder}/`))))
  })
})

function importFault(
  rule: PackageRule,
  path: string,
  specifier: string,
  allowed: ReadonlySet<string>,
): string | undefined {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier)
    if (!target.startsWith(`${rule.folder}/`)) return 'leaves its package'
    if (isShipped(path) && target.startsWith(`${rule.folder}/test/`)) return 'a source imports from test/'
    return undefined
  }
  if (specifier.startsWith('node:')) return rule.core === true && isShipped(path) ? 'the core has no host' : undefined
  const parts = specifier.split('/')
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  if (name.startsWith('@aos/') && specifier !== name && specifier !== `${name}/testkit`) return 'past the door'
  if (name === rule.name) return 'imports itself by name'
  if (allowed.has(name)) return undefined
  if (!isShipped(path) && (TEST_TOOLS.includes(name) || isInner(rule, name))) return undefined
  return `not in the table for ${shortName(rule.name)}`
}

/** Tests may look at any package of an inner ring; what ships may not. */
function isInner(rule: PackageRule, name: string): boolean {
  const target = PACKAGES.find((other) => other.name === name)
  return target !== undefined && target.ring < rule.ring
}

/** One cycle of value imports among `paths`, or nothing. */
function findCycle(paths: readonly string[]): readonly string[] {
  const done = new Set<string>()
  const trail: string[] = []
  const walk = (path: string): readonly string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path) || !paths.includes(path)) return []
    trail.push(path)
    for (const { specifier, typeOnly } of readSource(path).imports) {
      if (typeOnly || !specifier.startsWith('.')) continue
      const cycle = walk(posix.join(posix.dirname(path), specifier))
      if (cycle.length > 0) return cycle
    }
    trail.pop()
    done.add(path)
    return []
  }
  for (const path of paths) {
    const cycle = walk(path)
    if (cycle.length > 0) return cycle
  }
  return []
}
