/**
 * Migrations of states (spec/17-governance.md, "Migrations"). When the state schema of a reducer changes and a migration is named, its generation is
 * raised; a cell that was written before is brought on by the modules in between when it is first touched.
 */
import { decodePureOutput, encodePureInput } from '@aos/abi'
import { formatPath, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { LIMITS } from '../limits.ts'
import type { CallOutcome, KernelPorts } from '../ports.ts'

/** What happened to the state schema of one reducer. */
export interface Generations {
  /** Wasm hash of the module that leads on from each generation; cells that are written now are of the next one behind the last. */
  readonly modules: readonly Hash[]
  /** Of a reducer that no manifest lists any more: the last one that did. */
  readonly lastManifest: Hash | undefined
}

/** Of a reducer whose state schema never changed. */
export const FIRST_GENERATION: Generations = { modules: [], lastManifest: undefined }

/** What migrating one state came to. */
export interface Migration {
  readonly outcome: CallOutcome
  readonly fuel: number
  /** Owned; undefined unless `ok`. */
  readonly state: Uint8Array | undefined
  readonly note: string | undefined
}

/** What a state is brought on by. */
export interface MigrationGround {
  readonly ports: KernelPorts
  /** From the generation of the state on, in order. */
  readonly modules: readonly Hash[]
  /** Throws for bytes that are no state of the reducer as it is now. */
  readonly accepts: (state: Uint8Array) => void
  /** For all modules together; each call has at most that of a step. */
  readonly fuelLimit: number
}

/** Runs the modules one after the other. Throws only for a fault. */
export function migrate(given: Uint8Array, ground: MigrationGround): Migration {
  const { ports, modules, fuelLimit } = ground
  let state = given
  let fuel = 0
  for (const wasmHash of modules) {
    const limit = Math.min(LIMITS.stepFuelMax, fuelLimit - fuel)
    if (limit <= 0) return failed('out_of_fuel', fuel, undefined)
    const module = ports.modules.load({ wasmHash, bytes: ports.content.get(wasmHash), entry: 'run' })
    const call = module.call(encodePureInput({ input: state }), limit)
    fuel += call.fuel
    if (call.outcome !== 'ok') return failed(call.outcome, fuel, call.note)
    const output = attempt(() => decodePureOutput(call.output).output.slice())
    if (typeof output === 'string') return failed('bad_output', fuel, output)
    state = output
  }
  if (state.length > LIMITS.stateBytesMax) return failed('bad_output', fuel, `a state of ${state.length} bytes`)
  const refused = attempt(() => {
    ground.accepts(state)
    return state
  })
  return typeof refused === 'string'
    ? failed('bad_output', fuel, refused)
    : { outcome: 'ok', fuel, state, note: undefined }
}

/** What was wrong with it, for people. */
function attempt(act: () => Uint8Array): Uint8Array | string {
  try {
    return act()
  } catch (error) {
    if (!isAosError(error)) throw error
    return `${error.code} at ${formatPath(error.path ?? [])}: ${error.message}`
  }
}

function failed(outcome: CallOutcome, fuel: number, note: string | undefined): Migration {
  return { outcome, fuel, state: undefined, note }
}
