import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@aos/source'] },
  ssr: { resolve: { conditions: ['@aos/source', 'node', 'import', 'module', 'default'] } },
  test: {
    env: { AOS_TEST_PROCESSES: '1' },
    maxWorkers: 2,
    testTimeout: 900_000,
    include: ['**/*.slow.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
  },
})
