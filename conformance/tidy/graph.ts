/**
 * Who may import whom (ARCHITECTURE.md, "Rings"). The one table: package.json files, tsconfig references and the
 * imports in the sources are all held to it.
 */
import { readJson } from './tree.ts'

export interface PackageRule {
  /** Folder from the root of the repository. */
  readonly folder: string
  readonly name: string
  readonly ring: number
  /** Packages of this repository, by their short names. */
  readonly uses: readonly string[]
  /** Packages from outside. */
  readonly outside: readonly string[]
  /** Compiled without host types. */
  readonly core?: true
}

const CRATES = [
  'cbor',
  'air',
  'expr',
  'abi',
  'effects',
  'workspace',
  'kernel',
  'wasm',
  'store',
  'adapters',
  'sdk',
  'author',
  'build',
  'host',
] as const

function crate(name: string, rule: Omit<PackageRule, 'folder' | 'name'>): PackageRule {
  return { folder: `crates-ts/${name}`, name: `@aos/${name}`, ...rule }
}

export const PACKAGES: readonly PackageRule[] = [
  crate('cbor', { ring: 0, uses: [], outside: [], core: true }),
  crate('air', { ring: 1, uses: ['cbor'], outside: ['@sinclair/typebox'], core: true }),
  crate('expr', { ring: 1, uses: ['cbor', 'air'], outside: [], core: true }),
  crate('abi', { ring: 2, uses: ['cbor'], outside: [], core: true }),
  crate('effects', { ring: 2, uses: ['cbor'], outside: [], core: true }),
  crate('author', { ring: 2, uses: ['cbor', 'air'], outside: [], core: true }),
  crate('workspace', { ring: 2, uses: ['cbor'], outside: [], core: true }),
  crate('kernel', { ring: 3, uses: ['cbor', 'air', 'expr', 'abi', 'effects', 'workspace'], outside: [], core: true }),
  crate('wasm', { ring: 4, uses: ['cbor', 'kernel'], outside: [] }),
  crate('store', { ring: 4, uses: ['cbor', 'kernel'], outside: ['level'] }),
  crate('adapters', { ring: 4, uses: ['cbor', 'air', 'effects'], outside: ['undici'] }),
  crate('sdk', { ring: 4, uses: ['cbor', 'air'], outside: [] }),
  crate('build', {
    ring: 4,
    uses: ['cbor', 'air', 'sdk', 'wasm'],
    outside: ['assemblyscript', 'esbuild', 'quickjs-wasi'],
  }),
  crate('host', {
    ring: 5,
    uses: ['cbor', 'air', 'expr', 'abi', 'effects', 'workspace', 'kernel', 'wasm', 'store', 'adapters'],
    outside: ['@msgpack/msgpack', 'ignore'],
  }),
  {
    folder: 'cli',
    name: '@aos/cli',
    ring: 6,
    uses: [
      'cbor',
      'air',
      'expr',
      'effects',
      'workspace',
      'kernel',
      'wasm',
      'store',
      'adapters',
      'host',
      'sdk',
      'build',
    ],
    outside: ['diff', 'yargs'],
  },
  { folder: 'conformance', name: '@aos/conformance', ring: 7, uses: CRATES, outside: [] },
  { folder: 'bench', name: '@aos/bench', ring: 7, uses: CRATES, outside: [] },
]

/** Tools that tests, suites and benches may use: what the root declares, where every package finds it. */
export const TEST_TOOLS: readonly string[] = Object.keys(
  (readJson('package.json')['devDependencies'] ?? {}) as object, // npm's own shape
)

/** The package a repository path belongs to; undefined for files of the root. */
export function packageOf(path: string): PackageRule | undefined {
  return PACKAGES.find((rule) => path.startsWith(`${rule.folder}/`))
}

/** True for sources that ship: under `src`, and not a test. */
export function isShipped(path: string): boolean {
  return /^(crates-ts\/[^/]+|cli)\/src\//.test(path) && !/\.(test|bench)\.ts$/.test(path)
}
