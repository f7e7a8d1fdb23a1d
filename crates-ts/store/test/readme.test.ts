import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { verifyJournal } from '../src/index.ts'
import { withBundle } from './_bundle.ts'
import { withFolder } from './_folder.ts'

it('runs the example of the README', () =>
  withFolder(async (world) => {
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
    if (example === undefined) throw new Error('the README has no example')
    const contents = example.replaceAll('/tmp/world', world)
    await withBundle({ stdin: { contents, loader: 'ts', resolveDir: import.meta.dirname } }, (script) => import(script))
    expect(verifyJournal(world)).toMatchObject({ ok: true, entries: 3 })
  }))
