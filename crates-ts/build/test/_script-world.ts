/** A folder with a module in TypeScript, written to a temporary place, and what runs it. */
import { decodeReducerOutput, encodeReducerInput } from '@aos/abi'
import type { ReducerOutput } from '@aos/abi'
import { parseDefinitions, parseJson } from '@aos/air'
import type { DefModule, SchemaTable } from '@aos/air'
import { generateScript, readScriptSdkFiles } from '@aos/sdk'
import { callGuest, compileGuest, makeGuest, rewriteModule } from '@aos/wasm'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { CompiledGuest, ScriptSources } from '../src/index.ts'

const DEFINITIONS = [
  {
    $kind: 'defschema',
    name: 'demo/Cart@1',
    type: { record: { items: { nat: {} }, names: { set: { text: {} } }, note: { option: { text: {} } } } },
  },
  { $kind: 'defschema', name: 'demo/Add@1', type: { record: { name: { text: {} } } } },
  { $kind: 'defschema', name: 'demo/Filled@1', type: { record: { items: { nat: {} } } } },
]

const SCHEMAS: SchemaTable = (() => {
  const parsed = parseDefinitions(parseJson(JSON.stringify(DEFINITIONS)))
  if (!parsed.ok) throw new Error('the definitions of the test do not parse')
  return new Map(parsed.value.flatMap((each) => (each.kind === 'defschema' ? [[each.name, each.type]] : [])))
})()

const MODULE: DefModule = {
  kind: 'defmodule',
  name: 'demo/Cart@1',
  moduleKind: 'reducer',
  // Tests compile from source, so the hash is never looked at.
  wasmHash: '' as DefModule['wasmHash'],
  reducer: {
    state: 'demo/Cart@1',
    event: 'demo/Add@1',
    effectsEmitted: ['timer.set'],
    capSlots: new Map(),
  },
}

/** Files by path from the world folder; those of the module lie in `reducers/cart`. */
export function scriptSources(files: Readonly<Record<string, string>>): ScriptSources {
  const root = mkdtempSync(join(tmpdir(), 'aos-script-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const generated = generateScript({
    module: MODULE,
    schemas: SCHEMAS,
    extraSchemas: [...SCHEMAS.keys()],
    effectParams: new Map([['timer.set', 'demo/Filled@1']]),
  })
  const folder = join(root, 'reducers', 'cart')
  return { name: 'reducers/cart', folder, root, generated, sdk: readScriptSdkFiles(), unreached: [] }
}

/** One call of a reducer. */
export interface ScriptCall {
  readonly outcome: string
  readonly note: string | undefined
  readonly output: ReducerOutput | undefined
}

/** Calls a module as the deterministic runtime does; the event is `{name}`. */
export function makeScriptCaller(built: CompiledGuest): (state: Uint8Array | null, name: string) => ScriptCall {
  const rewritten = rewriteModule(built.wasm)
  const guest = makeGuest(rewritten, compileGuest(rewritten), () => built.sourceMap)
  return (state, name) => {
    const text = Buffer.from(name)
    const value = Buffer.concat([Buffer.from('d9d9f7a1646e616d65', 'hex'), Buffer.from([0x78, text.length]), text])
    const input = encodeReducerInput({ state, event: { schema: 'demo/Add@1', value: new Uint8Array(value) } })
    const { outcome, note, output } = callGuest(guest, { entry: 'step', input, fuelLimit: 50_000_000 })
    return { outcome, note, output: outcome === 'ok' ? decodeReducerOutput(output.slice()) : undefined }
  }
}
