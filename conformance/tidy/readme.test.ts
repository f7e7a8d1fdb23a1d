import { expect, test } from 'vitest'
import { expectNone } from './expect-none.ts'
import { listFiles, readText } from './tree.ts'

const readme = readText('README.md')

test('the first two commands stand on their own lines, in this order', () => {
  const commands = [...readme.matchAll(/^npm ci && .+$/gm)].map(([line]) => line)
  expect(commands.slice(0, 2)).toEqual(['npm ci && npm run demo', 'npm ci && npm test'])
})

test('every verb of the README exists, and every verb that exists is in the README', () => {
  const declared = listFiles('cli/src/commands').flatMap((path) => readVerbs(readText(path)))
  expect(declared.length).toBeGreaterThan(15)
  const shown = readme.slice(readme.indexOf('## Commands'), readme.indexOf('## Layout'))
  const words = new Set(shown.match(/[a-z]+/g))
  expectNone(declared.filter((verb) => !words.has(verb)))
  const rows = [...shown.matchAll(/^\| (`.+?) \| /gm)].flatMap(([, cell]) => [...(cell ?? '').matchAll(/`([a-z]+)/g)])
  expectNone(rows.map(([, verb]) => verb ?? '').filter((verb) => !declared.includes(verb)))
})

/** First words of `command:` and `name:` in the command tables. */
function readVerbs(source: string): readonly string[] {
  return [...source.matchAll(/\b(?:command|name): '([a-z]+)/g)].map(([, verb]) => verb ?? '')
}
