/** Makes a failing sequence of choices shorter and smaller, while it fails by the same rule. */
import { Disagreement } from './checks.ts'

/** The rule that a list of choices breaks; undefined when it breaks none. */
export type Judge = (choices: readonly number[]) => string | undefined

/** A judge from a check that throws. What throws something else breaks the rule `escaped`. */
export function judgeBy(check: (choices: readonly number[]) => void): Judge {
  return (choices) => {
    try {
      check(choices)
      return undefined
    } catch (error) {
      return error instanceof Disagreement ? error.rule : 'escaped'
    }
  }
}

/** The smallest list found with at most `attempts` trials. */
export function shrinkChoices(list: readonly number[], judge: Judge, attempts = 1500): readonly number[] {
  const rule = judge(list)
  if (rule === undefined) throw new Error('shrink: there is nothing wrong')
  let best = list
  let left = attempts
  const accept = (candidate: readonly number[]): boolean => {
    if (left <= 0) return false
    left -= 1
    if (judge(candidate) !== rule) return false
    best = candidate
    return true
  }
  for (let before = -1; before !== weight(best) && left > 0;) {
    before = weight(best)
    for (let size = best.length >> 1; size > 0; size >>= 1) cutPieces(() => best, size, accept)
    for (let size = 8; size > 0; size >>= 1) zeroPieces(() => best, size, accept)
    lowerNumbers(() => best, accept)
  }
  return best
}

/** Falls with every step, so that shrinking ends. */
function weight(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + Math.log2(1 + value), list.length)
}

type Accept = (candidate: readonly number[]) => boolean

function cutPieces(best: () => readonly number[], size: number, accept: Accept): void {
  for (let end = best().length; end > 0; end -= size) {
    const from = Math.max(0, end - size)
    accept([...best().slice(0, from), ...best().slice(end)])
  }
}

function zeroPieces(best: () => readonly number[], size: number, accept: Accept): void {
  for (let from = 0; from < best().length; from += size) {
    const to = Math.min(from + size, best().length)
    if (
      best()
        .slice(from, to)
        .every((value) => value === 0)
    )
      continue
    accept(best().map((value, at) => (at >= from && at < to ? 0 : value)))
  }
}

function lowerNumbers(best: () => readonly number[], accept: Accept): void {
  for (let at = 0; at < best().length; at += 1) {
    const value = best()[at] ?? 0
    for (const lower of [value >>> 1, value - 1]) {
      if (lower >= 0 && lower < value && accept(best().with(at, lower))) break
    }
  }
}
