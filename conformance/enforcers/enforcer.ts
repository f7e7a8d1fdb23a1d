/** Asks a built-in enforcer the way the gate does: the real module runtime, real bytes of grants and parameters. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { decodePureOutput, encodePureInput } from '@aos/abi'
import { BUILTIN_WASM, BUILTIN_SCHEMAS, compileSchema, parseDefinitions, parseJson } from '@aos/air'
import type { SchemaCodec, TypeExpr } from '@aos/air'
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
const VIEWS = new URL('../../reducers/views.air.json', import.meta.url)
const FUEL = 5_000_000

const table = readTable()
const codecs = new Map<string, SchemaCodec>()
const checkInput = codecOf('sys/CapCheckInput@1')
const checkOutput = codecOf('sys/CapCheckOutput@1')

/** The parameter schema of each effect kind that an enforcer knows. */
const PARAMS: Readonly<Record<string, string>> = {
  'http.request': 'sys/HttpRequestParams@1',
  'llm.generate': 'sys/LlmGenerateParams@1',
  'governance.propose': 'sys/GovProposeParams@1',
  'governance.shadow': 'sys/GovShadowParams@1',
  'governance.approve': 'sys/GovApproveParams@1',
  'governance.apply': 'sys/GovApplyParams@1',
  'workspace.resolve': 'sys/WorkspaceResolveParams@1',
  'workspace.empty_root': 'sys/WorkspaceEmptyRootParams@1',
  'workspace.list': 'sys/WorkspaceListParams@1',
  'workspace.read_ref': 'sys/WorkspaceReadRefParams@1',
  'workspace.read_bytes': 'sys/WorkspaceReadBytesParams@1',
  'workspace.write_bytes': 'sys/WorkspaceWriteBytesParams@1',
  'workspace.remove': 'sys/WorkspaceRemoveParams@1',
  'workspace.diff': 'sys/WorkspaceDiffParams@1',
  'workspace.annotations_get': 'sys/WorkspaceAnnotationsGetParams@1',
  'workspace.annotations_set': 'sys/WorkspaceAnnotationsSetParams@1',
  'timer.set': 'sys/TimerSetParams@1',
}

/** The schema of the grants that each enforcer is given. */
const GRANTS: Readonly<Record<string, string>> = {
  'sys/CapEnforceHttpOut@1': 'view/HttpOutGrant@1',
  'sys/CapEnforceLlmBasic@1': 'view/LlmBasicGrant@1',
  'sys/CapEnforceWorkspace@1': 'view/WorkspaceGrant@1',
  'sys/CapEnforceGovernance@1': 'view/GovernanceGrant@1',
}

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
    cap_params: toBytes(grant, GRANTS[name] ?? ''),
    effect_kind: kind,
    effect_params: toBytes(params, PARAMS[kind] ?? ''),
    origin: { kind: 'plan', name: 'test/plan@1' },
    logical_now_ns: 0,
  })
}

/** Bytes stand for themselves, whatever the schema says: what no gate would hand over. */
function toBytes(value: Params | Uint8Array, schema: string): Uint8Array {
  return value instanceof Uint8Array ? value : codecOf(schema).normalize(encodeNode(value))
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

function codecOf(schema: string): SchemaCodec {
  const known = codecs.get(schema)
  if (known !== undefined) return known
  const codec = compileSchema({ kind: 'ref', name: schema }, table)
  codecs.set(schema, codec)
  return codec
}

function readTable(): ReadonlyMap<string, TypeExpr> {
  const parsed = parseDefinitions(parseJson(readFileSync(VIEWS, 'utf8')))
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  const views = parsed.value.filter((definition) => definition.kind === 'defschema')
  return new Map([...BUILTIN_SCHEMAS.values(), ...views].map(({ name, type }) => [name, type]))
}
