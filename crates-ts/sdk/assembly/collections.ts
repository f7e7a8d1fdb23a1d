/** What AIR has and AssemblyScript lacks: an optional number, and maps and sets in canonical order. */
import { compareKeys, isOrdered } from './order'
import { trapMissingKey } from './trap'
import { Parked, exchange, writeArray, writeRaw, writtenSize } from './writer'

/** A present value of an option of integers or booleans; an absent one is null. */
// @ts-ignore: decorator
@unmanaged
export class Some<T> {
  constructor(public value: T) {}
}

/** A map in canonical order of its keys. Lookups take O(log n), changes O(n). */
export class SortedMap<K, V> {
  private sortedKeys: Array<K> = new Array<K>()
  private sortedValues: Array<V> = new Array<V>()

  get size(): i32 {
    return this.sortedKeys.length
  }

  keyAt(index: i32): K {
    return this.sortedKeys[index]
  }

  valueAt(index: i32): V {
    return this.sortedValues[index]
  }

  /** The first index whose key is not smaller. */
  private lowerBound(key: K): i32 {
    let low = 0
    let high = this.sortedKeys.length
    if (high > 0 && compareKeys<K>(this.sortedKeys[high - 1], key) < 0) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeys<K>(this.sortedKeys[middle], key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Where the key is, or -1. */
  indexOf(key: K): i32 {
    const at = this.lowerBound(key)
    return at < this.sortedKeys.length && compareKeys<K>(this.sortedKeys[at], key) == 0 ? at : -1
  }

  has(key: K): bool {
    return this.indexOf(key) >= 0
  }

  /** The value; traps when the key is not there. */
  get(key: K): V {
    const at = this.indexOf(key)
    if (at < 0) trapMissingKey()
    return this.sortedValues[at]
  }

  /** The value, or `fallback` when the key is not there. */
  getOr(key: K, fallback: V): V {
    const at = this.indexOf(key)
    return at < 0 ? fallback : this.sortedValues[at]
  }

  set(key: K, value: V): void {
    const keys = this.sortedKeys
    const at = this.lowerBound(key)
    if (at < keys.length && compareKeys<K>(keys[at], key) == 0) {
      this.sortedValues[at] = value
      return
    }
    insert<K>(keys, at, key)
    insert<V>(this.sortedValues, at, value)
  }

  delete(key: K): bool {
    const at = this.indexOf(key)
    if (at < 0) return false
    this.sortedKeys.splice(at, 1)
    this.sortedValues.splice(at, 1)
    return true
  }
}

function insert<T>(list: Array<T>, at: i32, value: T): void {
  let hole = list.push(value) - 1
  while (hole > at) {
    list[hole] = list[hole - 1]
    hole -= 1
  }
  list[at] = value
}

/**
 * A set in canonical order of its items. Items without an order of their own (records, variants, lists …) are
 * put in order, and equal ones folded, when the set is encoded; `has` and `delete` are not for them.
 */
export class SortedSet<T> {
  private items: Array<T> = new Array<T>()

  get size(): i32 {
    return this.items.length
  }

  at(index: i32): T {
    return this.items[index]
  }

  private lowerBound(item: T): i32 {
    let low = 0
    let high = this.items.length
    if (high > 0 && compareKeys<T>(this.items[high - 1], item) < 0) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeys<T>(this.items[middle], item) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  has(item: T): bool {
    const at = this.lowerBound(item)
    return at < this.items.length && compareKeys<T>(this.items[at], item) == 0
  }

  add(item: T): void {
    if (!isOrdered<T>()) {
      this.items.push(item)
      return
    }
    const at = this.lowerBound(item)
    if (at == this.items.length || compareKeys<T>(this.items[at], item) != 0) insert<T>(this.items, at, item)
  }

  delete(item: T): bool {
    const at = this.lowerBound(item)
    if (at == this.items.length || compareKeys<T>(this.items[at], item) != 0) return false
    this.items.splice(at, 1)
    return true
  }
}

/** Encodes a set of items without an order of their own: each is written, then all are sorted as bytes and folded. */
export class ItemSorter {
  private written: Parked = new Parked(256)
  private ends: Array<usize> = new Array<usize>()

  /** What is written from here to `endItem` is an item. */
  beginItem(): void {
    exchange(this.written)
  }

  endItem(): void {
    this.ends.push(writtenSize())
    exchange(this.written)
  }

  private compare(left: i32, right: i32): i32 {
    const leftSize = this.sizeOf(left)
    const rightSize = this.sizeOf(right)
    const order = memory.compare(this.pointerOf(left), this.pointerOf(right), min(leftSize, rightSize))
    return order != 0 ? order : i32(leftSize > rightSize) - i32(leftSize < rightSize)
  }

  private startOf(index: i32): usize {
    return index == 0 ? 0 : this.ends[index - 1]
  }

  private sizeOf(index: i32): usize {
    return this.ends[index] - this.startOf(index)
  }

  private pointerOf(index: i32): usize {
    return this.written.start + this.startOf(index)
  }

  /** Writes the array. */
  encode(): void {
    const order = new Array<i32>()
    for (let item = 0; item < this.ends.length; item++) {
      let at = order.length
      while (at > 0 && this.compare(order[at - 1], item) > 0) at -= 1
      if (at == 0 || this.compare(order[at - 1], item) != 0) insert<i32>(order, at, item)
    }
    writeArray(order.length)
    for (let at = 0; at < order.length; at++) writeRaw(this.pointerOf(order[at]), this.sizeOf(order[at]))
  }
}
