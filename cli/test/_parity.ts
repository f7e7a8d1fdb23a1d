/** The same commands with a daemon and without one. */
import { expect } from 'vitest'
import type { Ran, Sandbox } from './_command.ts'

/** Runs the commands, which change nothing, while a daemon serves; stops it, runs them again, and compares all that is seen. */
export async function compareBothWays(
  sandbox: Sandbox,
  world: string,
  script: readonly (readonly string[])[],
): Promise<void> {
  // Progress is shown by the clock.
  const run = (words: readonly string[]): Promise<Ran> => sandbox.run([...words, '--quiet', '--world', world])
  const held = await Promise.all(script.map(run))
  expect(await run(['stop'])).toMatchObject({ exit: 0 })
  for (const [at, words] of script.entries()) expect(held[at], words.join(' ')).toEqual(await run(words))
}
