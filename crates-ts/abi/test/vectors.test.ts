import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { AosError, fromHex, parseHash, toHex } from '@aos/cbor'
import {
  ABI_ERRORS,
  decodePureOutput,
  decodeReducerOutput,
  encodePureContext,
  encodePureInput,
  encodeReducerContext,
  encodeReducerInput,
} from '../src/index.ts'

interface EventVector {
  readonly schema: string
  readonly value: string
  readonly key?: string
}

interface PureContextVector {
  readonly logical_now_ns: string
  readonly journal_height: string
  readonly manifest_hash: string
  readonly module: string
}

interface ReducerContextVector extends Omit<PureContextVector, 'module'> {
  readonly now_ns: string
  readonly entropy: string
  readonly event_hash: string
  readonly reducer: string
  readonly key: string | null
  readonly cell_mode: boolean
}

type Valid = { readonly name: string; readonly hex: string } & (
  | {
      readonly form: 'reducer_input'
      readonly value: { readonly state: string | null; readonly event: EventVector; readonly ctx?: string }
    }
  | { readonly form: 'pure_input'; readonly value: { readonly input: string; readonly ctx?: string } }
  | { readonly form: 'reducer_context'; readonly value: ReducerContextVector }
  | { readonly form: 'pure_context'; readonly value: PureContextVector }
  | { readonly form: 'reducer_output' | 'pure_output'; readonly value: unknown }
)

interface Invalid {
  readonly name: string
  readonly form: 'reducer_output' | 'pure_output'
  readonly hex: string
  readonly code: string
  readonly path: readonly (string | number)[]
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/abi/${file}`, import.meta.url), 'utf8'))
}

test.each(read('valid.json') as readonly Valid[])('valid $form: $name', (vector) => {
  switch (vector.form) {
    case 'reducer_output':
      expect(outputVector(decodeReducerOutput(fromHex(vector.hex)))).toEqual(vector.value)
      break
    case 'pure_output':
      expect({ output: toHex(decodePureOutput(fromHex(vector.hex)).output) }).toEqual(vector.value)
      break
    default:
      expect(toHex(encodeVector(vector))).toBe(vector.hex)
  }
})

test.each(read('invalid.json') as readonly Invalid[])('invalid $form: $name', ({ form, hex, code, path }) => {
  const refused = refusal(() => (form === 'pure_output' ? decodePureOutput : decodeReducerOutput)(fromHex(hex)))
  expect([refused.code, refused.path]).toEqual([code, path])
  expect(Object.keys(ABI_ERRORS)).toContain(code)
})

function encodeVector(vector: Exclude<Valid, { readonly form: 'reducer_output' | 'pure_output' }>): Uint8Array {
  switch (vector.form) {
    case 'reducer_input': {
      const { state, event, ctx } = vector.value
      const envelope = { schema: event.schema, value: fromHex(event.value), key: bytes(event.key) }
      return encodeReducerInput({ state: state === null ? null : fromHex(state), event: envelope, ctx: bytes(ctx) })
    }
    case 'pure_input':
      return encodePureInput({ input: fromHex(vector.value.input), ctx: bytes(vector.value.ctx) })
    case 'reducer_context': {
      const { value } = vector
      return encodeReducerContext({
        nowNs: BigInt(value.now_ns),
        logicalNowNs: BigInt(value.logical_now_ns),
        journalHeight: BigInt(value.journal_height),
        entropy: fromHex(value.entropy),
        eventHash: parseHash(value.event_hash),
        manifestHash: parseHash(value.manifest_hash),
        reducer: value.reducer,
        key: bytes(value.key),
        cellMode: value.cell_mode,
      })
    }
    case 'pure_context': {
      const { value } = vector
      return encodePureContext({
        logicalNowNs: BigInt(value.logical_now_ns),
        journalHeight: BigInt(value.journal_height),
        manifestHash: parseHash(value.manifest_hash),
        module: value.module,
      })
    }
  }
}

function outputVector(output: ReturnType<typeof decodeReducerOutput>): unknown {
  return {
    state: output.state === null ? null : toHex(output.state),
    domain_events: output.domainEvents.map(({ schema, value, key }) => ({
      schema,
      value: toHex(value),
      ...(key === undefined ? {} : { key: toHex(key) }),
    })),
    effects: output.effects.map(({ kind, params, capSlot, idempotencyKey }) => ({
      kind,
      params_cbor: toHex(params),
      ...(capSlot === undefined ? {} : { cap_slot: capSlot }),
      ...(idempotencyKey === undefined ? {} : { idempotency_key: toHex(idempotencyKey) }),
    })),
    ann: output.ann === null ? null : toHex(output.ann),
  }
}

function bytes(hex: string | null | undefined): Uint8Array | undefined {
  return hex === undefined || hex === null ? undefined : fromHex(hex)
}

function refusal(body: () => unknown): AosError {
  try {
    body()
  } catch (error) {
    if (error instanceof AosError) return error
    throw error
  }
  throw new Error('accepted')
}
