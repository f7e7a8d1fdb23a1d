/**
 * A reducer small enough to be written by hand: its state is the last event. The event's value stands at the end of the
 * input envelope; with `{n}` below 24 it is a byte string of eight bytes, head included, which is copied behind the
 * head of an output envelope.
 */
import { fromHex } from '@aos/cbor'

/**
 * (module (memory (export "memory") 1)
 *   (func (export "alloc") (param i32) (result i32) (i32.const 1024))
 *   (func (export "step") (param i32 i32) (result i32 i32)
 *     (i64.store (i32.const 71) (i64.load (i32.sub (i32.add (local.get 0) (local.get 1)) (i32.const 8))))
 *     (i32.const 64) (i32.const 15))
 *   (data (i32.const 64) "\a1\65state"))
 */
export function makeLastEventModule(): Uint8Array {
  return fromHex(HEX.join(''))
}

const HEX: readonly string[] = [
  '0061736d01000000010d0260017f017f60027f7f027f7f030302000105030100',
  '01071903066d656d6f7279020005616c6c6f630000047374657000010a200205',
  '004180080b180041c700200020016a41086b29030037030041c000410f0b0b0e',
  '010041c0000b07a1657374617465',
]

/** The same, but its step is `(loop (br 0)) (unreachable)`, and it has no data. */
export function makeEndlessModule(): Uint8Array {
  return fromHex([...HEX.slice(0, 1), ...ENDLESS_HEX].join(''))
}

/** From the last byte of the memory section on. */
const ENDLESS_HEX: readonly string[] = [
  '01071903066d656d6f7279020005616c6c6f630000047374657000010a100205',
  '004180080b080003400c000b000b',
]
