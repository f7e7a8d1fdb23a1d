/** Asks a built-in enforcer the way the gate does: the real module runtime, real bytes of grants and parameters. */
import { createHash } from 'node:crypto'
import { decodePureOutput, encodePureInput } from '@aos/abi'
import { BUILTIN_CAPS, BUILTIN_EFFECTS, BUILTIN_SCHEMAS, BUILTIN_WASM, compileSchema } from '@aos/air'
import type { SchemaCodec, SchemaTable, TypeExpr } from '@aos/air'
import { encodeNode, hashText } from '@aos/cbor'
import type { Data, Sha256Port } from '@aos/cbor'
import { createModuleRuntime } from '@aos/wasm'

/** A value as a test writes it; what is left out is absent. */
export type Params = Readonly<Record<string, Data>>

/** An effect that is to be judged, under a grant. */
export interface Question {
  readonly kind: string
  readonly grant: Params | Uint8Array
  readonly params: Params | Uint8Array
}

/** `allowed`, or the code of the refusal. */
export interface Answer {
  readonly verdict: string
  readonly fuel: number
}

export type Ask = (question: Question) => Answer

const SHA256: Sha256Port = {
  sha256Into: (input, output, offset) => output.set(createHash('sha256').update(input).digest(), offset),
}
const FUEL = 5_000_000

const table: SchemaTable = new Map([...BUILTIN_SCHEMAS.values()].map(({ name, type }) => [name, type]))
const codecs = new Map<string, SchemaCodec>()
const checkInput = codecOf('sys/CapCheckInput@1')
const checkOutput = codecOf('sys/CapCheckOutput@1')

/** `wasm`: bytes to run instead of those that are built in. */
export function makeEnforcer(name: string, wasm?: Uint8Array): Ask {
  const bytes = wasm ?? BUILTIN_WASM.get(name)?.readBytes()
  if (bytes === undefined) throw new Error(`no built-in module ${name}`)
  const module = createModuleRuntime({ sha256: SHA256 }).load({
    wasmHash: hashText(SHA256, bytes),
    bytes,
    entry: 'run',
  })
  return (question) => {
    const { outcome, fuel, output, note } = module.call(encodePureInput({ input: encodeCheck(name, question) }), FUEL)
    if (outcome !== 'ok') return { verdict: `${outcome}: ${note ?? ''}`, fuel }
    return { verdict: verdictOf(decodePureOutput(output).output), fuel }
  }
}

function encodeCheck(name: string, { kind, grant, params }: Question): Uint8Array {
  return checkInput.encode({
    cap_def: 'test/cap@1',
    grant_name: 'grant',
    cap_params: toBytes(grant, grantCodec(name)),
    effect_kind: kind,
    effect_params: toBytes(params, paramsCodec(kind)),
    origin: { kind: 'plan', name: 'test/plan@1' },
    logical_now_ns: 0,
  })
}

/** Bytes stand for themselves, whatever the schema says: what no gate would hand over. */
function toBytes(value: Params | Uint8Array, codec: SchemaCodec): Uint8Array {
  return value instanceof Uint8Array ? value : codec.normalize(encodeNode(value))
}

function grantCodec(enforcer: string): SchemaCodec {
  const cap = [...BUILTIN_CAPS.values()].find((one) => one.enforcer === enforcer)
  if (cap === undefined) throw new Error(`no capability has the enforcer ${enforcer}`)
  return codecOf(cap.name, cap.schema)
}

function paramsCodec(kind: string): SchemaCodec {
  const effect = [...BUILTIN_EFFECTS.values()].find((one) => one.effectKind === kind)
  if (effect === undefined) throw new Error(`no effect has the kind ${kind}`)
  return codecOf(effect.paramsSchema)
}

function verdictOf(output: Uint8Array): string {
  // The codec has checked it. Strictly: what an enforcer returns is canonical.
  const { constraints_ok: isAllowed, deny } = checkOutput.decode(output) as {
    readonly constraints_ok: boolean
    readonly deny: { readonly code: string } | null
  }
  if (isAllowed === (deny !== null)) return 'both or neither'
  return deny?.code ?? 'allowed'
}

function codecOf(name: string, type: TypeExpr = { kind: 'ref', name }): SchemaCodec {
  const known = codecs.get(name)
  if (known !== undefined) return known
  const codec = compileSchema(type, table)
  codecs.set(name, codec)
  return codec
}
