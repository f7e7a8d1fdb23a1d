/** Calls a built-in reducer the way the kernel does: the real module runtime, values by their schemas. */
import { createHash } from 'node:crypto'
import { decodeReducerOutput, encodeReducerContext, encodeReducerInput } from '@aos/abi'
import { BUILTIN_MODULES, BUILTIN_SCHEMAS, BUILTIN_WASM, compileSchema } from '@aos/air'
import type { SchemaCodec, Value } from '@aos/air'
import { encodeNode, hashText } from '@aos/cbor'
import type { Data, Sha256Port } from '@aos/cbor'
import { createModuleRuntime } from '@aos/wasm'

/** What a step came to. */
export interface Stepped {
  readonly outcome: string
  readonly fuel: number
  /** Bytes of the state; null: none. */
  readonly state: Uint8Array | null
  /** Values of the raised events, each under `$schema`. */
  readonly raised: readonly Readonly<Record<string, Value>>[]
}

export type Step = (state: Uint8Array | null, event: Data | Uint8Array, key?: Data) => Stepped

const SHA256: Sha256Port = {
  sha256Into: (input, output, offset) => output.set(createHash('sha256').update(input).digest(), offset),
}
const HASH = hashText(SHA256, new Uint8Array(0))
const FUEL = 50_000_000

const table = new Map([...BUILTIN_SCHEMAS.values()].map(({ name, type }) => [name, type]))

/** The codec of a built-in schema. */
export function codecOf(name: string): SchemaCodec {
  return compileSchema({ kind: 'ref', name }, table)
}

/** `wasm`: bytes to run instead of those that are built in. */
export function makeReducer(name: string, wasm?: Uint8Array): Step {
  const bytes = wasm ?? BUILTIN_WASM.get(name)?.readBytes()
  const abi = BUILTIN_MODULES.get(name)?.reducer
  if (bytes === undefined || abi === undefined) throw new Error(`no built-in reducer ${name}`)
  const module = createModuleRuntime({ sha256: SHA256 }).load({
    wasmHash: hashText(SHA256, bytes),
    bytes,
    entry: 'step',
  })
  const eventCodec = codecOf(abi.event)
  const stateCodec = codecOf(abi.state)
  return (state, event, key) => {
    const keyBytes = key === undefined ? undefined : encodeNode(key)
    const ctx = encodeReducerContext({
      key: keyBytes,
      nowNs: 0n,
      entropy: new Uint8Array(64),
      reducer: name,
      cellMode: keyBytes !== undefined,
      eventHash: HASH,
      manifestHash: HASH,
      journalHeight: 7,
      logicalNowNs: 0n,
    })
    const value = event instanceof Uint8Array ? event : eventCodec.normalize(encodeNode(event)).slice()
    const input = encodeReducerInput({ state, event: { schema: abi.event, value, key: keyBytes }, ctx })
    const { outcome, fuel, output } = module.call(input, FUEL)
    if (outcome !== 'ok') return { outcome, fuel, state: null, raised: [] }
    const decoded = decodeReducerOutput(output)
    const next = decoded.state?.slice() ?? null
    // Strictly: what a built-in module returns is canonical.
    if (next !== null) stateCodec.validate(next)
    const raised = decoded.domainEvents.map((each) => ({
      $schema: each.schema,
      ...(codecOf(each.schema).decode(each.value.slice()) as Readonly<Record<string, Value>>),
    }))
    return { outcome, fuel, state: next, raised }
  }
}
