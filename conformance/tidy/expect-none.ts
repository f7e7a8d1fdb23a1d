import { expect } from 'vitest'

/** Fails with every finding on a line of its own; reporters cut lists short. */
export function expectNone(findings: readonly string[]): void {
  expect(findings.join('\n')).toBe('')
}
