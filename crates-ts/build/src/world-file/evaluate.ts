/** Runs a script with nothing of the host, in a thread of its own: it can neither hold up nor fill up this process. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { PRELUDE } from './prelude.ts'

/** A script that leaves a global `world` with a member `text`. */
export interface Evaluation {
  readonly code: string
  /** How stacks call the script. */
  readonly name: string
  readonly timeoutMs: number
}

/** What came of it. An error is what it was when it was thrown, as texts. */
export type Evaluated =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'thrown'; readonly shown: string; readonly error: ThrownTexts | undefined }

/** Members of a thrown object that are texts. */
export interface ThrownTexts {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly stack?: string
  readonly hint?: string
}

/** Deep enough that the call in the author's file is among them, behind those of the builders. */
const STACK_DEPTH = 25
const MEMORY_MB_MAX = 128

/** In the thread; a text, because a thread is started from a file or a text, and the command is bundled. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
const { Script, createContext } = require('node:vm')
const { prelude, code, name, timeoutMs } = workerData
const shown = (value) => { try { return String(value) } catch { return 'what has no text' } }
const told = (thrown) => {
  if (thrown !== null && typeof thrown === 'object' && thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { kind: 'timeout' }
  if (thrown === null || typeof thrown !== 'object') return { kind: 'thrown', shown: shown(thrown), error: undefined }
  const texts = ['name', 'message', 'code', 'stack', 'hint'].filter((key) => typeof thrown[key] === 'string')
  return { kind: 'thrown', shown: shown(thrown), error: Object.fromEntries(texts.map((key) => [key, thrown[key]])) }
}
let result
try {
  const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } })
  new Script(prelude).runInContext(context)
  new Script(code, { filename: name }).runInContext(context, { timeout: timeoutMs })
  const text = new Script('world.text').runInContext(context)
  result = typeof text === 'string' ? { kind: 'text', text } : { kind: 'nothing' }
} catch (thrown) {
  result = told(thrown)
}
parentPort.postMessage(result)
`

/** Whatever the script does, this ends with what came of it. */
export async function evaluate({ code, name, timeoutMs }: Evaluation): Promise<Evaluated> {
  const prelude = `${PRELUDE};Error.stackTraceLimit = ${STACK_DEPTH}`
  const thread = new Worker(THREAD, {
    eval: true,
    env: {},
    execArgv: [],
    workerData: { prelude, code, name, timeoutMs },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB_MAX },
  })
  try {
    const [message] = await once(thread, 'message')
    return message as Evaluated // written above
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      return { kind: 'memory' }
    throw error
  } finally {
    await thread.terminate()
  }
}
