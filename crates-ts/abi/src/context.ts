/** Contexts: canonical values with the prefix, by sys/ReducerContext@1 and sys/PureContext@1 (spec/04-abi.md, "Context"). */
import { CborWriter } from '@aos/cbor'
import type { CanonicalBytes, Hash } from '@aos/cbor'

/** What a reducer may know of its surroundings, all of it from the entry (spec/04-abi.md, "Context"). */
export interface ReducerContext {
  readonly nowNs: number | bigint
  readonly logicalNowNs: number | bigint
  readonly journalHeight: number | bigint
  readonly entropy: Uint8Array
  readonly eventHash: Hash
  readonly manifestHash: Hash
  readonly reducer: string
  /** Canonical key bytes; absent for a reducer that is not keyed. */
  readonly key?: Uint8Array | undefined
  readonly cellMode: boolean
}

/** What a pure module may know of its surroundings; no clock and no entropy (spec/04-abi.md, "Context"). */
export interface PureContext {
  readonly logicalNowNs: number | bigint
  readonly journalHeight: number | bigint
  readonly manifestHash: Hash
  readonly module: string
}

/** The context of a step. A missing key is written as null, as the schema's option has it. */
export function encodeReducerContext(context: ReducerContext): CanonicalBytes {
  const writer = new CborWriter(512)
  writeReducerContext(writer, context)
  return writer.take() as CanonicalBytes // keys stand in canonical order below; a test holds them to the encoder
}

/** Appends the context of a step. Keys are in the order of their encoded bytes: shorter first. */
export function writeReducerContext(writer: CborWriter, context: ReducerContext): void {
  writer.prefix()
  writer.map(9)
  writer.text('key')
  if (context.key === undefined) writer.null()
  else writer.bytes(context.key)
  writer.text('now_ns')
  writer.uint(context.nowNs)
  writer.text('entropy')
  writer.bytes(context.entropy)
  writer.text('reducer')
  writer.text(context.reducer)
  writer.text('cell_mode')
  writer.bool(context.cellMode)
  writer.text('event_hash')
  writer.text(context.eventHash)
  writer.text('manifest_hash')
  writer.text(context.manifestHash)
  writer.text('journal_height')
  writer.uint(context.journalHeight)
  writer.text('logical_now_ns')
  writer.uint(context.logicalNowNs)
}

/** Bytes for the `ctx` of a pure call (spec/04-abi.md, "Context"). */
export function encodePureContext(context: PureContext): CanonicalBytes {
  const writer = new CborWriter(256)
  writePureContext(writer, context)
  return writer.take() as CanonicalBytes // keys stand in canonical order below; a test holds them to the encoder
}

/** Appends the context of a pure call. */
export function writePureContext(writer: CborWriter, context: PureContext): void {
  writer.prefix()
  writer.map(4)
  writer.text('module')
  writer.text(context.module)
  writer.text('manifest_hash')
  writer.text(context.manifestHash)
  writer.text('journal_height')
  writer.uint(context.journalHeight)
  writer.text('logical_now_ns')
  writer.uint(context.logicalNowNs)
}
