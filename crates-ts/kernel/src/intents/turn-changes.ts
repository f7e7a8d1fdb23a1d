/** Records that a turn has put in the place of others (K8). */

/** The list with one more. Most turns have one: a list that is made of it takes a tenth of one that it is pushed to. */
export function withOne<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item]
  list.push(item)
  return list
}

/** One record by its key; null: it is gone. */
export interface TurnChange<K extends string, V> {
  readonly key: K
  value: V | null
  /** The turn made it: the state has none. */
  readonly isMade: boolean
}

/** Up to here looking through a list is quicker than making a map, and takes less memory. */
const LISTED_MAX = 8

/** By key, in the order in which they were first put. Most turns put one or two. */
export class TurnChanges<K extends string, V> {
  #list: TurnChange<K, V>[] = []
  #byKey: Map<K, TurnChange<K, V>> | undefined

  get size(): number {
    return this.#list.length
  }

  /** undefined: the turn has put nothing there. */
  get(key: K): V | null | undefined {
    return this.#find(key)?.value
  }

  /** `isMade` counts for the first one that is put under the key. */
  put(key: K, value: V | null, isMade: boolean = false): void {
    const known = this.#find(key)
    if (known !== undefined) {
      known.value = value
      return
    }
    const change = { key, value, isMade }
    this.#list = withOne(this.#list, change)
    if (this.#list.length > LISTED_MAX) this.#byKey ??= new Map(this.#list.map((one) => [one.key, one]))
    this.#byKey?.set(key, change)
  }

  [Symbol.iterator](): Iterator<TurnChange<K, V>> {
    return this.#list[Symbol.iterator]()
  }

  #find(key: K): TurnChange<K, V> | undefined {
    if (this.#byKey !== undefined) return this.#byKey.get(key)
    for (const change of this.#list) if (change.key === key) return change
    return undefined
  }
}
