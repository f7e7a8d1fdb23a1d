/** Breaks each rule of `sys/Workspace@1` in its source, one at a time: some case must notice. */
import { compileGuest } from '@aos/build'
import { expect, it } from 'vitest'
import { BUILTIN_MODULE_SOURCES, builtinModuleSources } from './module-sources.ts'
import { makeReducer } from './reducer.ts'
import type { Step } from './reducer.ts'
import { CASES, findDifference } from './workspace-cases.ts'

/** The first `from` of the file becomes `to`. */
const MUTANTS: readonly (readonly [file: string, from: string, to: string])[] = [
  ['index.ts', '!isWorkspaceName(commit.workspace)', 'false'],
  ['index.ts', 'key === null || !isKey(key, commit.workspace)', 'false'],
  ['index.ts', 'own[at] != key[at]', 'false'],
  ['index.ts', 'commit.meta.owner.length > OWNER_LENGTH_MAX', 'false'],
  ['index.ts', 'commit.meta.owner.length > OWNER_LENGTH_MAX', 'commit.meta.owner.length >= OWNER_LENGTH_MAX'],
  ['index.ts', 'expected !== null && expected.value != head', 'false'],
  ['index.ts', 'expected.value != head', 'expected.value > head'],
  ['index.ts', 'expected.value != head', 'expected.value < head'],
  ['index.ts', 'head + 1 : head', 'head + 1 : head + 1'],
  ['index.ts', 'result.expected_head = commit.expected_head', ''],
  ['index.ts', 'result.committed = code === null', 'result.committed = true'],
  ['name.ts', 'size == 0 || ', ''],
  ['name.ts', 'size > LENGTH_MAX', 'size >= LENGTH_MAX'],
  ['name.ts', "name == '.' || ", ''],
  ['name.ts', " || name == '..'", ''],
  ['name.ts', 'lower >= 0x61', 'lower >= 0x60'],
  ['name.ts', 'lower <= 0x7a', 'lower <= 0x7b'],
  ['name.ts', 'unit >= 0x30', 'unit >= 0x2f'],
  ['name.ts', 'unit <= 0x39', 'unit <= 0x3a'],
  ['name.ts', ' || unit == 0x7e', ''],
  ['history.ts', 'this.latest + 1', 'this.latest'],
  ['history.ts', 'writeRaw(this.from, this.size)', ''],
  ['glue.ts', 'result.committed ? commit.meta : null', 'commit.meta'],
  ['glue.ts', 'result.head == 0', 'false'],
]

it('each broken rule of sys/Workspace@1 is noticed', async () => {
  const source = BUILTIN_MODULE_SOURCES.find(({ name }) => name === 'sys/Workspace@1')
  if (source === undefined) throw new Error('no source')
  const survivors: unknown[] = []
  for (const [file, from, to] of MUTANTS) {
    let edits = 0
    const sources = builtinModuleSources(source, (name, text) => {
      if (name !== file || !text.includes(from)) return text
      edits += 1
      return text.replace(from, () => to)
    })
    expect(edits, `${file}: ${from}`).toBe(1)
    const step = makeReducer(source.name, (await compileGuest(sources)).wasm)
    if (!isNoticed(step)) survivors.push([file, from, to])
  }
  expect(survivors).toEqual([])
})

function isNoticed(step: Step): boolean {
  try {
    return CASES.some((commits) => findDifference(step, commits) !== undefined)
  } catch {
    return true // it returned what nobody can read
  }
}
