/**
 * Why a guest stops. A trap discards the step; the cell stays as it was. The report names the function that trapped;
 * the optimiser usually puts these into their callers, so that it is the decoder or the reducer.
 */

/** The input ended inside an item. */
export function trapEndOfInput(): void {
  unreachable()
}

/** An item of another type than the schema says. */
export function trapWrongType(): void {
  unreachable()
}

/** An integer outside the range of its type. */
export function trapOutOfRange(): void {
  unreachable()
}

/** A record without one of its required fields. */
export function trapMissingField(): void {
  unreachable()
}

/** A variant tag that the schema does not have. */
export function trapUnknownArm(): void {
  unreachable()
}

/** A payload was read from another arm than the one the value has. */
export function trapWrongArm(): void {
  unreachable()
}

/** A text that is not well formed: bad UTF-8 on the way in, a lone surrogate on the way out. */
export function trapBadText(): void {
  unreachable()
}

/** `SortedMap.get` of a key that is not there. */
export function trapMissingKey(): void {
  unreachable()
}

/** An envelope of another version than 1, or one that lacks a part. */
export function trapBadEnvelope(): void {
  unreachable()
}
