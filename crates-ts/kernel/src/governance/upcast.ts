/**
 * Upcasters of events (spec/17-governance.md, "Upcasters"): an instance raises events by the schemas of the manifest that it was started under; where a schema
 * means something else by now, the modules in between lead its values on.
 */
import { decodePureOutput, encodePureInput } from '@aos/abi'
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { LIMITS } from '../limits.ts'
import type { CompiledPlan } from '../plans/compiled-plan.ts'
import type { KernelPorts } from '../ports.ts'
import type { WorldState } from '../state.ts'

/** What leads on from one form of an event schema. */
export interface Upcaster {
  /** Wasm hash of a pure module. */
  readonly module: Hash
  /** Fingerprint of the form that it leads to. */
  readonly to: Hash
}

/** Upcasters by event schema and the fingerprint of the form that they start from. */
export interface UpcasterTable {
  get(key: string): Upcaster | undefined
}

/** Schema name and the fingerprint that values come from, as one text of bytes. */
export function upcasterKey(event: string, from: Hash): string {
  return `${event} ${from}`
}

/** More steps than a world will ever have; a circle cannot come about. */
const STEPS_MAX = 1024

/** The modules that lead from one form of an event schema to another; undefined when nothing does. */
export function findUpcasters(
  table: UpcasterTable,
  event: string,
  { from, to }: { readonly from: Hash; readonly to: Hash },
): readonly Hash[] | undefined {
  const modules: Hash[] = []
  for (let at = from; at !== to;) {
    const upcaster = table.get(upcasterKey(event, at))
    if (upcaster === undefined || modules.length === STEPS_MAX) return undefined
    modules.push(upcaster.module)
    at = upcaster.to
  }
  return modules
}

/** Throws `kernel.upcast` when a module does not end well or gives no value. */
function upcast(
  ports: KernelPorts,
  value: Uint8Array,
  by: { readonly modules: readonly Hash[]; readonly fuelLimit: number },
): { readonly value: Uint8Array; readonly fuel: number } {
  let at = value
  let fuel = 0
  for (const wasmHash of by.modules) {
    const module = ports.modules.load({ wasmHash, bytes: ports.content.get(wasmHash), entry: 'run' })
    const call = module.call(encodePureInput({ input: at }), Math.min(LIMITS.stepFuelMax, by.fuelLimit - fuel))
    fuel += call.fuel
    if (call.outcome !== 'ok') throw upcastFailed(wasmHash, call.outcome)
    at = outputOf(wasmHash, call.output)
  }
  return { value: at, fuel }
}

function outputOf(wasmHash: Hash, bytes: Uint8Array): Uint8Array {
  try {
    return decodePureOutput(bytes).output.slice()
  } catch (error) {
    if (!isAosError(error)) throw error
    throw upcastFailed(wasmHash, error.message)
  }
}

function upcastFailed(wasmHash: Hash, what: string): AosError {
  return new AosError('kernel.upcast', `the upcaster ${wasmHash} ended with ${what}`)
}

/** An event that a plan knows by the schemas of its own manifest, as it stands by those in force. Throws `kernel.upcast`, `air.*`. */
export function bringEventOn(
  ground: {
    readonly ports: KernelPorts
    readonly state: WorldState
    readonly facts: { readonly manifestHash: Hash }
    readonly fuelLimit: number
  },
  event: { readonly schema: string; readonly value: Uint8Array; readonly plan: CompiledPlan },
): { readonly value: Uint8Array; readonly fuel: number } {
  const { ports, state, facts, fuelLimit } = ground
  const { schema, value, plan } = event
  if (!state.hasGovernance || plan.manifest === facts.manifestHash) return { value, fuel: 0 }
  const { catalog, governance } = state
  const [from, to] = [plan.fingerprint(schema), catalog.fingerprint(schema)]
  const modules = from === to ? [] : (findUpcasters(governance.upcasters, schema, { from, to }) ?? [])
  const upcasted = upcast(ports, value, { modules, fuelLimit })
  catalog.codec(schema)?.validate(upcasted.value)
  return upcasted
}
