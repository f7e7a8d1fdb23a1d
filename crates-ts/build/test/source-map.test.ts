import { createHash } from 'node:crypto'
import asc from 'assemblyscript/asc'
import { expect, it } from 'vitest'
import { compileGuest } from '../src/index.ts'
import { ASC_FLAGS } from '../src/flags.ts'
import { guestFiles } from '../src/guest-files.ts'
import type { GuestSources } from '../src/index.ts'
import { keepFunctionNames } from '../src/name-section.ts'
import { readExample } from './_example-world.ts'

/** The same flags, and nothing about source maps. */
async function compilePlain(sources: GuestSources): Promise<Uint8Array> {
  const { files, entry } = guestFiles(sources)
  let wasm: Uint8Array | undefined
  await asc.main([entry, '--outFile', 'plain.wasm', ...ASC_FLAGS], {
    readFile: (name) => files.get(name) ?? null,
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') wasm = contents
    },
    listFiles: () => [],
  })
  if (wasm === undefined) throw new Error('expected a module')
  return keepFunctionNames(wasm)
}

it.each(['00-counter', '10-flights'])(
  'the bytes of %s are the same with and without a source map',
  async (name) => {
    const { sources } = readExample(name)
    const { wasm, sourceMap } = await compileGuest(sources)
    expect(Buffer.compare(await compilePlain(sources), wasm)).toBe(0)
    expect(Buffer.from(wasm).includes('sourceMappingURL')).toBe(false)
    expect(JSON.parse(sourceMap)).toMatchObject({
      version: 3,
      file: `sha256:${createHash('sha256').update(wasm).digest('hex')}`,
    })
  },
  60_000,
)

it('names the sources by their place in the world, and says which the author wrote', async () => {
  const { sources } = readExample('00-counter')
  const generatedName = '.aos/generated/reducers/counter'
  const { sourceMap } = await compileGuest({ ...sources, generatedName })
  // The shape that `makeSourceMap` documents.
  const map = JSON.parse(sourceMap) as { readonly sources: readonly string[]; readonly ignoreList: readonly number[] }
  expect(map.sources.filter((_, index) => !map.ignoreList.includes(index))).toEqual(['reducers/counter/index.ts'])
  expect(map.sources).toEqual(expect.arrayContaining([`${generatedName}/glue.ts`, '@aos/sdk/reader.ts']))
  expect(sourceMap).not.toContain('sourcesContent')
}, 60_000)
