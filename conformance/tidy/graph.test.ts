import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectNone } from './expect-none.ts'
import { PACKAGES, TEST_TOOLS, isShipped, packageOf } from './graph.ts'
import type { PackageRule } from './graph.ts'
import { allowedFor, declaredForTests, importFault, packageNameOf } from './imports.ts'
import { factsOf, parseText, readSource } from './sources.ts'
import type { SourceFacts } from './sources.ts'
import { ROOT, listFiles, readJson } from './tree.ts'

const sources = listFiles().filter(
  (path) =>
    path.endsWith('.ts') && packageOf(path) !== undefined && !/\/(assembly|generated|templates|fixtures)\//.test(path),
)

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
    .filter((path) => path.endsWith('/package.json') && !/^(examples|reducers|cli\/templates)\//.test(path))
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
  test('package.json declares what the table allows', () => {
    const manifest = readJson(`${rule.folder}/package.json`)
    const dependencies = Object.keys((manifest['dependencies'] ?? {}) as object)
    expect(sorted(dependencies)).toEqual(sorted([...allowedFor(rule)]))
    expect(manifest).toMatchObject({ name: rule.name, private: true, type: 'module', license: 'Apache-2.0' })
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
        const reason = importFault(rule, path, specifier)
        if (reason !== undefined) wrong.push(`${path}: ${specifier}: ${reason}`)
      }
    }
    expectNone(wrong)
  })

  test('what its tests import is declared, here or at the root, and nothing else is', () => {
    const own = sources.filter((path) => path.startsWith(`${rule.folder}/`) && !isShipped(path))
    const imported = own.flatMap((path) => readSource(path).imports.map(({ specifier }) => packageNameOf(specifier)))
    const declared = new Set([...allowedFor(rule), ...declaredForTests(rule), ...TEST_TOOLS, rule.name])
    expectNone([...new Set(imported)].flatMap((name) => (name === undefined || declared.has(name) ? [] : [name])))
    expectNone(declaredForTests(rule).filter((name) => !imported.includes(name) || allowedFor(rule).has(name)))
  })

  test('the core is compiled without the host', () => {
    if (rule.core !== true) return
    expect(readJson(`${rule.folder}/tsconfig.build.json`)['extends']).toBe('../../tsconfig.core.json')
  })

  test('values are not imported in a circle', () => {
    expectNone(
      findCycle(
        sources.filter((source) => source.startsWith(`${rule.folder}/`)),
        readSource,
      ),
    )
  })
})

/** One cycle of value imports among `paths`, or nothing. */
function findCycle(paths: readonly string[], facts: (path: string) => SourceFacts): readonly string[] {
  const done = new Set<string>()
  const trail: string[] = []
  const walk = (path: string): readonly string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path) || !paths.includes(path)) return []
    trail.push(path)
    for (const { specifier, typeOnly } of facts(path).imports) {
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

function ruleOf(name: string): PackageRule {
  const rule = PACKAGES.find((candidate) => candidate.name === `@aos/${name}`)
  if (rule === undefined) throw new Error(`no package ${name}`)
  return rule
}

test.each([
  ['store', 'src/a.ts', '@aos/air', 'not in the table for store'],
  ['store', 'src/a.ts', 'yargs', 'not in the table for store'],
  ['store', 'src/a.ts', 'vitest', 'not in the table for store'],
  ['store', 'src/a.test.ts', 'yargs', 'not in the table for store'],
  ['store', 'src/a.test.ts', '@aos/host', 'not in the table for store'],
  ['store', 'src/a.ts', '@aos/cbor/src/hash.ts', 'past the door'],
  ['store', 'src/a.ts', '@aos/store', 'imports itself by name'],
  ['store', 'src/a.ts', '../../cbor/src/hash.ts', 'leaves its package'],
  ['store', 'src/a.ts', '../test/_util.ts', 'a source imports from test/'],
  ['air', 'src/a.ts', 'node:fs', 'the core has no host'],
  ['store', 'src/a.ts', 'level', undefined],
  ['store', 'src/a.test.ts', '@aos/air', undefined],
  ['store', 'test/a.test.ts', '../src/index.ts', undefined],
])('planted: %s/%s imports %s: %s', (name, path, specifier, fault) => {
  const rule = ruleOf(name)
  expect(importFault(rule, `${rule.folder}/${path}`, specifier)).toBe(fault)
})

test('planted: a circle of values is found, one of types is none', () => {
  const texts: Readonly<Record<string, string>> = {
    'a.ts': "import { b } from './b.ts'\nexport const a: unknown = b",
    'b.ts': "import { c } from './c.ts'\nexport const b: unknown = c",
    'c.ts': "import { a } from './a.ts'\nexport const c: unknown = a",
    'd.ts': "import type { E } from './e.ts'\nexport type D = E",
    'e.ts': "import type { D } from './d.ts'\nexport type E = D",
  }
  const facts = (path: string): SourceFacts => factsOf(parseText(path, texts[path] ?? ''))
  expect(findCycle(['a.ts', 'b.ts', 'c.ts'], facts)).toEqual(['a.ts', 'b.ts', 'c.ts', 'a.ts'])
  expect(findCycle(['d.ts', 'e.ts'], facts)).toEqual([])
})
