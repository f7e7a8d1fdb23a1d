import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@aos/source'] },
  ssr: { resolve: { conditions: ['@aos/source', 'node', 'import', 'module', 'default'] } },
  test: {
    maxWorkers: 2,
    isolate: false,
    testTimeout: 30_000,
    include: [
      'crates-ts/*/src/**/*.test.ts',
      'crates-ts/*/test/**/*.test.ts',
      'cli/src/**/*.test.ts',
      'cli/test/**/*.test.ts',
      'conformance/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.slow.test.ts'],
  },
})
