import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'
import { expect, test } from 'vitest'
import { BUILTIN_SCHEMAS } from '@aos/air'
import * as adapters from '../src/index.ts'
import { ADAPTER_FAILURES } from '../src/index.ts'

test('the example of the README runs and prints what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const body = code.replaceAll(/^import .*$/gm, '')
  const printed: string[] = []
  const log = (...items: readonly unknown[]): void => {
    printed.push(items.map(String).join(' '))
  }
  const names = ['console', 'BUILTIN_SCHEMAS', ...Object.keys(adapters)]
  const values: readonly unknown[] = [{ log }, BUILTIN_SCHEMAS, ...Object.values(adapters)]
  const run = compileFunction(`return (async () => {${body}})()`, names) as (
    ...items: readonly unknown[]
  ) => Promise<void> // what the text says
  await run(...values)
  expect(printed).toEqual(['false', 'error disk_full by the key [secret]'])
  expect(code.match(/\/\/ .*$/gm)?.map((comment) => comment.slice(3))).toEqual(printed)
})

test('the table of failures in the chapter is that of the code', () => {
  const chapter = readFileSync(new URL('../../../spec/13-adapters.md', import.meta.url), 'utf8')
  const rows = [...chapter.matchAll(/^\| `(\w+)` \| `(\w+)` \| (yes|no) \| (.*) \|$/gm)]
  const listed = rows.map(([, code, status, later, meaning]) => [code, [status, later === 'yes', meaning]])
  expect(Object.fromEntries(listed)).toEqual(ADAPTER_FAILURES)
  expect(rows.length).toBe(Object.keys(ADAPTER_FAILURES).length)
})
