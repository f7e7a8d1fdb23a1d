/** The envelopes of spec/04-abi.md around `step` and `run`. They carry no prefix themselves; the values in them do. */
import { matchWord, openReader, openValue, readMap, readNat, readNull, readerPosition, skipBytes, skipItem } from './reader'
import { trapBadEnvelope } from './trap'
import { openWriter, writeWord, writtenSize, writtenStart } from './writer'

/** How far readers look ahead. */
const LOOK_AHEAD: usize = 8

/** Gives the host room for an input or for the pair (pointer, length) of an output. */
export function alloc(size: i32): usize {
  return heap.alloc(<usize>size + LOOK_AHEAD)
}

// Where the values of the input begin and end; 0 for one that is not there.
let stateStart: usize = 0
let stateEnd: usize = 0
let valueStart: usize = 0
let valueEnd: usize = 0
let contextStart: usize = 0
let contextEnd: usize = 0

/** Takes a reducer's or a pure module's input apart. */
export function openInput(pointer: usize, inputSize: usize): void {
  openReader(pointer, pointer + inputSize)
  for (let left = readMap(); left > 0; left--) {
    // "version", "state", "event", "input" and "ctx", each with its head.
    if (matchWord(0x6e6f697372657667, 0xffffffffffffffff, 8)) {
      if (readNat() != 1) trapBadEnvelope()
    } else if (matchWord(0x657461747365, 0xffffffffffff, 6)) {
      if (readNull()) continue
      const size = skipBytes()
      stateEnd = readerPosition()
      stateStart = stateEnd - size
    } else if (matchWord(0x746e65766565, 0xffffffffffff, 6)) {
      readEvent()
    } else if (matchWord(0x7475706e6965, 0xffffffffffff, 6)) {
      readValueSpan()
    } else if (matchWord(0x78746363, 0xffffffff, 4)) {
      if (readNull()) continue
      const size = skipBytes()
      contextEnd = readerPosition()
      contextStart = contextEnd - size
    } else {
      skipPair()
    }
  }
}

/** Takes the value out of an event. The schema is the one that the module declares; the key is in the context. */
function readEvent(): void {
  for (let left = readMap(); left > 0; left--) {
    if (matchWord(0x65756c617665, 0xffffffffffff, 6)) readValueSpan()
    else skipPair()
  }
}

function readValueSpan(): void {
  const size = skipBytes()
  valueEnd = readerPosition()
  valueStart = valueEnd - size
}

function skipPair(): void {
  skipItem()
  skipItem()
}

/** Moves the reader to the state; false when the cell does not exist. */
export function openState(): bool {
  if (stateStart == 0) return false
  openValue(stateStart, stateEnd)
  return true
}

/** Moves the reader to the event of a reducer or the input of a pure module. */
export function openEvent(): void {
  if (valueStart == 0) trapBadEnvelope()
  openValue(valueStart, valueEnd)
}

/** Moves the reader to the context, which only modules that declare one receive. */
export function openContext(): void {
  if (contextStart == 0) trapBadEnvelope()
  openValue(contextStart, contextEnd)
}

/** Begins a reducer's output; the state follows, as bytes or null. */
export function openOutput(): void {
  openWriter(1024)
  writeWord(0x657461747365a4, 7) // a map of 4, "state"
}

/** Begins a pure module's output; the value follows, as bytes. */
export function openPureOutput(): void {
  openWriter(1024)
  writeWord(0x74757074756f66a1, 8) // a map of 1, "output"
}

/** Hands the output over: its pointer and length go where the host asked for them. */
export function closeOutput(target: usize): void {
  store<u32>(target, <u32>writtenStart())
  store<u32>(target, <u32>writtenSize(), 4)
}
