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
  writer.raw(input.ctx === undefined ? STATE_HEAD : STATE_HEAD_WITH_CONTEXT)
  writeBytesOrNull(writer, input.state)
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
  writer.raw(event.key === undefined ? EVENT_HEAD : EVENT_HEAD_WITH_KEY)
  writer.name(event.schema)
  writer.raw(VALUE_HEAD)
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

/** What stands before the parts that differ, in every input alike. */
const STATE_HEAD = itemsOf((writer) => {
  writeStateHead(writer, 3)
})
const STATE_HEAD_WITH_CONTEXT = itemsOf((writer) => {
  writeStateHead(writer, 4)
})
const EVENT_HEAD = itemsOf((writer) => {
  writeEventHead(writer, 2)
})
const EVENT_HEAD_WITH_KEY = itemsOf((writer) => {
  writeEventHead(writer, 3)
})
const VALUE_HEAD = itemsOf((writer) => {
  writer.text('value')
})

function writeStateHead(writer: CborWriter, fields: number): void {
  writer.map(fields)
  writeVersion(writer)
  writer.text('state')
}

function writeEventHead(writer: CborWriter, fields: number): void {
  writer.text('event')
  writer.map(fields)
  writer.text('schema')
}

function itemsOf(write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter()
  write(writer)
  return writer.take()
}
