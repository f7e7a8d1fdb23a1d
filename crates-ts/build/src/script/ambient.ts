/** What a script must not use, because it is not there when the module runs: clocks, chance, timers, hosts. */

/** Why a name is not there and what to use in its place. */
const WHY = {
  clock: 'a reducer has no clock; declare the context sys/ReducerContext@1 and use its now_ns',
  chance: 'a reducer has no chance; declare the context sys/ReducerContext@1 and use its entropy',
  timer: 'a step ends before any timer could; ask for the effect timer.set',
  network: 'a reducer reaches no network; ask for the effect http.request',
  host: 'a reducer runs without a host',
  garbage: 'what was collected when must not be seen',
  threads: 'a reducer is one thread',
  output: 'nobody reads it; in tests, look at what the step puts out',
} as const

const NAMES: Readonly<Record<keyof typeof WHY, readonly string[]>> = {
  clock: ['Date', 'performance', 'Temporal', 'Intl'],
  chance: ['crypto', 'Math.random'],
  timer: [
    ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
    ...['requestAnimationFrame', 'requestIdleCallback', 'queueMicrotask'],
  ],
  network: ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'Request', 'Response', 'Headers', 'FormData'],
  host: [
    ...[
      'process',
      'Buffer',
      'require',
      'window',
      'document',
      'navigator',
      'location',
      'localStorage',
      'sessionStorage',
    ],
    ...['indexedDB', 'importScripts', 'Deno', 'Bun', 'WebAssembly', 'URL', 'URLSearchParams', 'Blob', 'File'],
    ...[
      'structuredClone',
      'AbortController',
      'AbortSignal',
      'EventTarget',
      'Event',
      'MessageChannel',
      '__dirname',
      '__filename',
    ],
  ],
  garbage: ['WeakRef', 'FinalizationRegistry'],
  threads: ['SharedArrayBuffer', 'Atomics', 'Worker'],
  output: ['console'],
}

const MARK = '$aos$not$'

/** A name and why it is refused. */
export interface Ambient {
  readonly name: string
  readonly why: string
}

const AMBIENT: ReadonlyMap<string, Ambient> = new Map(
  Object.entries(NAMES).flatMap(([kind, names]) =>
    names.map((name) => [markOf(name), { name, why: WHY[kind as keyof typeof WHY] }] as const),
  ),
)

function markOf(name: string): string {
  return MARK + name.replace('.', '_')
}

/**
 * What the bundler puts in place of free names. It knows scopes, so a local variable that is called `process` stays; what
 * is left of the marks behind its dead-code elimination is used.
 */
export function ambientDefines(): Record<string, string> {
  const defines: Record<string, string> = {
    'process.env.NODE_ENV': '"production"',
    global: 'globalThis',
    self: 'globalThis',
  }
  for (const [mark, { name }] of AMBIENT) {
    // The bundler itself resolves what is required.
    if (name === 'require') continue
    defines[name] = mark
    if (!name.includes('.')) defines[`globalThis.${name}`] = mark
  }
  return defines
}

/**
 * Answers questions of the kind `typeof process`, so that libraries which ask before they use what may not be there stay
 * usable; every answer is as long as its question, so that positions hold.
 */
export function answerQuestions(code: string): string {
  return code
    .replace(/typeof (\$aos\$not\$\w+)/g, (question) => '"undefined"'.padEnd(question.length))
    .replace(/typeof globalThis\b/g, (question) => '"object"'.padEnd(question.length))
    .replace(/instanceof (\$aos\$not\$\w+)/g, (question) => 'instanceof $aos$none'.padEnd(question.length))
}

/** A use that is left, with its offset. */
export interface AmbientUse extends Ambient {
  readonly line: number
  readonly column: number
}

/** Every use that is left in the code; lines from 1, columns from 0. */
export function findAmbientUses(code: string): readonly AmbientUse[] {
  return code.split('\n').flatMap((text, index) =>
    [...text.matchAll(/\$aos\$not\$\w+/g)].flatMap((match) => {
      const found = AMBIENT.get(match[0])
      return found === undefined ? [] : [{ ...found, line: index + 1, column: match.index }]
    }),
  )
}

/**
 * Runs before the script, on a line of its own: takes away what the engine has, and gives libraries a console that says
 * nothing, a Date that throws whatever is asked of it, and a class that nothing is an instance of.
 */
export const PRELUDE: string = [
  '(()=>{const g=globalThis;',
  'for(const n of ["Date","WeakRef","FinalizationRegistry","SharedArrayBuffer","Atomics","performance","queueMicrotask",',
  '"navigator","gc","print","console"])delete g[n];',
  'delete Math.random;',
  'const nothing=()=>{};',
  'const hide=(n,value)=>Object.defineProperty(g,n,{value});',
  'hide("$aos$none",class{});',
  'const refuse=()=>{throw new TypeError("Date is not there: a reducer has no clock")};',
  'class NoDate{constructor(){refuse()}static now(){refuse()}static parse(){refuse()}static UTC(){refuse()}}',
  'g.Date=NoDate;hide("$aos$not$Date",NoDate);',
  'hide("$aos$not$console",Object.freeze({log:nothing,debug:nothing,info:nothing,warn:nothing,error:nothing,trace:nothing,',
  'assert:nothing,group:nothing,groupEnd:nothing,time:nothing,timeEnd:nothing}));',
  '})();',
].join('')
