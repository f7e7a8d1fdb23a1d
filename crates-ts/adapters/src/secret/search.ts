/** Finds secrets in bytes: where any form of any of them begins first, and the longest one there. */
import { ANY } from './forms.ts'
import type { Form } from './forms.ts'
import { ESCAPE_STARTS, eachEscaped } from './unit.ts'

const BYTES = 256
/** What begins at a pair of bytes: nothing, a form as it is, an escape, or both. */
const AS_IT_IS = 1
const ESCAPED = 2

/** An occurrence; `end` is the place behind it. */
export interface Found {
  readonly start: number
  readonly end: number
}

/** Of one set of forms. Most places are passed over by a look at two bytes. */
export class Search {
  /** What the longest occurrence takes. */
  readonly reach: number
  readonly #kinds = new Uint8Array(BYTES * BYTES)
  readonly #byPair = new Map<number, Form[]>()
  readonly #byEscaped = new Map<number, Form[]>()

  constructor(forms: readonly Form[]) {
    this.reach = Math.max(1, ...forms.map(({ bytesMax }) => bytesMax))
    for (const form of forms) {
      for (const pair of pairsOf(form)) addTo(this.#byPair, pair, form)
      if (form.escaped !== undefined) addTo(this.#byEscaped, form.escaped, form)
    }
    for (const first of ESCAPE_STARTS) this.#kinds.fill(ESCAPED, first * BYTES, (first + 1) * BYTES)
    for (const pair of this.#byPair.keys()) this.#kinds[pair] = (this.#kinds[pair] ?? 0) | AS_IT_IS
  }

  /** The first occurrence that begins at `from` or behind it, and before `limit`. */
  next(input: Uint8Array, from: number, limit: number): Found | undefined {
    const kinds = this.#kinds
    const last = Math.min(limit, input.length - 1)
    let pair = input[from] ?? 0
    for (let at = from; at < last; at += 1) {
      pair = ((pair & 0xff) << 8) | (input[at + 1] ?? 0)
      const kind = kinds[pair] ?? 0
      if (kind === 0) continue
      const end = this.#longestAt(input, at, { pair, kind })
      if (end !== undefined) return { start: at, end }
    }
    return undefined
  }

  #longestAt(
    input: Uint8Array,
    at: number,
    { pair, kind }: { readonly pair: number; readonly kind: number },
  ): number | undefined {
    let longest: number | undefined
    const attempt = (forms: readonly Form[] = []): void => {
      for (const form of forms) {
        const end = form.endOf(input, at)
        if (end !== undefined && (longest === undefined || end > longest)) longest = end
      }
    }
    if ((kind & AS_IT_IS) !== 0) attempt(this.#byPair.get(pair))
    if ((kind & ESCAPED) !== 0) {
      eachEscaped(input, at, (byte) => {
        attempt(this.#byEscaped.get(byte))
      })
    }
    return longest
  }
}

function pairsOf({ starts }: Form): ReadonlySet<number> {
  const pairs = new Set<number>()
  for (const { first, second } of starts) {
    if (second !== ANY) pairs.add(first * BYTES + second)
    else for (let any = 0; any < BYTES; any += 1) pairs.add(first * BYTES + any)
  }
  return pairs
}

function addTo(lists: Map<number, Form[]>, key: number, form: Form): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [form])
  else list.push(form)
}
