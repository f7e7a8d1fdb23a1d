/** One step of a reducer under test: JSON in, bytes through the module, JSON out. */
import { decodeReducerOutput, encodeReducerContext, encodeReducerInput } from '@aos/abi'
import type { EffectEnvelope, EventEnvelope, ReducerOutput } from '@aos/abi'
import { formatBase64, formatJson, parseInstant } from '@aos/air'
import type { DefEffect, DefModule, JsonNode } from '@aos/air'
import { AosError, encodeNode, hashText, isAosError } from '@aos/cbor'
import { LIMITS } from '@aos/kernel'
import type { LoadedModule } from '@aos/kernel'
import type { Definitions } from '../definitions.ts'
import { nodeSha256 } from '../sha256.ts'
import { valueFromText, valueToNode } from '../values.ts'
import type { TestContext, TestEffect, TestEvent } from './port.ts'

/** A reducer with what its values are judged by. */
export interface StepRunnerParts {
  readonly module: DefModule & { readonly reducer: NonNullable<DefModule['reducer']> }
  readonly definitions: Definitions
  readonly loaded: LoadedModule
  /** By kind, built-in ones included. */
  readonly effects: ReadonlyMap<string, DefEffect>
}

/** The cell after a step, and what the step put out, as JSON texts of one layout: equal texts, equal bytes. */
export interface StepDone {
  readonly outcome: string
  /** As the module returned it; as it was when the step failed. */
  readonly state: Uint8Array | null
  readonly effects: readonly TestEffect[]
  readonly events: readonly TestEvent[]
  readonly fuel: number
  readonly note: string | undefined
}

/** 2000-01-01T00:00:00Z. */
const NOW_NS = 946_684_800_000_000_000n

/** Runs steps of one reducer; holds no state. */
export class StepRunner {
  readonly #parts: StepRunnerParts

  constructor(parts: StepRunnerParts) {
    this.#parts = parts
  }

  /** Canonical bytes of a state. Throws `air.*`. */
  readState(state: unknown): Uint8Array | null {
    return state === null ? null : this.#bytes(this.#parts.module.reducer.state, state)
  }

  /** A state for people. */
  showState(state: Uint8Array | null): unknown {
    return state === null ? null : this.#show(this.#parts.module.reducer.state, state)
  }

  /** An effect that is expected, in the layout of those that were asked for. Throws `air.*` and `host.unknown_effect`. */
  readEffect({ params, ...others }: TestEffect): TestEffect {
    const { paramsSchema } = this.#effect(others.kind)
    return { ...others, params: this.#show(paramsSchema, this.#bytes(paramsSchema, params)) }
  }

  /** An event that is expected, in the layout of those that were raised. Throws `air.*`. */
  readEvent({ schema, value, ...others }: TestEvent): TestEvent {
    return { schema, value: this.#show(schema, this.#bytes(schema, value)), ...others }
  }

  /** Calls the module with one event. */
  run(state: Uint8Array | null, given: unknown, context: TestContext): StepDone {
    const { module, loaded } = this.#parts
    const event = this.#envelope(given, context)
    const ctx = module.reducer.context === undefined ? undefined : this.#context(event, context)
    const input = encodeReducerInput({ state, event, ctx })
    const { outcome, output, fuel, note } = loaded.call(input, LIMITS.stepFuelMax)
    const failed = (why: string, text: string | undefined): StepDone => {
      return { outcome: why, state, effects: [], events: [], fuel, note: text }
    }
    if (outcome !== 'ok') return failed(outcome, note)
    try {
      return { ...this.#read(decodeReducerOutput(output.slice())), outcome, fuel, note: undefined }
    } catch (error) {
      if (!isAosError(error)) throw error
      return failed('bad_output', `${error.message} [${error.code}]`)
    }
  }

  #read({ state, effects, domainEvents }: ReducerOutput): Pick<StepDone, 'state' | 'effects' | 'events'> {
    const schema = this.#parts.module.reducer.state
    if (state !== null) this.#parts.definitions.codec(schema).accepts(state)
    return {
      state,
      effects: effects.map((each) => this.#asked(each)),
      events: domainEvents.map((each) => this.#raised(each)),
    }
  }

  #asked({ kind, params, capSlot, idempotencyKey }: EffectEnvelope): TestEffect {
    if (!this.#parts.module.reducer.effectsEmitted.includes(kind)) {
      throw new AosError('host.unknown_effect', `the module asks for ${kind}, which it does not declare`)
    }
    return {
      kind,
      params: this.#show(this.#effect(kind).paramsSchema, params),
      ...(capSlot === undefined ? {} : { slot: capSlot }),
      ...(idempotencyKey === undefined ? {} : { idempotency_key: formatBase64(idempotencyKey) }),
    }
  }

  #raised({ schema, value, key }: EventEnvelope): TestEvent {
    return { schema, value: this.#show(schema, value), ...(key === undefined ? {} : { key: formatBase64(key) }) }
  }

  #effect(kind: string): DefEffect {
    const effect = this.#parts.effects.get(kind)
    if (effect !== undefined) return effect
    throw new AosError('host.unknown_effect', `the world defines no effect ${kind}`)
  }

  #envelope(value: unknown, { key }: TestContext): EventEnvelope {
    const { reducer, keySchema } = this.#parts.module
    const schema = reducer.event
    const bytes = this.#bytes(schema, value)
    return keySchema === undefined || key === undefined
      ? { schema, value: bytes }
      : { schema, value: bytes, key: this.#bytes(keySchema, key) }
  }

  #context({ schema, value, key }: EventEnvelope, context: TestContext): Uint8Array {
    const { module, definitions } = this.#parts
    const nowNs = nanoseconds(context.now) ?? NOW_NS
    return encodeReducerContext({
      nowNs,
      logicalNowNs: nanoseconds(context.logicalNow) ?? nowNs,
      journalHeight: context.height ?? 1,
      entropy: context.entropy ?? new Uint8Array(64),
      eventHash: hashText(nodeSha256, encodeNode(key === undefined ? { schema, value } : { schema, value, key })),
      manifestHash: definitions.manifestHash,
      reducer: module.name,
      key,
      cellMode: module.keySchema !== undefined,
    })
  }

  #bytes(schema: string, value: unknown): Uint8Array {
    return valueFromText(this.#parts.definitions, schema, jsonText(value)).slice()
  }

  #show(schema: string, bytes: Uint8Array): unknown {
    return plain(valueToNode(this.#parts.definitions, schema, bytes))
  }
}

/** JSON in which integers of any size stand as they are. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)) as
    string | undefined // of undefined and of functions
  if (text === undefined) throw new AosError('host.bad_value', 'expected a value that JSON can write')
  return text
}

function plain(node: JsonNode): unknown {
  return JSON.parse(formatJson(node)) as unknown
}

function nanoseconds(time: string | bigint | undefined): bigint | undefined {
  if (typeof time !== 'string') return time
  const found = parseInstant(time)
  if (found === undefined) throw new AosError('host.bad_value', `expected an RFC 3339 time, found ${time}`)
  return found
}
