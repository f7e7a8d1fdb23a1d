import { ESLint } from 'eslint'
import { test } from 'vitest'
import { expectNone } from './expect-none.ts'
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

test('lint sees every fault planted in the core', { timeout: 60_000 }, async () => {
  const eslint = new ESLint({ cwd: ROOT })
  const missed: string[] = []
  for (const [rule, code] of PLANTED) {
    const [result] = await eslint.lintText(`${code}\n`, { filePath: `${ROOT}/crates-ts/cbor/src/hash.ts` })
    const seen = (result?.messages ?? []).map((message) => message.ruleId)
    if (!seen.includes(rule)) missed.push(`${rule}: ${code} (seen: ${seen.join(', ')})`)
  }
  expectNone(missed)
})
