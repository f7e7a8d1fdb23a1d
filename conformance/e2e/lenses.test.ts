import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import { hashDefinitionJson } from './independent-encoder.ts'
import { makeCounterWorld } from './worlds.ts'

interface Hashed {
  readonly kind: string
  readonly name: string
  readonly hash: string
}

type Definition = Parameters<typeof hashDefinitionJson>[0]

test('the counter in two lenses has one hash per definition, which a second encoder agrees with', async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox)
  const pushed = await sandbox.data<readonly Hashed[]>(['defs', 'ls', '--world', world])
  expect(pushed.length).toBeGreaterThan(3)
  const folders = await Promise.all(
    (['sugar', 'tagged'] as const).map(async (lens) => {
      const folder = sandbox.path(lens)
      mkdirSync(folder)
      const printed = await sandbox.run(['air', 'fmt', '--lens', lens, join(world, 'air')])
      expect(printed.code, printed.stderr).toBe(0)
      writeFileSync(join(folder, 'all.air.json'), printed.stdout)
      return folder
    }),
  )
  const [sugar, tagged] = await Promise.all(
    folders.map((folder) => sandbox.data<readonly Hashed[]>(['air', 'hash', folder])),
  )
  expect(tagged).toEqual(sugar)

  const definitions = readDefinitions(join(world, 'air'))
  const schemas = definitions.filter((definition) => definition['$kind'] === 'defschema')
  expect(schemas.length).toBeGreaterThan(1)
  for (const schema of schemas) {
    const hash = hashDefinitionJson(schema)
    expect(sugar).toContainEqual(expect.objectContaining({ name: String(schema['name']), hash }))
    expect(pushed).toContainEqual(expect.objectContaining({ name: String(schema['name']), hash }))
  }
  for (const { kind, name, hash } of pushed.filter(({ kind }) => kind === 'defmodule')) {
    const inForce = await sandbox.data<Definition>(['defs', 'get', name, '--world', world])
    expect(hashDefinitionJson({ $kind: kind, ...inForce }), name).toBe(hash)
  }
})

function readDefinitions(folder: string): readonly Definition[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Definition | readonly Definition[])
}
