// The rules of the house that a machine can hold (ARCHITECTURE.md, "Rings" and "Invariants").
import { readFileSync } from 'node:fs'
import { defineConfig, globalIgnores } from 'eslint/config'
import nodePlugin from 'eslint-plugin-n'
import tseslint from 'typescript-eslint'

const TESTS = ['**/*.test.ts', '**/test/**/*.ts', 'conformance/**/*.ts', 'bench/**/*.ts']

/** What the workspace root declares, tests and benches may use; sources may not. */
const TEST_TOOLS = Object.keys(
  JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).devDependencies,
)

const INNER_PACKAGES = ['cbor', 'air', 'expr', 'abi', 'effects', 'workspace', 'kernel', 'wasm', 'store', 'sdk'].map(
  (name) => `@aos/${name}`,
)

/** Functions over 70 lines that stand for now. The list may only shrink; conformance/tidy holds its length. */
const LONG_FUNCTIONS = []

const NO_DEEP_IMPORTS = { regex: '^@aos/[^/]+/', message: 'Import the door of the package: @aos/<name>.' }

const everywhere = {
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
  ],
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/no-implied-eval': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
  'no-restricted-imports': ['error', { patterns: [NO_DEEP_IMPORTS] }],
  'no-console': 'error',
  'no-eval': 'error',
  'no-sparse-arrays': 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  eqeqeq: 'error',
  'n/no-extraneous-import': 'error',
}

/** What would let a host, a locale or an unspecified order into a pure package. */
function coreRules(/** @type {string} */ outsideAllowed) {
  return {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(?!\\.{1,2}/|@aos/(cbor|air|expr|effects|abi|workspace|kernel)$${outsideAllowed})`,
            message: 'The core is pure: take it as a port.',
          },
        ],
      },
    ],
    'no-restricted-globals': [
      'error',
      ...['Date', 'Intl', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'globalThis'],
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random' },
      { property: 'localeCompare' },
      { property: 'toLocaleString' },
    ],
    'no-restricted-syntax': [
      'error',
      { selector: 'ForInStatement', message: 'Order is not canonical.' },
      {
        selector: 'CallExpression[callee.property.name=/^(sort|toSorted)$/][arguments.length=0]',
        message: 'Pass a comparator.',
      },
      { selector: ':function[async=true]', message: 'The core is synchronous.' },
      { selector: 'AwaitExpression', message: 'The core is synchronous.' },
    ],
  }
}

export default defineConfig(
  globalIgnores([
    '**/dist/**',
    '**/node_modules/**',
    '**/generated/**',
    '**/.aos/**',
    'coverage/**',
    'crates-ts/sdk/assembly/**',
    'examples/**',
    'reducers/**',
    'cli/templates/**',
    '**/fixtures/**',
  ]),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    plugins: { n: nodePlugin },
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: [
            'vitest.config.ts',
            'vitest.slow.config.ts',
            'crates-ts/*/scripts/*.ts',
            'crates-ts/*/bench/*.ts',
          ],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: everywhere,
  },
  {
    files: ['crates-ts/*/src/**/*.ts', 'cli/src/**/*.ts'],
    ignores: ['**/*.test.ts', ...LONG_FUNCTIONS],
    rules: { 'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }] },
  },
  {
    // World files are evaluated without a host, so what they are made with is as pure as the core.
    files: ['crates-ts/{cbor,air,expr,effects,abi,workspace,kernel,author}/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: coreRules(''),
  },
  {
    // TypeBox is pure and the one package from outside that the core may import.
    files: ['crates-ts/air/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: coreRules('|@sinclair/typebox(/[a-z]+)?$'),
  },
  {
    files: TESTS,
    // Which inner packages a test may import is checked by conformance/tidy.
    rules: { 'n/no-extraneous-import': ['error', { allowModules: [...TEST_TOOLS, ...INNER_PACKAGES] }] },
  },
  {
    files: [
      'cli/src/**/*.ts',
      'crates-ts/build/src/crash-guard.ts',
      '**/*.test.ts',
      '**/{scripts,bench}/**/*.ts',
      'conformance/*.ts',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['vitest.config.ts', 'vitest.slow.config.ts', '**/vitest*.config.ts'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    plugins: { n: nodePlugin },
    rules: { 'no-var': 'error', 'prefer-const': 'error', eqeqeq: 'error', 'no-eval': 'error' },
  },
)
