/** Modules: code in WebAssembly, and the schemas of what it is given and gives back (spec/03-air.md, "Definitions"). */
import type { AirType, Schema } from './air-type.ts'
import type { Json } from './expression-json.ts'
import { placeHere } from './place.ts'
import type { Place } from './place.ts'
import type { Cap, Effect } from './power.ts'

/** A schema of any name and type. */
type AnySchema = Schema<string, AirType>

/** What every module has; where its code comes from stands in aos.sync.json. */
export interface ModuleDefinition {
  readonly kind: 'module'
  readonly name: string
  /** Every schema it names, in order: key, state, event, context, annotations; input, output, context. */
  readonly schemas: readonly AnySchema[]
  readonly effects: readonly Effect[]
  readonly json: Json
  readonly place: Place
}

/** What `reducer` is given. */
export interface ReducerOptions {
  /** Of the state of one cell. */
  readonly state: AnySchema
  readonly event: AnySchema
  /** Of the keys of its cells; absent when there is one cell. */
  readonly key?: AnySchema
  readonly context?: AnySchema
  readonly annotations?: AnySchema
  /** Effects that its steps may ask for. */
  readonly effects?: readonly Effect[]
  /** Slots in which the world puts grants, and the capability that each is for. */
  readonly slots?: { readonly [slot: string]: Cap }
  /** Of the compiled module, when it is known already. */
  readonly wasmHash?: string
}

/** A reducer: from a state and an event to the next state. `O` has its schemas and slots. */
export interface Reducer<O extends ReducerOptions = ReducerOptions> extends ModuleDefinition {
  readonly of: O
}

/** Defines a reducer: `reducer('demo/Counter@1', { state: CounterState, event: CounterEvent })`. */
export function reducer<const O extends ReducerOptions>(name: string, options: O): Reducer<O> {
  const { state, event, key, context, annotations, effects = [], slots = {}, wasmHash } = options
  const capSlots = Object.entries(slots).map(([slot, { capType }]) => [slot, capType] as const)
  const json = {
    $kind: 'defmodule',
    name,
    module_kind: 'reducer',
    ...hashMember(wasmHash),
    ...(key === undefined ? {} : { key_schema: key.name }),
    abi: {
      reducer: {
        state: state.name,
        event: event.name,
        ...(context === undefined ? {} : { context: context.name }),
        ...(annotations === undefined ? {} : { annotations: annotations.name }),
        effects_emitted: effects.map(({ effectKind }) => effectKind),
        cap_slots: Object.fromEntries(capSlots),
      },
    },
  }
  const schemas = [key, state, event, context, annotations].filter(isThere)
  return { kind: 'module', name, of: options, schemas, effects, json, place: placeHere() }
}

/** What `pure` is given. */
export interface PureOptions {
  readonly input: AnySchema
  readonly output: AnySchema
  readonly context?: AnySchema
  /** Of the compiled module, when it is known already. */
  readonly wasmHash?: string
}

/** Defines a pure module: a function of its input, such as an enforcer. */
export function pure(name: string, options: PureOptions): ModuleDefinition {
  const { input, output, context, wasmHash } = options
  const json = {
    $kind: 'defmodule',
    name,
    module_kind: 'pure',
    ...hashMember(wasmHash),
    abi: {
      pure: {
        input: input.name,
        output: output.name,
        ...(context === undefined ? {} : { context: context.name }),
      },
    },
  }
  const schemas = [input, output, context].filter(isThere)
  return { kind: 'module', name, schemas, effects: [], json, place: placeHere() }
}

function hashMember(wasmHash: string | undefined): { readonly wasm_hash?: string } {
  return wasmHash === undefined ? {} : { wasm_hash: wasmHash }
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined
}
