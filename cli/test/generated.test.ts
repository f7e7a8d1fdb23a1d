/** What stands beside a module's sources depends on the definitions, and not on how they are written. */
import { ZERO_HASH, definitionJson, formatJson, parseDefinitions, parseJson, sortDefinitions } from '@aos/air'
import type { Definition } from '@aos/air'
import { languageOf, readAirSources, readSyncFile, worldFileAt } from '@aos/host'
import type { SyncFile } from '@aos/host'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { generatedFiles } from '../src/module-builder.ts'
import { makeRunWorldFile } from '../src/world-files.ts'
import { CHECKOUT } from './_command.ts'

const runWorldFile = makeRunWorldFile({ assets: join(CHECKOUT, 'cli/dist/assets') })

/** Every sync file of examples and templates that names sources. */
const WORLDS = ['examples', 'cli/templates'].flatMap((folder) =>
  readdirSync(join(CHECKOUT, folder)).flatMap((name) =>
    readdirSync(join(CHECKOUT, folder, name))
      .filter((file) => /^aos\.sync.*\.json$/.test(file))
      .map((file) => ({ root: join(CHECKOUT, folder, name), file, world: `${folder}/${name} ${file}` })),
  ),
)

async function readAuthored(root: string, { airDir }: SyncFile): Promise<readonly Definition[]> {
  const path = worldFileAt(root) === undefined ? join(root, airDir) : root
  const { definitions, issues } = await readAirSources([path], { lenient: false, runWorldFile })
  expect(issues).toEqual([])
  return definitions.map(({ definition }) => definition)
}

function parse(text: string): readonly Definition[] {
  const parsed = parseDefinitions(parseJson(text))
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  return parsed.value
}

/** As `aos air emit` writes it. */
function emitted(definitions: readonly Definition[]): readonly Definition[] {
  const nodes = definitions.map((definition) => definitionJson(definition, 'sugar'))
  return parse(formatJson(nodes, { indent: 2 }))
}

/** The same definitions with every key and every definition in the opposite order. */
function turned(definitions: readonly Definition[]): readonly Definition[] {
  const nodes = definitions.map((definition) => definitionJson(definition, 'sugar'))
  const text = JSON.stringify(turnedJson(JSON.parse(formatJson(nodes, { indent: 2 }))))
  return parse(text).toReversed()
}

function turnedJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedJson)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toReversed()
  return Object.fromEntries(entries.map(([key, inner]) => [key, turnedJson(inner)]))
}

/** By module and file. */
async function generate(
  root: string,
  { modules: sources }: SyncFile,
  definitions: readonly Definition[],
): Promise<Readonly<Record<string, string>>> {
  const { schemas, effects, modules } = sortDefinitions(definitions)
  const files: Record<string, string> = {}
  for (const [name, source] of sources) {
    const module = modules.get(name)
    if (module === undefined) throw new Error(`no module ${name}`)
    const sourcePath = join(root, source.source)
    const language = languageOf(source, sourcePath)
    const kept = { sourcePath, language, unreached: [], cacheDir: '', force: false }
    const generated = await generatedFiles({ module: { ...module, wasmHash: ZERO_HASH }, schemas, effects, ...kept })
    for (const [file, text] of generated) files[`${name} ${file}`] = text
  }
  return files
}

describe.each(WORLDS)('$world', ({ root, file }) => {
  const sync = readSyncFile(join(root, file))

  test('has the same files beside its sources, however it is written', async () => {
    expect(existsSync(root)).toBe(true)
    const authored = await readAuthored(root, sync)
    const files = await generate(root, sync, authored)
    expect(Object.keys(files)).toHaveLength(2 * sync.modules.size)
    expect(await generate(root, sync, emitted(authored))).toEqual(files)
    expect(await generate(root, sync, turned(authored))).toEqual(files)
  })
})

describe('a field that is added', () => {
  const sync: SyncFile = readSyncFile(join(CHECKOUT, 'examples/05-chain-comp/aos.sync.json'))
  const root = join(CHECKOUT, 'examples/05-chain-comp')

  /** Classes, types and functions, each by its first line. */
  function parts(text: string): ReadonlyMap<string, string> {
    return new Map(text.split(/\n\n(?=\S)/).map((part) => [/^(?:export|const) .*/m.exec(part)?.[0] ?? '', part]))
  }

  test('changes the class of its record and no other, and nothing that an author calls', async () => {
    const before = await readAuthored(root, sync)
    const grown = before.map((definition): Definition => {
      if (definition.kind !== 'defschema' || definition.name !== 'demo/RefundRequested@1') return definition
      if (definition.type.kind !== 'record') throw new Error('expected a record')
      return {
        ...definition,
        type: { kind: 'record', fields: new Map([['a', { kind: 'nat' }], ...definition.type.fields]) },
      }
    })
    const [old, next] = [await generate(root, sync, before), await generate(root, sync, grown)]
    const changed = Object.keys(old).filter((name) => old[name] !== next[name])
    expect(changed).toEqual(['demo/OrderSaga@1 generated.ts'])
    const [from, to] = [old, next].map((files) => parts(files[changed[0] ?? ''] ?? ''))
    const differ = [...(from ?? [])].filter(([head, part]) => to?.get(head) !== part)
    expect(differ.map(([head]) => head)).toEqual(['export class RefundRequested {'])
    // No argument moves: the constructor takes what it took.
    const constructorOf = (text = ''): string => /constructor\([^]*?\{\}/.exec(text)?.[0] ?? ''
    const [was, is] = [from, to].map((each) => constructorOf(each?.get('export class RefundRequested {')))
    expect(is).toBe(was)
    expect(was).toBe('constructor() {}')
  })
})
