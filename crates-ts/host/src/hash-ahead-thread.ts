/** What the thread behind `hash-ahead.ts` runs. */

/** Memory that both threads have. Jobs lie in slots that are used in turn. */
export interface HashAheadMemory {
  /** State of each slot, then its number of entries, then how many jobs were posted; −1 ends the thread. */
  readonly control: Int32Array
  readonly slots: readonly HashAheadSlot[]
}

export interface HashAheadSlot {
  /** Entries, one behind the other. */
  readonly bytes: Uint8Array
  /** Where each ends. */
  readonly ends: Int32Array
  /** Out: five digests an entry, in the order of the kernel's PartDigests. */
  readonly digests: Uint8Array
  /** Out: where ingress, derived and bodies begin; zeros for an entry that could not be read. */
  readonly parts: Int32Array
}

export type HashFunction = (algorithm: string, input: Uint8Array, encoding: 'latin1') => string

/** Hashes the parts of entry `index` of a slot; `bytes` are a copy of the slot's, which it changes. Throws for what is no entry. */
export type HashEntry = (slot: HashAheadSlot, bytes: Uint8Array, index: number) => void

/**
 * An entry is a CBOR array of header, ingress, derived and [entropy, values] (spec/journal.cddl). What cannot be read as that
 * is left to the kernel, which says what is wrong with it. This function and the next run as text: they may name nothing
 * that stands outside of them.
 */
export function makeEntryHasher(hash: HashFunction): HashEntry {
  const saltInput = new Uint8Array(31)
  for (let at = 0; at < 11; at += 1) saltInput[at] = 'aos/salt/v1'.charCodeAt(at)
  let message = new Uint8Array(1024)
  let bytes: Uint8Array = saltInput
  let limit = 0
  /** Length or count of the item whose head was read last, and the offset behind the head. */
  let argument = 0
  let next = 0

  function head(at: number): number {
    if (at >= limit) throw new RangeError('truncated')
    const first = bytes[at] ?? 0
    argument = first & 31
    next = at + 1
    if (argument >= 24) {
      if (argument > 27) throw new RangeError('a reserved head')
      const width = 1 << (argument - 24)
      argument = 0
      for (let index = 0; index < width; index += 1, next += 1) argument = argument * 256 + (bytes[next] ?? 0)
    }
    return first >> 5
  }

  function skip(at: number): number {
    const major = head(at)
    if (major === 2 || major === 3) return next + argument
    if (major === 6) return skip(next)
    if (major !== 4 && major !== 5) return next
    let end = next
    for (let left = major === 4 ? argument : 2 * argument; left > 0; left -= 1) end = skip(end)
    return end
  }

  /** Content of the byte string at an offset; `next` is behind it. */
  function byteString(at: number): Uint8Array {
    if (head(at) !== 2 || next + argument > limit) throw new RangeError('expected bytes')
    next += argument
    return bytes.subarray(next - argument, next)
  }

  function write(output: Uint8Array, at: number, input: Uint8Array): void {
    const digest = hash('sha256', input, 'latin1')
    for (let index = 0; index < 32; index += 1) output[at + index] = digest.charCodeAt(index)
  }

  return (slot, source, index) => {
    const { digests, parts } = slot
    bytes = source
    const start = index === 0 ? 0 : (slot.ends[index - 1] ?? 0)
    limit = slot.ends[index] ?? 0
    const at = 160 * index
    const ingressAt = skip(start + 1)
    const derivedAt = skip(ingressAt)
    const bodiesAt = skip(derivedAt)
    if (head(bodiesAt) !== 4 || argument !== 2) throw new RangeError('expected bodies')
    const entropy = byteString(next)
    if (entropy.length !== 16) throw new RangeError('expected entropy')
    write(digests, at, entropy)
    if (head(next) !== 4) throw new RangeError('expected values')
    if (argument > 0) {
      const value = byteString(next)
      saltInput.set(entropy, 11)
      if (message.length < 32 + value.length) message = new Uint8Array(2 * (32 + value.length))
      write(message, 0, saltInput)
      message.set(value, 32)
      write(digests, at + 32, message.subarray(0, 32 + value.length))
    }
    write(digests, at + 64, bytes.subarray(ingressAt, derivedAt))
    write(digests, at + 96, bytes.subarray(derivedAt, bodiesAt))
    // The tag of leaves takes the place of the head of the entry, which stands before the header.
    bytes[start] = 0
    write(digests, at + 128, bytes.subarray(start, ingressAt))
    parts[3 * index] = ingressAt - start
    parts[3 * index + 1] = derivedAt - start
    parts[3 * index + 2] = bodiesAt - start
  }
}

/** Works off slot after slot until it is told to end. */
export function hashPartsAhead(memory: HashAheadMemory, hashEntry: HashEntry): void {
  const POSTED = 1
  const TAKEN = 2
  const DONE = 3
  const { control, slots } = memory
  const postedAt = 2 * slots.length

  function hashSlot(slot: HashAheadSlot, count: number): void {
    const bytes = slot.bytes.slice(0, slot.ends[count - 1] ?? 0)
    for (let index = 0; index < count; index += 1) {
      try {
        hashEntry(slot, bytes, index)
      } catch {
        slot.parts.fill(0, 3 * index, 3 * index + 3)
      }
    }
  }

  /** The first slot from `from` on that holds a job nobody has taken. */
  function takeSlot(from: number): number {
    for (let index = 0; index < slots.length; index += 1) {
      const place = (from + index) % slots.length
      if (Atomics.compareExchange(control, place, POSTED, TAKEN) === POSTED) return place
    }
    return -1
  }

  for (let place = 0; ;) {
    const posted = Atomics.load(control, postedAt)
    if (posted < 0) return
    const taken = takeSlot(place)
    const slot = slots[taken]
    if (slot === undefined) {
      Atomics.wait(control, postedAt, posted)
      continue
    }
    hashSlot(slot, control[slots.length + taken] ?? 0)
    Atomics.store(control, taken, DONE)
    Atomics.notify(control, taken)
    place = taken + 1
  }
}
