/**
 * Content as internal effects see it (spec/06-kernel.md, "Content"): only what the world knows by its journal, so that an answer does not depend on what
 * else lies in a store. Reading and writing are paid for in fuel.
 */
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { INTERNAL_LIMITS, LIMITS } from '../limits.ts'
import type { MadeBlobs } from './made-blobs.ts'

/** What the world knows, and what its turns make. */
export interface TurnBlobsGround {
  readonly made: MadeBlobs
  readonly isKnown: (hash: Hash) => boolean
  readonly know: (hash: Hash) => void
  /** Fuel that is left for this turn. */
  readonly fuelLimit: number
}

/** Serves one internal effect. */
export class TurnBlobs {
  readonly #ground: TurnBlobsGround
  #fuel = 0
  #written = 0

  constructor(ground: TurnBlobsGround) {
    this.#ground = ground
  }

  /** Fuel that was used. */
  get fuel(): number {
    return this.#fuel
  }

  /** Bytes that were written. */
  get written(): number {
    return this.#written
  }

  /** undefined: no entry of the world says that it has such content. Throws `internal.out_of_fuel`. */
  read(hash: Hash): Uint8Array | undefined {
    this.charge(0)
    if (!this.#ground.isKnown(hash)) return undefined
    const bytes = this.#ground.made.get(hash)
    this.charge(bytes.length)
    return bytes
  }

  /** The bytes belong to the world from here on. Throws `internal.out_of_fuel`. */
  write(bytes: Uint8Array): Hash {
    this.charge(bytes.length)
    this.#written += bytes.length
    const hash = this.#ground.made.put(bytes)
    this.#ground.know(hash)
    return hash
  }

  /** For work on so many bytes. Throws `internal.out_of_fuel`. */
  charge(bytes: number): void {
    this.#fuel += INTERNAL_LIMITS.fuelPerBlob + bytes * INTERNAL_LIMITS.fuelPerByte
    if (this.#fuel > Math.min(LIMITS.stepFuelMax, this.#ground.fuelLimit)) {
      throw new AosError(OUT_OF_FUEL, 'the effect reads or writes more than one step may')
    }
  }
}

/** The code of an internal effect that does too much. */
export const OUT_OF_FUEL = 'internal.out_of_fuel'
