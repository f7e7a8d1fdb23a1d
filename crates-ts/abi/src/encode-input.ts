/** Input envelopes: plain CBOR in the order of the fields, without the prefix (spec/04-abi.md, "Input"). */
import { CborWriter } from '@aos/cbor'
import { ABI_VERSION } from './envelope.ts'
import type { EventEnvelope, PureInput, ReducerInput } from './envelope.ts'

/** More than all heads and field names of an envelope take. */
const HEADS_MAX = 128

/** The bytes for `step`. Throws `cbor.lone_surrogate` for a schema name that is no text. */
export function encodeReducerInput(input: ReducerInput): Uint8Array {
  const { state, event, ctx } = input
  const variable = (state?.length ?? 0) + event.value.length + (event.key?.length ?? 0) + (ctx?.length ?? 0)
  const writer = new CborWriter(variable + 3 * event.schema.length + HEADS_MAX)
  writeReducerInput(writer, input)
  return writer.view()
}

/** Appends the bytes for `step` to a writer that the caller keeps; allocates nothing unless the writer has to grow. */
export function writeReducerInput(writer: CborWriter, input: ReducerInput): void {
  writer.map(input.ctx === undefined ? 3 : 4)
  writeVersion(writer)
  writer.text('state')
  writeBytesOrNull(writer, input.state)
  writer.text('event')
  writeEvent(writer, input.event)
  writeContext(writer, input.ctx)
}

/** The bytes for `run`. */
export function encodePureInput(input: PureInput): Uint8Array {
  const writer = new CborWriter(input.input.length + (input.ctx?.length ?? 0) + HEADS_MAX)
  writePureInput(writer, input)
  return writer.view()
}

/** Appends the bytes for `run`. */
export function writePureInput(writer: CborWriter, input: PureInput): void {
  writer.map(input.ctx === undefined ? 2 : 3)
  writeVersion(writer)
  writer.text('input')
  writer.bytes(input.input)
  writeContext(writer, input.ctx)
}

function writeVersion(writer: CborWriter): void {
  writer.text('version')
  writer.uint(ABI_VERSION)
}

function writeEvent(writer: CborWriter, event: EventEnvelope): void {
  writer.map(event.key === undefined ? 2 : 3)
  writer.text('schema')
  writer.text(event.schema)
  writer.text('value')
  writer.bytes(event.value)
  if (event.key === undefined) return
  writer.text('key')
  writer.bytes(event.key)
}

function writeContext(writer: CborWriter, ctx: Uint8Array | undefined): void {
  if (ctx === undefined) return
  writer.text('ctx')
  writer.bytes(ctx)
}

function writeBytesOrNull(writer: CborWriter, bytes: Uint8Array | null): void {
  if (bytes === null) writer.null()
  else writer.bytes(bytes)
}
