/** Runs before a world file: what would make its JSON depend on when and where it was made is taken away, and says so. */

const GONE: Readonly<Record<string, string>> = {
  Date: 'no clock',
  Intl: 'no locale',
  WeakRef: 'no collector',
  FinalizationRegistry: 'no collector',
  SharedArrayBuffer: 'no threads',
  Atomics: 'no threads',
  WebAssembly: 'no modules',
  console: 'no console',
  process: 'no process',
  require: 'no modules of Node',
  fetch: 'no network',
  setTimeout: 'no timers',
}

/** A script. Each name that is gone throws when it is used, with what a world file does not have. */
export const PRELUDE: string = `(() => {
  const gone = ${JSON.stringify(GONE)}
  const refuse = (name, why) => () => { throw new Error('a world file has ' + why + ': ' + name + ' is not there') }
  for (const name of Object.keys(gone)) {
    Object.defineProperty(globalThis, name, { configurable: false, get: refuse(name, gone[name]) })
  }
  Math.random = refuse('Math.random', 'no chance')
  for (const [type, names] of [
    [String, ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase']],
    [Number, ['toLocaleString']],
    [BigInt, ['toLocaleString']],
    [Array, ['toLocaleString']],
  ]) for (const name of names) type.prototype[name] = refuse(name, 'no locale')
})()`
