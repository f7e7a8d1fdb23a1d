/** What the conformance suites need: a test runner's three functions and a driver to try. */
import type { Hash } from '@aos/cbor'
import type { WorldStore } from '../world-store.ts'

/** The part of vitest's (or another runner's) expectations that the suites use. */
export interface Expectation {
  toBe(expected: unknown): void
  toEqual(expected: unknown): void
  toBeUndefined(): void
  toThrow(expected: unknown): void
  readonly rejects: { toMatchObject(expected: object): Promise<unknown> }
}

/** The three functions of a test runner that the suites use, so that none is a dependency. */
export interface TestApi {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
  expect(value: unknown): Expectation
}

/** One place where a store can be opened again and again. */
export interface StorePlace {
  open(): Promise<WorldStore>
  /** Changes a byte of every stored copy of a value, while the store is closed; absent where a test cannot reach the bytes. */
  damage?(hash: Hash): Promise<void>
  destroy(): Promise<void>
}

/** A driver as the kit sees it, with what it can do; what it cannot is not asked of it. */
export interface StoreDriver {
  readonly name: string
  readonly supports: {
    /** What was appended is there after close and open. */
    readonly reopen: boolean
    /** A second opening is refused with `store.locked`. */
    readonly lock: boolean
    /** A few hundred entries are enough for a compaction to cut some: there are no segments, or small ones. */
    readonly smallSegments: boolean
  }
  makePlace(): Promise<StorePlace>
}

/** Runs `body` on a fresh store and cleans up. */
export async function withStore(
  driver: StoreDriver,
  body: (store: WorldStore, place: StorePlace) => Promise<void>,
): Promise<void> {
  const place = await driver.makePlace()
  try {
    const store = await place.open()
    try {
      await body(store, place)
    } finally {
      await store.close()
    }
  } finally {
    await place.destroy()
  }
}
