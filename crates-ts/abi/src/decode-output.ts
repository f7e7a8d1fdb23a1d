/** Output envelopes: foreign CBOR from a guest (spec/04-abi.md, "Output"). */
import { EnvelopeReader, makeFieldNames } from './envelope-reader.ts'
import type { EffectEnvelope, EventEnvelope, PureOutput, ReducerOutput } from './envelope.ts'

const REDUCER_OUTPUT = makeFieldNames('state', 'domain_events', 'effects', 'ann')
const EVENT = makeFieldNames('schema', 'value', 'key')
const EFFECT = makeFieldNames('kind', 'params_cbor', 'cap_slot', 'idempotency_key')
const PURE_OUTPUT = makeFieldNames('output')

/** Bits of the fields that must be there. */
const STATE_REQUIRED = 0b0001
const TWO_REQUIRED = 0b0011
const OUTPUT_REQUIRED = 0b0001

/**
 * What a reducer returned. `state` must be there (null deletes the cell); the lists and `ann` may be missing or null.
 * Byte fields are views into `bytes` where the encoding allows it. Throws `abi.*` with path and details.offset.
 */
export function decodeReducerOutput(bytes: Uint8Array): ReducerOutput {
  const quiet = readQuietOutput(bytes)
  if (quiet !== undefined) return quiet
  const reader = new EnvelopeReader(bytes)
  return reader.run(() => readReducerOutput(reader))
}

/** What a pure module returned. Throws `abi.*` with path and details.offset. */
export function decodePureOutput(bytes: Uint8Array): PureOutput {
  const reader = new EnvelopeReader(bytes)
  return reader.run(() => {
    const draft: Draft<PureOutput> = { output: bytes }
    reader.record(PURE_OUTPUT, OUTPUT_REQUIRED, () => {
      draft.output = reader.bytes()
    })
    return draft
  })
}

/** An envelope while its fields come in; required ones are overwritten before it is handed out. */
type Draft<T> = { -readonly [K in keyof T]: T[K] }

function asciiBytes(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : Array.from(part, (letter) => letter.charCodeAt(0)))),
  )
}

/** Before and after the state in what the SDK returns for a step that raises nothing; nearly every output is this. */
const QUIET_HEAD = asciiBytes(0xa4, 0x65, 'state')
const QUIET_TAIL = asciiBytes(0x6d, 'domain_events', 0x80, 0x67, 'effects', 0x80, 0x63, 'ann', 0xf6)
const NOTHING: readonly never[] = []
const NULL = 0xf6
const SHORT_BYTES = 0x40
const BYTES_OF_ONE = 0x58
const BYTES_OF_TWO = 0x59

/** The same output as the reader below finds, for bytes of this one form; undefined for any other. */
function readQuietOutput(bytes: Uint8Array): ReducerOutput | undefined {
  for (let at = 0; at < QUIET_HEAD.length; at += 1) if (bytes[at] !== QUIET_HEAD[at]) return undefined
  const at = QUIET_HEAD.length
  const head = bytes[at] ?? 0
  let start = at + 1
  let length = 0
  if (head >= SHORT_BYTES && head < BYTES_OF_ONE) {
    length = head - SHORT_BYTES
  } else if (head === BYTES_OF_ONE) {
    length = bytes[at + 1] ?? 0
    start = at + 2
  } else if (head === BYTES_OF_TWO) {
    length = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    start = at + 3
  } else if (head !== NULL) {
    return undefined
  }
  const end = start + length
  if (bytes.length !== end + QUIET_TAIL.length) return undefined
  for (let index = 0; index < QUIET_TAIL.length; index += 1) {
    if (bytes[end + index] !== QUIET_TAIL[index]) return undefined
  }
  const state = head === NULL ? null : bytes.subarray(start, end)
  return { state, domainEvents: NOTHING, effects: NOTHING, ann: null }
}

function readReducerOutput(reader: EnvelopeReader): ReducerOutput {
  const domainEvents: EventEnvelope[] = []
  const effects: EffectEnvelope[] = []
  const draft: Draft<ReducerOutput> = { state: null, domainEvents, effects, ann: null }
  reader.record(REDUCER_OUTPUT, STATE_REQUIRED, (field) => {
    if (field === 0) draft.state = reader.bytesOrNull()
    else if (field === 1) reader.list(() => domainEvents.push(readEvent(reader)))
    else if (field === 2) reader.list(() => effects.push(readEffect(reader)))
    else draft.ann = reader.bytesOrNull()
  })
  return draft
}

function readEvent(reader: EnvelopeReader): EventEnvelope {
  const draft: Draft<EventEnvelope> = { schema: '', value: reader.cursor.source, key: undefined }
  reader.record(EVENT, TWO_REQUIRED, (field) => {
    if (field === 0) draft.schema = reader.text()
    else if (field === 1) draft.value = reader.bytes()
    else draft.key = reader.bytesOrNull() ?? undefined
  })
  return draft
}

function readEffect(reader: EnvelopeReader): EffectEnvelope {
  const draft: Draft<EffectEnvelope> = {
    kind: '',
    params: reader.cursor.source,
    capSlot: undefined,
    idempotencyKey: undefined,
  }
  reader.record(EFFECT, TWO_REQUIRED, (field) => {
    if (field === 0) draft.kind = reader.text()
    else if (field === 1) draft.params = reader.bytes()
    else if (field === 2) draft.capSlot = reader.textOrNull() ?? undefined
    else draft.idempotencyKey = reader.bytesOrNull() ?? undefined
  })
  return draft
}
