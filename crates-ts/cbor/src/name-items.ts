/** Text items that are written again and again: names, not values. */
import { utf8Length, writeUtf8 } from './utf8.ts'

/** Names beyond this many are forgotten together. */
const NAMES_MAX = 1024
/** The longest text whose head is at most two bytes. */
const NAME_BYTES_MAX = 255

/** Names with their encoding. Nothing observes whether a name was known. */
export class NameItems {
  readonly #items = new Map<string, Uint8Array>()

  /** The text item of a name; undefined for a text that is no name: too long, or with a lone surrogate. */
  itemOf(name: string): Uint8Array | undefined {
    return this.#items.get(name) ?? this.#add(name)
  }

  #add(name: string): Uint8Array | undefined {
    const length = utf8Length(name)
    if (length < 0 || length > NAME_BYTES_MAX) return undefined
    const item = new Uint8Array(length < 24 ? 1 + length : 2 + length)
    item.set(length < 24 ? [0x60 | length] : [0x78, length])
    writeUtf8(name, item, item.length - length)
    if (this.#items.size >= NAMES_MAX) this.#items.clear()
    this.#items.set(name, item)
    return item
  }
}
