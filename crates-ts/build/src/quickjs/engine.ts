/** The JavaScript engine as a module without imports, cut so that scripts can nest their calls. */
import { AosError } from '@aos/cbor'
import { ByteWriter, OP, VALUE_TYPE } from '@aos/wasm'
import type { FunctionType } from '@aos/wasm'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { takeApart } from './module-parts.ts'
import type { ModuleParts } from './module-parts.ts'
import { splitFunctions } from './split-functions.ts'

/** The engine's parts, and where its functions stand. */
export interface ScriptEngine {
  readonly parts: ModuleParts
  /** Index of an exported function of this type. Throws `build.engine_mismatch`. */
  find(name: string, type: FunctionType): number
}

/** What WASI calls an operation that is not there. */
const NOT_SUPPORTED = 58

/** Top of the stack that the engine keeps in memory: low, where a reset costs less (spec/05-determinism.md, "Memory"). */
const STACK_TOP = 262_144

/** How finely the engine's functions are cut: a call of a script then costs about 5 KB of the stack budget instead of 100. */
const SPLIT = { functionBytesMax: 2_500, regionMin: 24, regionMax: 250 }

/** Version of the npm package that the engine comes from. */
export function engineVersion(): string {
  // The shape of every package.json.
  return (createRequire(import.meta.url)('quickjs-wasi/package.json') as { readonly version: string }).version
}

/** Reads the engine and prepares it; takes about a third of a second. */
export function readEngine(): ScriptEngine {
  const bytes = new Uint8Array(readFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm')))
  const parts = takeApart(bytes, stubOf)
  splitFunctions(parts, SPLIT)
  const [stackPointer] = parts.globals
  if (stackPointer?.mutable !== true) throw mismatch('its first global is not the stack pointer')
  parts.globals[0] = { ...stackPointer, init: new ByteWriter(8).byte(OP.i32Const).signed(STACK_TOP).take() }
  const { module } = parts
  return {
    parts,
    find(name, type) {
      const found = module.exports.find((item) => item.name === name && item.kind === 'func')
      const own = found === undefined ? undefined : module.types[module.functions[found.index] ?? -1]
      if (found === undefined || own === undefined || String(typeText(own)) !== String(typeText(type))) {
        throw mismatch(`it has no function ${name} of the expected type`)
      }
      return found.index
    },
  }
}

function typeText({ parameters, results }: FunctionType): string {
  return `${parameters.join()}>${results.join()}`
}

function mismatch(what: string): AosError {
  return new AosError('build.engine_mismatch', `the installed JavaScript engine cannot be used: ${what}`, {
    hint: 'npm ci installs the version that this release was made with',
  })
}

/**
 * Nothing answers: the clock stands at 0, everything else says that it is not there. No script can reach any of it except
 * the clock, which the engine reads once to seed the `Math.random` that is then taken away.
 */
function stubOf({ name, type }: { readonly name: string; readonly type: FunctionType }): Uint8Array {
  const out = new ByteWriter(32).u32(0)
  if (name.endsWith('.clock_time_get')) {
    out.op(OP.localGet, 2, OP.i64Const, 0, 0x37, 3, 0, OP.i32Const, 0)
  } else if (name.startsWith('wasi_')) {
    out.byte(OP.i32Const).signed(NOT_SUPPORTED)
  } else if (type.results[0] === VALUE_TYPE.i32) {
    out.op(OP.i32Const, 0)
  }
  return out.byte(OP.end).take()
}
