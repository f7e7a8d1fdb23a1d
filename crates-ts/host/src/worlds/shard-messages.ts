/** What the thread that serves and a thread that keeps worlds tell each other. All of it can be cloned. */
import type { ControlRequest, ControlResult } from '../daemon/control-call.ts'
import type { WorldReport } from './world-slot.ts'

/** To the thread that keeps worlds. `call` is a number that was not used before. */
export type ToShard =
  | {
      readonly kind: 'call'
      readonly call: number
      readonly world: string
      readonly request: Omit<ControlRequest, 'id' | 'world'>
    }
  /** Answers one `more`; without bytes it is the end. */
  | { readonly kind: 'input'; readonly call: number; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'cancel'; readonly call: number }
  | { readonly kind: 'list'; readonly call: number }
  | { readonly kind: 'stop'; readonly call: number; readonly timeoutMs: number }

/** From the thread that keeps worlds; `call` says what it answers. */
export type FromShard =
  /** Whoever does the call takes another piece of input. */
  | { readonly kind: 'more'; readonly call: number }
  | { readonly kind: 'out' | 'err'; readonly call: number; readonly bytes: Uint8Array }
  | { readonly kind: 'progress'; readonly call: number; readonly line: string }
  | { readonly kind: 'result'; readonly call: number; readonly result: ControlResult }
  | { readonly kind: 'listed'; readonly call: number; readonly worlds: readonly WorldReport[] }
  | { readonly kind: 'stopped'; readonly call: number; readonly left: number }
  | { readonly kind: 'log'; readonly line: string }

/** The part of a message port that is used. */
export interface ShardPort<Out> {
  postMessage(message: Out, transfer?: readonly ArrayBuffer[]): void
}

/** A message with bytes: they are copied once and handed over, not the whole buffer that they lie in. */
export function postBytes<Out>(port: ShardPort<Out>, bytes: Uint8Array, message: (copy: Uint8Array) => Out): void {
  const copy = new Uint8Array(bytes)
  port.postMessage(message(copy), [copy.buffer])
}
