/** What modules said of calls that did not end ok. Notes are not journaled, so they are found by running an entry again. */
import type { Hash } from '@aos/cbor'
import type { CallResult, ModuleRuntime, World } from '@aos/kernel'
import type { EntryView } from './entry-view.ts'
import type { OpenedFolder } from './open-world.ts'
import { replayInto } from './replay-into.ts'
import { BadSnapshots } from './snapshots/bad-snapshots.ts'
import { openNewest } from './snapshots/open-newest.ts'

/** One call, in the order of the deliveries of its entry. */
export interface CallNote {
  /** The module that the kernel asked for. */
  readonly module: Hash
  readonly outcome: CallResult['outcome']
  readonly note: string | undefined
}

/** A runtime that remembers its calls until they are taken. */
export interface NotingRuntime {
  readonly runtime: ModuleRuntime
  /** The calls since the last time. */
  take(): readonly CallNote[]
}

/** Notes the calls that go through the runtime. */
export function noteCalls(runtime: ModuleRuntime): NotingRuntime {
  let calls: CallNote[] = []
  return {
    runtime: {
      load(request) {
        const module = runtime.load(request)
        return {
          ...module,
          call: (input, fuelLimit) => {
            const result = module.call(input, fuelLimit)
            calls.push({ module: module.wasmHash, outcome: result.outcome, note: result.note })
            return result
          },
        }
      },
    },
    take() {
      const taken = calls
      calls = []
      return taken
    },
  }
}

/** A runtime that remembers only what its last call said, if anything: it costs nothing where every entry goes through it. */
export interface LastNoteRuntime {
  readonly runtime: ModuleRuntime
  /** Of the last call since `forget`. */
  lastNote(): string | undefined
  forget(): void
}

/** Remembers the note of the last call that goes through the runtime. */
export function keepLastNote(runtime: ModuleRuntime): LastNoteRuntime {
  let note: string | undefined
  return {
    runtime: {
      load(request) {
        const module = runtime.load(request)
        return {
          ...module,
          call: (input, fuelLimit) => {
            const result = module.call(input, fuelLimit)
            note = result.note
            return result
          },
        }
      },
    },
    lastNote: () => note,
    forget() {
      note = undefined
    },
  }
}

/** The calls of one entry, derived from the nearest state before it. Throws what `openNewest` throws, and for content that is missing. */
export function callsOfEntry(
  opened: OpenedFolder,
  height: number,
  onReplay: (height: number) => void,
): readonly CallNote[] {
  const noting = noteCalls(opened.modules)
  const makeKernel = (): World => opened.makeKernel(noting.runtime)
  const bad = new BadSnapshots(opened.folder.badSnapshots)
  const kernel =
    height === 0 ? makeKernel() : openNewest({ ...opened, makeKernel, bad, onReplay, to: height - 1 }).kernel
  noting.take()
  replayInto(kernel, opened.store.journal, { from: height, to: height })
  return noting.take()
}

/** The view with a `note` at every delivery whose module said something. */
export function addNotes(view: EntryView, calls: readonly CallNote[]): EntryView {
  let next = 0
  const derived = view.derived.map((item) => {
    if (item['item'] !== 'delivery') return item
    const call = calls[next]
    next += 1
    return call?.note === undefined ? item : { ...item, note: call.note }
  })
  return { ...view, derived }
}
