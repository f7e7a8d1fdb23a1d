/** A part of the worlds of a host: kept in this thread or in another one (spec/15-control.md, "Threads"). */
import type { ControlCall, ControlResult } from '../daemon/control-call.ts'
import type { WorldKeeper } from './world-keeper.ts'
import type { HeldWorld, WorldReport } from './world-slot.ts'

/** Does what is asked of the worlds that it keeps. */
export interface Shard {
  /** Rejects with why the world could not be opened, with `control.*`, and with what ended the thread. */
  call(world: string, call: ControlCall): Promise<ControlResult>
  list(): Promise<readonly WorldReport[]>
  /** Resolves to the number of worlds that were not closed in that time. */
  stop(options: { readonly timeoutMs: number }): Promise<number>
}

/** Does one call on a world that is awake. Never rejects for what the asker did wrong. */
export type ServeWorld = (world: HeldWorld, call: ControlCall) => Promise<ControlResult>

/** The worlds of a keeper of this thread. */
export function makeLocalShard(keeper: WorldKeeper, serve: ServeWorld): Shard {
  return {
    call: (name, call) =>
      keeper.use(name, async (world, ending) => {
        const { signal, done } = eitherOf(call.signal, ending)
        try {
          return await serve(world, { ...call, signal })
        } finally {
          done()
        }
      }),
    list: async () => keeper.list(),
    stop: (options) => keeper.stop(options),
  }
}

/** Aborted when one of them is. `done` is to be called when nobody listens any more: `ending` lives much longer than a call. */
function eitherOf(
  asked: AbortSignal,
  ending: AbortSignal,
): { readonly signal: AbortSignal; readonly done: () => void } {
  const both = new AbortController()
  const abort = (): void => {
    both.abort()
  }
  for (const signal of [asked, ending]) {
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  }
  const done = (): void => {
    for (const signal of [asked, ending]) signal.removeEventListener('abort', abort)
  }
  return { signal: both.signal, done }
}

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** Which of `count` shards keeps the world of this name: FNV-1a (32 bits) of its UTF-8 bytes, modulo `count`. */
export function shardOf(name: string, count: number): number {
  let hash = FNV_OFFSET
  for (const byte of Buffer.from(name, 'utf8')) hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0
  return hash % count
}
