/**
 * Takes away what a host would offer, for exactly one call. It works because the core is synchronous: nothing else can
 * run in between.
 */

const BANNED: readonly (readonly [holder: object, name: string])[] = [
  [Date, 'now'],
  [Date.prototype, 'getTime'],
  [Date.prototype, 'getTimezoneOffset'],
  [Math, 'random'],
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [globalThis, 'setImmediate'],
  [globalThis, 'queueMicrotask'],
  [globalThis, 'fetch'],
  [globalThis, 'structuredClone'],
  [globalThis, 'process'],
  [globalThis, 'Buffer'],
  [globalThis, 'performance'],
  [globalThis, 'crypto'],
  [globalThis, 'Intl'],
  [Promise.prototype, 'then'],
  [String.prototype, 'localeCompare'],
  [Number.prototype, 'toLocaleString'],
  [console, 'log'],
  [console, 'warn'],
  [console, 'error'],
]

/** The names that are taken away, for tests of this file. */
export const BANNED_NAMES: readonly string[] = BANNED.map(([, name]) => name)

/** Runs `body`; whatever ambient function or object it touches throws `ambient NAME`. */
export function withoutAmbient<T>(body: () => T): T {
  const saved = BANNED.map(([holder, name]) => [holder, name, Object.getOwnPropertyDescriptor(holder, name)] as const)
  for (const [holder, name] of BANNED) {
    const refuse = (): never => {
      throw new Error(`ambient ${name}`)
    }
    Object.defineProperty(holder, name, { configurable: true, get: refuse, set: refuse })
  }
  try {
    return body()
  } finally {
    for (const [holder, name, descriptor] of saved) {
      if (descriptor === undefined) Reflect.deleteProperty(holder, name)
      else Object.defineProperty(holder, name, descriptor)
    }
  }
}
