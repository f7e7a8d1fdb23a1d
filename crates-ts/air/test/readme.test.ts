import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'
import { expect, it } from 'vitest'
import * as air from '../src/index.ts'

it('the example of the README runs and prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const body = code.replaceAll(/^import .*$/gm, '')
  const names = Object.keys(air)
  const printed: unknown[] = []
  const run = compileFunction(body, ['createHash', 'console', ...names])
  run(createHash, { log: (line: unknown) => printed.push(line) }, ...Object.values(air))
  expect(printed).toEqual([
    [],
    expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    expect.stringContaining('"x": { "int": {} }'),
  ])
})
