import { ESLint } from 'eslint'
import { expect, test } from 'vitest'
import { expectNone } from './expect-none.ts'
import { PACKAGES, TEST_TOOLS } from './graph.ts'
import { ROOT } from './tree.ts'

/** What must never be possible in the core, and the rule that sees it. */
const PLANTED: readonly (readonly [rule: string, code: string])[] = [
  ['no-restricted-imports', "import { readFileSync } from 'node:fs'\nexport const read: unknown = readFileSync"],
  ['no-restricted-imports', "import { expect } from 'vitest'\nexport const check: unknown = expect"],
  ['no-restricted-imports', "import { encode } from '@aos/air/src/index.ts'\nexport const deep: unknown = encode"],
  ['no-restricted-globals', 'export const now: number = Date.now()'],
  ['no-restricted-globals', 'export const host: unknown = globalThis'],
  ['no-restricted-globals', 'export const collator: unknown = Intl.Collator'],
  ['no-restricted-properties', 'export const chance: number = Math.random()'],
  ['no-restricted-properties', "export const order: number = 'a'.localeCompare('b')"],
  ['no-restricted-syntax', 'export function keys(value: object): void {\n  for (const key in value) void key\n}'],
  ['no-restricted-syntax', 'export const ordered: readonly number[] = [2, 1].sort()'],
  ['no-restricted-syntax', 'export async function later(): Promise<void> {}'],
  ['@typescript-eslint/no-explicit-any', 'export const anything: any = 1'],
  ['@typescript-eslint/no-non-null-assertion', 'export const first: number = [1][0]!'],
  ['@typescript-eslint/no-floating-promises', 'declare const work: () => Promise<void>\nwork()'],
  ['@typescript-eslint/only-throw-error', "export function fail(): never {\n  throw 'text'\n}"],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    "export function pick(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1\n  }\n  return 2\n}",
  ],
  ['@typescript-eslint/consistent-type-imports', "import { AosError } from './error.ts'\nexport type Fault = AosError"],
  ['max-lines-per-function', `export function long(): void {\n${'  void 0\n'.repeat(71)}}`],
  ['no-restricted-exports', 'export default 1'],
  ['no-console', "console.log('')"],
]

const eslint = new ESLint({ cwd: ROOT })

test('lint sees every fault planted in the core', { timeout: 60_000 }, async () => {
  const missed: string[] = []
  for (const [rule, code] of PLANTED) {
    const [result] = await eslint.lintText(`${code}\n`, { filePath: `${ROOT}/crates-ts/cbor/src/hash.ts` })
    const seen = (result?.messages ?? []).map((message) => message.ruleId)
    if (!seen.includes(rule)) missed.push(`${rule}: ${code} (seen: ${seen.join(', ')})`)
  }
  expectNone(missed)
})

/** The parts of a configuration that are compared. */
interface Computed {
  readonly rules: Readonly<Record<string, readonly unknown[] | undefined>>
}

async function configFor(path: string): Promise<Computed> {
  return (await eslint.calculateConfigForFile(`${ROOT}/${path}`)) as Computed // ESLint types it as any
}

test('lint lets tests import what the table of the graph lets them', async () => {
  const { rules } = await configFor('crates-ts/host/test/worlds.test.ts')
  const [, options] = rules['n/no-extraneous-import'] ?? []
  const { allowModules } = options as { readonly allowModules: readonly string[] } // as eslint.config.js writes it
  const fromOutside = allowModules.filter((name) => !name.startsWith('@aos/'))
  expect(new Set(fromOutside)).toEqual(new Set(TEST_TOOLS))
  const inner = PACKAGES.filter(({ ring }) => ring < 5).map(({ name }) => name)
  expectNone(allowModules.filter((name) => name.startsWith('@aos/') && !inner.includes(name)))
})

test('lint holds every package of the core, and only those, to the rules of the core', async () => {
  for (const { folder, core } of PACKAGES) {
    const { rules } = await configFor(`${folder}/src/index.ts`)
    expect(rules['no-restricted-globals'] !== undefined, folder).toBe(core === true)
  }
})
