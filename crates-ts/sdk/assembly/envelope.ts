/** The envelopes of spec/04-abi.md: what `step` and `run` receive and return. They carry no prefix themselves. */
import { Reader } from './reader'
import { trapBadEnvelope } from './trap'
import { Writer } from './writer'

/** Readers look up to eight bytes ahead. */
const LOOK_AHEAD: usize = 8

/** Gives the host room for an input or for the pair (pointer, length) of an output. */
export function alloc(size: i32): usize {
  return heap.alloc(<usize>size + LOOK_AHEAD)
}

function openVersion(reader: Reader): void {
  if (reader.nat() != 1) trapBadEnvelope()
}

function openValue(reader: Reader): Reader {
  const value = reader.nested()
  value.prefix()
  return value
}

/** A reducer's input, taken apart; the values are decoded by the caller. */
export class ReducerInput {
  /** The cell's state, or null when the cell does not exist. */
  state: Reader | null = null
  private eventValue: Reader | null = null
  private contextValue: Reader | null = null

  constructor(pointer: usize, size: usize) {
    const reader = new Reader(pointer, pointer + size)
    for (let left = reader.map(); left > 0; left--) {
      // The keys "version", "state", "event" and "ctx", each with its head.
      if (reader.word(0x6e6f697372657667, 0xffffffffffffffff, 8)) openVersion(reader)
      else if (reader.word(0x657461747365, 0xffffffffffff, 6)) this.state = reader.isNull() ? null : openValue(reader)
      else if (reader.word(0x746e65766565, 0xffffffffffff, 6)) this.openEvent(reader)
      else if (reader.word(0x78746363, 0xffffffff, 4)) this.contextValue = reader.isNull() ? null : openValue(reader)
      else {
        reader.skip()
        reader.skip()
      }
    }
  }

  private openEvent(reader: Reader): void {
    for (let left = reader.map(); left > 0; left--) {
      // The key "value"; the schema is the one that the module declares, the key is in the context.
      if (reader.word(0x65756c617665, 0xffffffffffff, 6)) this.eventValue = openValue(reader)
      else {
        reader.skip()
        reader.skip()
      }
    }
  }

  get event(): Reader {
    return present(this.eventValue)
  }

  /** Only modules that declare a context receive one. */
  get context(): Reader {
    return present(this.contextValue)
  }
}

function present(reader: Reader | null): Reader {
  if (reader === null) trapBadEnvelope()
  return changetype<Reader>(reader)
}

/** A pure module's input, taken apart. */
export class PureInput {
  private inputValue: Reader | null = null
  private contextValue: Reader | null = null

  constructor(pointer: usize, size: usize) {
    const reader = new Reader(pointer, pointer + size)
    for (let left = reader.map(); left > 0; left--) {
      // The keys "version", "input" and "ctx".
      if (reader.word(0x6e6f697372657667, 0xffffffffffffffff, 8)) openVersion(reader)
      else if (reader.word(0x7475706e6965, 0xffffffffffff, 6)) this.inputValue = openValue(reader)
      else if (reader.word(0x78746363, 0xffffffff, 4)) this.contextValue = reader.isNull() ? null : openValue(reader)
      else {
        reader.skip()
        reader.skip()
      }
    }
  }

  get input(): Reader {
    return present(this.inputValue)
  }

  get context(): Reader {
    return present(this.contextValue)
  }
}

/** What a step returns beside the state: the events it raises and the effects it asks for, in the order of the calls. */
export class Output {
  private events: Writer | null = null
  private eventCount: i32 = 0
  private effects: Writer | null = null
  private effectCount: i32 = 0

  /** Raises an event of a named schema's class. The key names the cell, as canonical CBOR; routing may derive it. */
  raise<T>(event: T, key: Uint8Array | null = null): void {
    const writer = this.openEvent(event.schemaName(), key)
    const mark = writer.open()
    writer.prefix()
    event.encode(writer)
    writer.close(mark)
    this.closeEvent(writer, key)
  }

  /** Raises an event whose value is canonical CBOR already. */
  raiseBytes(schema: string, value: Uint8Array, key: Uint8Array | null = null): void {
    const writer = this.openEvent(schema, key)
    writer.bytes(value)
    this.closeEvent(writer, key)
  }

  private openEvent(schema: string, key: Uint8Array | null): Writer {
    let writer = this.events
    if (writer === null) {
      writer = new Writer(512)
      this.events = writer
    }
    this.eventCount += 1
    writer.map(key === null ? 2 : 3)
    writer.word(0x616d6568637366, 7) // "schema"
    writer.text(schema)
    writer.word(0x65756c617665, 6) // "value"
    return writer
  }

  private closeEvent(writer: Writer, key: Uint8Array | null): void {
    if (key === null) return
    writer.word(0x79656b63, 4) // "key"
    writer.bytes(key)
  }

  /** Asks for an effect with params that are canonical CBOR already. Without a slot the grant "default" is meant. */
  effect(kind: string, params: Uint8Array, slot: string = '', idempotencyKey: Uint8Array | null = null): void {
    const writer = this.openEffect(kind, slot, idempotencyKey)
    writer.bytes(params)
    this.closeEffect(writer, slot, idempotencyKey)
  }

  /** Asks for an effect with params of a generated class. */
  emit<T>(kind: string, params: T, slot: string = '', idempotencyKey: Uint8Array | null = null): void {
    const writer = this.openEffect(kind, slot, idempotencyKey)
    const mark = writer.open()
    writer.prefix()
    params.encode(writer)
    writer.close(mark)
    this.closeEffect(writer, slot, idempotencyKey)
  }

  private openEffect(kind: string, slot: string, idempotencyKey: Uint8Array | null): Writer {
    let writer = this.effects
    if (writer === null) {
      writer = new Writer(512)
      this.effects = writer
    }
    this.effectCount += 1
    writer.map(2 + i32(slot.length > 0) + i32(idempotencyKey !== null))
    writer.word(0x646e696b64, 5) // "kind"
    writer.text(kind)
    writer.text('params_cbor')
    return writer
  }

  private closeEffect(writer: Writer, slot: string, idempotencyKey: Uint8Array | null): void {
    if (slot.length > 0) {
      writer.text('cap_slot')
      writer.text(slot)
    }
    if (idempotencyKey !== null) {
      writer.text('idempotency_key')
      writer.bytes(idempotencyKey)
    }
  }

  /** The envelope after its state. */
  writeTo(writer: Writer): void {
    // "domain_events"
    writer.word(0x5f6e69616d6f646d, 8)
    writer.word(0x73746e657665, 6)
    writer.array(this.eventCount)
    const events = this.events
    if (events !== null) writer.raw(events.pointer, events.size)
    writer.word(0x7374636566666567, 8) // "effects"
    writer.array(this.effectCount)
    const effects = this.effects
    if (effects !== null) writer.raw(effects.pointer, effects.size)
    writer.word(0xf66e6e6163, 5) // "ann": null
  }
}

/** Begins a reducer's output; the state follows (`beginState` … `endState`, or `noState`). */
export function beginOutput(): Writer {
  const writer = new Writer(1024)
  writer.word(0x657461747365a4, 7) // map of 4, "state"
  return writer
}

/** Begins a pure module's output; the value follows between `beginValue` and `endValue`. */
export function beginPureOutput(): Writer {
  const writer = new Writer(1024)
  writer.word(0x74757074756f66a1, 8) // map of 1, "output"
  return writer
}

/** Opens the byte string of a value and writes the prefix. */
export function beginValue(writer: Writer): usize {
  const mark = writer.open()
  writer.prefix()
  return mark
}

/** Hands the output over: its pointer and length go where the host asked for them. */
export function finishOutput(writer: Writer, target: usize): void {
  store<u32>(target, <u32>writer.pointer)
  store<u32>(target, <u32>writer.size, 4)
}

/** The canonical CBOR of a text, with prefix: a cell key of schema text. */
export function encodeTextKey(text: string): Uint8Array {
  const writer = new Writer(64)
  writer.prefix()
  writer.text(text)
  return writer.take()
}

/** The canonical CBOR of a generated class's value, with prefix. */
export function encodeValue<T>(value: T): Uint8Array {
  const writer = new Writer(256)
  writer.prefix()
  value.encode(writer)
  return writer.take()
}
