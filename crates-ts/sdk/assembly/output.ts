/** What a step returns beside the state. */
import {
  Parked,
  closeBytes,
  exchange,
  openBytes,
  takeWritten,
  writeArray,
  writeBytes,
  writeMap,
  writePrefix,
  writeRaw,
  writeText,
  writeWord,
} from './writer'

/** The events that a step raises and the effects that it asks for, in the order of the calls. */
export class Output {
  private events: Parked | null = null
  private eventCount: i32 = 0
  private effects: Parked | null = null
  private effectCount: i32 = 0

  /** Raises an event of a named schema's class. The key names the cell, as canonical CBOR; routing may derive it. */
  raise<T>(event: T, key: Uint8Array | null = null): void {
    // @ts-ignore: AssemblyScript resolves the method for the class that T stands for
    const events = this.beginEvent(event.schemaName(), key)
    const mark = openBytes()
    // @ts-ignore: AssemblyScript resolves the method for the class that T stands for
    event.encode()
    closeBytes(mark)
    endEvent(events, key)
  }

  /** Raises an event whose value is canonical CBOR already. */
  raiseBytes(schema: string, value: Uint8Array, key: Uint8Array | null = null): void {
    const events = this.beginEvent(schema, key)
    writeBytes(value)
    endEvent(events, key)
  }

  private beginEvent(schema: string, key: Uint8Array | null): Parked {
    let events = this.events
    if (events === null) {
      events = new Parked(512)
      this.events = events
    }
    this.eventCount += 1
    exchange(events)
    writeMap(key === null ? 2 : 3)
    writeWord(0x616d6568637366, 7) // "schema"
    writeText(schema)
    writeWord(0x65756c617665, 6) // "value"
    return events
  }

  /** Asks for an effect with params that are canonical CBOR already. Without a slot the grant "default" is meant. */
  effect(kind: string, params: Uint8Array, slot: string = '', idempotencyKey: Uint8Array | null = null): void {
    const effects = this.beginEffect(kind, slot, idempotencyKey)
    writeBytes(params)
    endEffect(effects, slot, idempotencyKey)
  }

  /** Asks for an effect with params of a generated class. */
  emit<T>(kind: string, params: T, slot: string = '', idempotencyKey: Uint8Array | null = null): void {
    const effects = this.beginEffect(kind, slot, idempotencyKey)
    const mark = openBytes()
    // @ts-ignore: AssemblyScript resolves the method for the class that T stands for
    params.encode()
    closeBytes(mark)
    endEffect(effects, slot, idempotencyKey)
  }

  private beginEffect(kind: string, slot: string, idempotencyKey: Uint8Array | null): Parked {
    let effects = this.effects
    if (effects === null) {
      effects = new Parked(512)
      this.effects = effects
    }
    this.effectCount += 1
    exchange(effects)
    writeMap(2 + i32(slot.length > 0) + i32(idempotencyKey !== null))
    writeWord(0x646e696b64, 5) // "kind"
    writeText(kind)
    writeText('params_cbor')
    return effects
  }

  /** Writes the envelope after its state. */
  encode(): void {
    writeWord(0x5f6e69616d6f646d, 8) // "domain_events"
    writeWord(0x73746e657665, 6)
    writeArray(this.eventCount)
    const events = this.events
    if (events !== null) writeRaw(events.start, events.size)
    writeWord(0x7374636566666567, 8) // "effects"
    writeArray(this.effectCount)
    const effects = this.effects
    if (effects !== null) writeRaw(effects.start, effects.size)
    writeWord(0xf66e6e6163, 5) // "ann": null
  }
}

function endEvent(events: Parked, key: Uint8Array | null): void {
  if (key !== null) {
    writeWord(0x79656b63, 4) // "key"
    writeBytes(key)
  }
  exchange(events)
}

function endEffect(effects: Parked, slot: string, idempotencyKey: Uint8Array | null): void {
  if (slot.length > 0) {
    writeText('cap_slot')
    writeText(slot)
  }
  if (idempotencyKey !== null) {
    writeText('idempotency_key')
    writeBytes(idempotencyKey)
  }
  exchange(effects)
}

/** The canonical CBOR of a text, with prefix: a cell key of schema text. */
export function encodeTextKey(text: string): Uint8Array {
  const scratch = new Parked(64)
  exchange(scratch)
  writePrefix()
  writeText(text)
  const bytes = takeWritten()
  exchange(scratch)
  return bytes
}

/** The canonical CBOR of a generated class's value, with prefix. */
export function encodeValue<T>(value: T): Uint8Array {
  const scratch = new Parked(256)
  exchange(scratch)
  writePrefix()
  // @ts-ignore: AssemblyScript resolves the method for the class that T stands for
  value.encode()
  const bytes = takeWritten()
  exchange(scratch)
  return bytes
}
