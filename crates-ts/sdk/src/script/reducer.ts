/** What a reducer or a pure module in TypeScript is made with, and the step around it (spec/04-abi.md). */
import { decodeFrom, encodeValue, makeCodec } from './codec.ts'
import type { Codec, ValueType } from './codec.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** The types of one reducer; the generator writes them for a module. */
export interface ReducerTypes {
  readonly state: unknown
  readonly event: unknown
  /** Undefined when the module declares no context. */
  readonly context: unknown
  /** By name of schema. */
  readonly events: object
  /** Params by kind of effect. */
  readonly effects: object
}

/** What an effect may say beside its params. */
export interface EffectOptions {
  /** The grant that is meant; `default` when there is none. */
  readonly slot?: string
  readonly idempotencyKey?: Uint8Array
}

/** The events that a step raises and the effect that it asks for, in the order of the calls. */
export interface Output<Types extends ReducerTypes> {
  /** Raises an event. The key names the cell, as canonical CBOR; routing may derive it. */
  raise<Name extends keyof Types['events'] & string>(schema: Name, value: Types['events'][Name], key?: Uint8Array): void
  /** Asks for an effect. */
  effect<Kind extends keyof Types['effects'] & string>(
    kind: Kind,
    params: Types['effects'][Kind],
    options?: EffectOptions,
  ): void
}

/**
 * A step: the state as it was, or null when the cell does not exist; the event; what to put out. Returns the next state,
 * or null to delete the cell. What it throws is a trap: the cell stays as it was.
 */
export type Reduce<Types extends ReducerTypes> = (
  state: Types['state'] | null,
  event: Types['event'],
  out: Output<Types>,
  context: Types['context'],
) => Types['state'] | null

/** A reducer as its module exports it. */
export interface Reducer<Types extends ReducerTypes> {
  readonly reduce: Reduce<Types>
}

/** The one thing that a reducer's index.ts exports, as `reducer`. Types come from the generated `defineReducer`. */
export function defineReducer<Types extends ReducerTypes>(reduce: Reduce<Types>): Reducer<Types> {
  return { reduce }
}

/** A pure module as it is exported. */
export interface Pure<Input, Result, Context> {
  readonly run: (input: Input, context: Context) => Result
}

/** The one thing that a pure module's index.ts exports, as `pure`. */
export function definePure<Input, Result, Context = undefined>(
  run: (input: Input, context: Context) => Result,
): Pure<Input, Result, Context> {
  return { run }
}

/** Types as values, for the codecs of one reducer. */
export interface ReducerCodecs {
  readonly state: ValueType
  readonly event: ValueType
  readonly context: ValueType | undefined
  readonly events: Readonly<Record<string, ValueType>>
  readonly effects: Readonly<Record<string, ValueType>>
}

/** The step of a module: an input envelope to an output envelope. */
export type Step = (input: Uint8Array) => Uint8Array

/** Only the generated glue calls it. */
export function makeStep<Types extends ReducerTypes>(reducer: Reducer<Types>, types: ReducerCodecs): Step {
  if (typeof (reducer as Partial<Reducer<Types>> | undefined)?.reduce !== 'function') {
    throw new TypeError('expected index.ts to export `reducer`, made by defineReducer')
  }
  const state = makeCodec(types.state)
  const event = makeCodec(types.event)
  const context = types.context === undefined ? undefined : makeCodec(types.context)
  const outputs: OutputCodecs = { events: codecsOf(types.events), effects: codecsOf(types.effects) }
  return (input) => {
    const parts = openInput(input)
    const before = parts.state === undefined ? null : decodeFrom(state, parts.state)
    const out = new OutputWriter(outputs)
    const after: unknown = reducer.reduce(
      before as Types['state'] | null, // the codec is made from the schema that the type is made from
      decodeFrom(event, parts.value),
      out as Output<Types>,
      context === undefined ? undefined : decodeFrom(context, needed(parts.context)),
    )
    if (after instanceof Promise) throw new TypeError('expected a state, found a promise: a step is synchronous')
    const next = after === null ? null : encodeAs(state, after, 'the state')
    return out.close(next)
  }
}

/** Only the generated glue calls it. */
export function makeRun<Input, Result, Context>(
  pure: Pure<Input, Result, Context>,
  types: { readonly input: ValueType; readonly output: ValueType; readonly context: ValueType | undefined },
): Step {
  if (typeof (pure as Partial<Pure<Input, Result, Context>> | undefined)?.run !== 'function') {
    throw new TypeError('expected index.ts to export `pure`, made by definePure')
  }
  const input = makeCodec(types.input)
  const output = makeCodec(types.output)
  const context = types.context === undefined ? undefined : makeCodec(types.context)
  return (bytes) => {
    const parts = openInput(bytes)
    const result = pure.run(
      decodeFrom(input, parts.value) as Input, // as above
      (context === undefined ? undefined : decodeFrom(context, needed(parts.context))) as Context,
    )
    const writer = new Writer()
    writer.map(1)
    writer.text('output')
    writer.bytes(encodeAs(output, result, 'the output'))
    return writer.take()
  }
}

/** The outermost function: bytes for a step that went well, a text of why it did not. */
export function guardStep(step: Step): (input: Uint8Array) => Uint8Array | string {
  return (input) => {
    try {
      return step(input)
    } catch (error) {
      if (!(error instanceof Error)) return `threw ${String(error)}`
      return `${error.name}: ${error.message}\n${error.stack ?? ''}`
    }
  }
}

function codecsOf(types: Readonly<Record<string, ValueType>>): ReadonlyMap<string, Codec> {
  return new Map(Object.entries(types).map(([name, type]) => [name, makeCodec(type)]))
}

function encodeAs(codec: Codec, value: unknown, what: string): Uint8Array {
  try {
    return encodeValue(codec, value)
  } catch (error) {
    if (error instanceof Error) error.message = `${what} is not of its schema: ${error.message}`
    throw error
  }
}

function needed(reader: Reader | undefined): Reader {
  if (reader === undefined) throw new TypeError('the input lacks a part of its envelope')
  return reader
}

interface InputParts {
  readonly state: Reader | undefined
  readonly value: Reader
  readonly context: Reader | undefined
}

/** Takes the envelope of a reducer or of a pure module apart. */
function openInput(input: Uint8Array): InputParts {
  const reader = new Reader(input)
  let state: Reader | undefined
  let value: Reader | undefined
  let context: Reader | undefined
  for (let left = reader.map(); left > 0; left -= 1) {
    const name = reader.text()
    if (name === 'version') {
      if (reader.integer() !== 1n) throw new TypeError('expected an envelope of version 1')
    } else if (name === 'event') value = openEvent(reader)
    else if (name === 'input') value = reader.view()
    else if (name === 'state') state = reader.isNull() ? undefined : reader.view()
    else if (name === 'ctx') context = reader.isNull() ? undefined : reader.view()
    else reader.skip()
  }
  return { state, value: needed(value), context }
}

function openEvent(reader: Reader): Reader | undefined {
  let value: Reader | undefined
  for (let left = reader.map(); left > 0; left -= 1) {
    if (reader.text() === 'value') value = reader.view()
    else reader.skip()
  }
  return value
}

interface OutputCodecs {
  readonly events: ReadonlyMap<string, Codec>
  readonly effects: ReadonlyMap<string, Codec>
}

class OutputWriter implements Output<AnyTypes> {
  private readonly codecs_: OutputCodecs
  private readonly events_ = new Writer()
  private readonly effects_ = new Writer()
  private eventCount_ = 0
  private effectCount_ = 0

  constructor(codecs: OutputCodecs) {
    this.codecs_ = codecs
  }

  raise(schema: string, value: unknown, key?: Uint8Array): void {
    const codec = this.codecs_.events.get(schema)
    if (codec === undefined) throw new TypeError(`the module knows no schema ${schema}`)
    const bytes = encodeAs(codec, value, schema)
    const writer = this.events_
    writer.map(key === undefined ? 2 : 3)
    writer.text('schema')
    writer.text(schema)
    writer.text('value')
    writer.bytes(bytes)
    if (key !== undefined) {
      writer.text('key')
      writer.bytes(key)
    }
    this.eventCount_ += 1
  }

  effect(kind: string, params: unknown, { slot, idempotencyKey }: EffectOptions = {}): void {
    const codec = this.codecs_.effects.get(kind)
    if (codec === undefined) throw new TypeError(`the module declares no effect ${kind}`)
    const bytes = encodeAs(codec, params, `the params of ${kind}`)
    const writer = this.effects_
    writer.map(2 + (slot === undefined ? 0 : 1) + (idempotencyKey === undefined ? 0 : 1))
    writer.text('kind')
    writer.text(kind)
    writer.text('params_cbor')
    writer.bytes(bytes)
    if (slot !== undefined) {
      writer.text('cap_slot')
      writer.text(slot)
    }
    if (idempotencyKey !== undefined) {
      writer.text('idempotency_key')
      writer.bytes(idempotencyKey)
    }
    this.effectCount_ += 1
  }

  /** The output envelope. */
  close(state: Uint8Array | null): Uint8Array {
    const writer = new Writer()
    writer.map(4)
    writer.text('state')
    if (state === null) writer.null()
    else writer.bytes(state)
    writer.text('domain_events')
    writer.array(this.eventCount_)
    writer.raw(this.events_.take())
    writer.text('effects')
    writer.array(this.effectCount_)
    writer.raw(this.effects_.take())
    writer.text('ann')
    writer.null()
    return writer.take()
  }
}

interface AnyTypes {
  readonly state: unknown
  readonly event: unknown
  readonly context: unknown
  readonly events: Readonly<Record<string, unknown>>
  readonly effects: Readonly<Record<string, unknown>>
}
