/**
 * Cuts large functions into small ones. A call is charged stack for every value its function could keep (spec/05-determinism.md,
 * "Stack"), which makes one turn of an interpreter loop cost as much as all its instructions together: without this a
 * script could nest six calls.
 */
import type { FunctionType } from '@aos/wasm'
import { VALUE_TYPE } from '@aos/wasm'
import { chooseRegions } from './choose-regions.ts'
import type { SplitSizes } from './choose-regions.ts'
import { parseFunction } from './code-tree.ts'
import { markLiveness } from './liveness.ts'
import { addFunction } from './module-parts.ts'
import type { ModuleParts } from './module-parts.ts'
import { planRegions } from './region-plan.ts'
import type { GlobalPool } from './region-plan.ts'
import { writeMain, writeRegion } from './write-function.ts'

/** Which functions are cut, and how finely. */
export interface SplitOptions extends SplitSizes {
  /** Functions with more bytes of code than this. */
  readonly functionBytesMax: number
}

const SAYS: FunctionType = { parameters: [], results: [VALUE_TYPE.i32] }
const SAYS_NOTHING: FunctionType = { parameters: [], results: [] }

/** Cuts every function that is too large, in place; what the module computes stays the same. */
export function splitFunctions(parts: ModuleParts, options: SplitOptions): void {
  const { module } = parts
  const imported = module.functions.length - module.bodies.length
  const pool = makePool(parts)
  // Room for the value that a branch carries out of a region.
  const carried = new Map<number, number>(
    [VALUE_TYPE.i32, VALUE_TYPE.i64, VALUE_TYPE.f32, VALUE_TYPE.f64].map((type) => [type, addGlobal(parts, type)]),
  )
  module.bodies.forEach((body, at) => {
    if (body.end - body.codeAt <= options.functionBytesMax) return
    const tree = parseFunction(module, imported + at)
    chooseRegions(tree, markLiveness(tree), options)
    const { plans, shared } = planRegions(tree, pool, parts.functions.length)
    const context = { tree, plans, shared, carried: (type: number) => carried.get(type) ?? 0 }
    for (const plan of plans.values())
      addFunction(parts, plan.says ? SAYS : SAYS_NOTHING, writeRegion(context, plan).body)
    parts.bodies[imported + at] = writeMain(context)
  })
}

function makePool(parts: ModuleParts): GlobalPool {
  const known = new Map<number, number[]>()
  return {
    globalFor(type, at) {
      const list = known.get(type) ?? []
      known.set(type, list)
      list[at] ??= addGlobal(parts, type)
      return list[at]
    },
  }
}

const ZERO: ReadonlyMap<number, readonly number[]> = new Map([
  [VALUE_TYPE.i32, [0x41, 0]],
  [VALUE_TYPE.i64, [0x42, 0]],
  [VALUE_TYPE.f32, [0x43, 0, 0, 0, 0]],
  [VALUE_TYPE.f64, [0x44, 0, 0, 0, 0, 0, 0, 0, 0]],
])

function addGlobal(parts: ModuleParts, type: number): number {
  parts.globals.push({ type, mutable: true, init: Uint8Array.from(ZERO.get(type) ?? []) })
  return parts.globals.length - 1
}
