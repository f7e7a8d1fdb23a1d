/** One delivery: one event to one cell, whole or not at all (K10, K20, K21; spec/06-kernel.md, "Delivery"). */
import { decodeReducerOutput, encodeReducerContext, writeReducerInput } from '@aos/abi'
import type { ReducerOutput } from '@aos/abi'
import { CborWriter, NameItems, encodeNode, equalBytes, formatPath, hashText, isAosError, sha256 } from '@aos/cbor'
import type { AosError, CanonicalBytes, Hash } from '@aos/cbor'
import type { DeliveryOutcome } from './api.ts'
import type { Catalog } from './catalog.ts'
import { kernelError } from './errors.ts'
import { LIMITS } from './limits.ts'
import type { KernelPorts } from './ports.ts'
import { routeEvent } from './routing.ts'
import type { Delivery, RoutedEvent } from './routing.ts'
import { Slab } from './slab.ts'

/** What a module may know of the turn it runs in. */
export interface TurnFacts {
  readonly nowNs: bigint
  readonly logicalNowNs: bigint
  readonly height: number
  readonly entropy: Uint8Array
  readonly manifestHash: Hash
}

/** What one delivery comes to, not yet merged: the turn may still be dropped. */
export interface DeliveryResult {
  readonly outcome: DeliveryOutcome
  readonly fuel: number
  /** New state bytes, owned; null: delete; undefined: unchanged. Always undefined unless `ok`. */
  readonly state: Uint8Array | null | undefined
  readonly raised: readonly RoutedEvent[]
  /** The one effect of an `ok` delivery, for the gate to judge. */
  readonly effect: EmittedEffect | undefined
  readonly note: string | undefined
}

/** An effect as its reducer gave it; owned. */
export interface EmittedEffect {
  readonly kind: string
  /** Foreign CBOR. */
  readonly params: Uint8Array
  readonly slot: string | undefined
  readonly idempotencyKey: Uint8Array | undefined
}

const NOTHING_RAISED: readonly RoutedEvent[] = []

/** Holds the scratch memory of envelopes; one serves a world. */
export class DeliveryRunner {
  readonly #ports: KernelPorts
  readonly #input: CborWriter = new CborWriter(1024, new NameItems())
  /** Small blocks: a state that is kept long keeps its block. */
  readonly #states: Slab = new Slab({ blockBytes: 8192 })

  constructor(ports: KernelPorts) {
    this.#ports = ports
  }

  /**
   * Runs the reducer on the cell's old state. `ordinal` counts the deliveries of the turn (K12). Throws only for a fault.
   */
  run(
    catalog: Catalog,
    delivery: Delivery,
    old: Uint8Array | undefined,
    options: {
      readonly facts: TurnFacts
      readonly ordinal: number
      readonly fuelLimit: number
      readonly hasGate: boolean
    },
  ): DeliveryResult {
    const { reducer, key, value } = delivery
    const context = reducer.wantsContext ? this.#context(delivery, options.facts, options.ordinal) : undefined
    this.#input.reset()
    writeReducerInput(this.#input, {
      state: old ?? null,
      event: { schema: reducer.eventSchema, value, key },
      ctx: context,
    })
    const call = reducer.module.call(this.#input.view(), options.fuelLimit)
    if (call.outcome !== 'ok') return failed(call.outcome, call.fuel, call.note)
    try {
      const judged = { output: decodeReducerOutput(call.output), fuel: call.fuel, hasGate: options.hasGate }
      return this.#judge(catalog, delivery, old, judged)
    } catch (error) {
      if (!isAosError(error)) throw error
      return failed(
        'bad_output',
        options.fuelLimit,
        `${error.code} at ${formatPath(error.path ?? [])}: ${error.message}`,
      )
    }
  }

  /** Checks everything the reducer returned before any of it counts. Throws AosError for a bad output. */
  #judge(
    catalog: Catalog,
    delivery: Delivery,
    old: Uint8Array | undefined,
    judged: { readonly output: ReducerOutput; readonly fuel: number; readonly hasGate: boolean },
  ): DeliveryResult {
    const { reducer } = delivery
    const { output, fuel } = judged
    let emitted: EmittedEffect | undefined
    if (output.effects.length > 0) {
      if (output.effects.length > LIMITS.effectsPerStepMax) {
        return failed(
          'too_many_effects',
          fuel,
          `${output.effects.length} effects; ${LIMITS.effectsPerStepMax} is the most`,
        )
      }
      const undeclared = output.effects.find((effect) => !reducer.effectsEmitted.has(effect.kind))
      if (undeclared !== undefined) return failed('effect_undeclared', fuel, `effect ${undeclared.kind}`)
      const [first] = output.effects
      if (first === undefined || !judged.hasGate) {
        return failed('effect_denied', fuel, `effect ${first?.kind ?? ''}: nothing grants it`)
      }
      // Copies: the output is a view that the enforcer's call would end.
      emitted = {
        kind: first.kind,
        params: first.params.slice(),
        slot: first.capSlot,
        idempotencyKey: first.idempotencyKey?.slice(),
      }
    }
    const raised = output.domainEvents.length === 0 ? NOTHING_RAISED : normalizeRaised(catalog, output)
    const state = this.#newState(delivery, old, output.state)
    return { outcome: 'ok', fuel, state, raised, effect: emitted, note: undefined }
  }

  /** Checked against its schema, kept byte for byte as returned (K20). The view is copied. */
  #newState(delivery: Delivery, old: Uint8Array | undefined, state: Uint8Array | null): Uint8Array | null | undefined {
    if (state === null) return old === undefined ? undefined : null
    if (old !== undefined && equalBytes(old, state)) return undefined
    if (state.length > LIMITS.stateBytesMax)
      throw badOutput(`a state may have ${LIMITS.stateBytesMax} bytes, found ${state.length}`)
    delivery.reducer.stateCodec.accepts(state)
    return this.#states.copy(state)
  }

  #context(delivery: Delivery, facts: TurnFacts, ordinal: number): CanonicalBytes {
    const { reducer, key, value } = delivery
    const event = encodeNode(
      key === undefined ? { schema: reducer.eventSchema, value } : { schema: reducer.eventSchema, value, key },
    )
    return encodeReducerContext({
      nowNs: facts.nowNs,
      logicalNowNs: facts.logicalNowNs,
      journalHeight: facts.height,
      entropy: this.#moduleEntropy(facts.entropy, ordinal),
      eventHash: hashText(this.#ports.sha256, event),
      manifestHash: facts.manifestHash,
      reducer: reducer.name,
      key,
      cellMode: reducer.keyCodec !== undefined,
    })
  }

  /** K12: two hashes over (tag, half, entropy, ordinal). */
  #moduleEntropy(entropy: Uint8Array, ordinal: number): Uint8Array {
    const message = new Uint8Array(ENTROPY_TAG.length + 1 + entropy.length + 4)
    message.set(ENTROPY_TAG, 0)
    message.set(entropy, ENTROPY_TAG.length + 1)
    new DataView(message.buffer).setUint32(message.length - 4, ordinal)
    const both = new Uint8Array(64)
    both.set(sha256(this.#ports.sha256, message), 0)
    message[ENTROPY_TAG.length] = 1
    both.set(sha256(this.#ports.sha256, message), 32)
    return both
  }
}

const ENTROPY_TAG: Uint8Array = Uint8Array.from('aos/module-entropy/v1', (character) => character.charCodeAt(0))

/** A delivery of which nothing counts (K10). */
export function failed(outcome: DeliveryOutcome, fuel: number, note: string | undefined): DeliveryResult {
  return { outcome, fuel, state: undefined, raised: NOTHING_RAISED, effect: undefined, note }
}

/** Raised events in canonical form, each of a known schema and routable. */
function normalizeRaised(catalog: Catalog, output: ReducerOutput): readonly RoutedEvent[] {
  const events = output.domainEvents
  if (events.length > LIMITS.raisedPerStepMax)
    throw badOutput(`${events.length} events; ${LIMITS.raisedPerStepMax} is the most`)
  return events.map((event) => {
    const codec = catalog.codec(event.schema)
    if (codec === undefined) throw badOutput(`no schema is named ${event.schema}`)
    const value = codec.normalize(event.value).slice()
    if (value.length > LIMITS.eventBytesMax)
      throw badOutput(`an event may have ${LIMITS.eventBytesMax} bytes, found ${value.length}`)
    const routed: RoutedEvent = { schema: event.schema, value, key: normalizeKey(catalog, event.schema, event.key) }
    routeEvent(catalog, routed, 0)
    return routed
  })
}

function normalizeKey(catalog: Catalog, schema: string, key: Uint8Array | undefined): Uint8Array | undefined {
  if (key === undefined) return undefined
  const codec = catalog.routes.get(schema)?.find((route) => route.reducer.keyCodec !== undefined)?.reducer.keyCodec
  return codec === undefined ? key.slice() : codec.normalize(key).slice()
}

function badOutput(message: string): AosError {
  return kernelError('kernel.too_large', message)
}
