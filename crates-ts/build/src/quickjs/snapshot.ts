/** Runs a script once and keeps what memory holds then: the module that every step starts from. */
import { AosError, isAosError } from '@aos/cbor'
import { PAGE_BYTES, compileGuest, makeGuest, rewriteModule } from '@aos/wasm'
import type { Guest } from '@aos/wasm'
import type { ScriptEngine } from './engine.ts'
import { BOOT_TEXTS, RECORD, STEP_TYPE, TAG_EXCEPTION, bootBody, stepBody } from './glue-code.ts'
import { addFunction, copyParts, writeParts } from './module-parts.ts'
import type { DataPiece } from './module-parts.ts'

/** The module of a script. */
export interface Snapshot {
  readonly wasm: Uint8Array
  /** Address of pointer and length of the text that says why a call trapped. */
  readonly noteAddress: number
}

/** What a script threw while it was loaded; positions in `stack` are those of the bundle. */
export class ScriptThrew extends Error {
  override readonly stack: string

  constructor(message: string, stack: string) {
    super(message)
    this.stack = stack
  }
}

/** Fuel of the run that loads a script: some seconds. */
const BOOT_FUEL = 20_000_000_000

/** The parser nests deeper than any step may; the host's own stack is the bound. */
const BOOT_STACK = 0x7fff_ffff

const PAGES_MAX = 256

/**
 * The bytes depend on the script and the engine alone: the script runs under the rewriter's rules here too. Throws
 * `ScriptThrew`, and `build.script_failed` for a script that does not come to an end or needs too much memory.
 */
export function snapshotScript(engine: ScriptEngine, name: string, script: string): Snapshot {
  const guest = boot(engine)
  const input = new TextEncoder().encode([...BOOT_TEXTS, script, ''].join('\0'))
  const record = runBoot(guest, name, input)
  const view = new DataView(guest.memory.buffer)
  const word = (offset: number): number => view.getUint32(record + offset, true)
  if (word(RECORD.tag) === TAG_EXCEPTION) {
    const text = (offset: number): string =>
      new TextDecoder().decode(guest.memory.subarray(word(offset), word(offset) + word(offset + 4)))
    throw new ScriptThrew(text(RECORD.error), text(RECORD.stack))
  }
  const pages = word(RECORD.pages)
  const parts = copyParts(engine.parts)
  const step = addFunction(
    parts,
    STEP_TYPE,
    stepBody(engine, {
      address: record,
      context: word(RECORD.context),
      step: view.getBigUint64(record + RECORD.step, true),
    }),
  )
  const alloc = engine.find('malloc', ALLOC_TYPE)
  const wasm = writeParts(parts, {
    exports: [
      { name: 'alloc', functionIndex: alloc },
      { name: 'step', functionIndex: step },
    ],
    memoryPages: pages,
    memoryPagesMax: PAGES_MAX,
    data: piecesOf(guest.memory.subarray(0, pages * PAGE_BYTES)),
    names: [{ functionIndex: step, name: 'step' }],
  })
  return { wasm, noteAddress: record + RECORD.note }
}

const ALLOC_TYPE = { parameters: [0x7f], results: [0x7f] }

function boot(engine: ScriptEngine): Guest {
  const parts = copyParts(engine.parts)
  const step = addFunction(parts, STEP_TYPE, bootBody(engine))
  const { module } = parts
  const rewritten = rewriteModule(
    writeParts(parts, {
      exports: [
        { name: 'alloc', functionIndex: engine.find('malloc', ALLOC_TYPE) },
        { name: 'step', functionIndex: step },
      ],
      memoryPages: module.memory?.min ?? 0,
      memoryPagesMax: PAGES_MAX,
      data: module.data,
      names: [],
    }),
  )
  return makeGuest(rewritten, compileGuest(rewritten))
}

/** Address of the record. */
function runBoot(guest: Guest, name: string, input: Uint8Array): number {
  const { exports, memory } = guest
  try {
    exports.__reset(BOOT_FUEL, BOOT_STACK)
    const address = exports.alloc(input.length) >>> 0
    if (address === 0) throw new AosError('build.script_failed', `${name} is too large for the memory of a module`)
    exports.__mark(address, input.length)
    memory.set(input, address)
    const [record] = exports.step?.(address, input.length) ?? []
    if (record === undefined) throw new Error('the engine has no entry')
    return record >>> 0
  } catch (error) {
    if (isAosError(error)) throw error
    const why = exports.__fuel() < 0 ? 'its top level does not come to an end' : 'the engine gave up on it'
    throw new AosError('build.script_failed', `${name} cannot be loaded: ${why}`, { cause: error })
  }
}

/** Zeros in between that are cheaper to write than another segment. */
const GAP_BYTES = 16

/** What is not zero, in order. */
function piecesOf(memory: Uint8Array): readonly DataPiece[] {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset, memory.length >> 3)
  const pieces: DataPiece[] = []
  let start = -1
  let end = 0
  words.forEach((word, at) => {
    if (word === 0n) return
    const offset = at << 3
    if (start >= 0 && offset - end > GAP_BYTES) {
      pieces.push({ offset: start, bytes: memory.slice(start, end) })
      start = -1
    }
    if (start < 0) start = offset
    end = offset + 8
  })
  if (start >= 0) pieces.push({ offset: start, bytes: memory.slice(start, end) })
  return pieces
}
