/** Values that are made when somebody looks at them: of most steps and receipts nobody ever does. */
import type { ExprValue } from '@aos/expr'

/** What making it needs must never change, and making it must not fail: whoever looks has no code for that. */
export class LaterValue {
  #make: (() => ExprValue) | undefined
  #value: ExprValue | undefined

  constructor(make: () => ExprValue) {
    this.#make = make
  }

  get value(): ExprValue {
    const value = this.#value ?? this.#make?.()
    if (value === undefined) throw new RangeError('a value was looked at while it was made')
    this.#value = value
    this.#make = undefined
    return value
  }
}

/** The value, made if it has not been. */
export function valueNow(value: ExprValue | LaterValue | undefined): ExprValue | undefined {
  return value instanceof LaterValue ? value.value : value
}
