/** The verdict on values of one schema under another (spec/03-air.md, "Differences"). */
import { encodeNode, isAosError } from '@aos/cbor'
import { checkValue } from '../codec/check.ts'
import { valueToData } from '../codec/lower.ts'
import { makeShapes } from '../codec/shape.ts'
import { valueToJson } from '../codec/value-json.ts'
import { AIR_LIMITS } from '../limits.ts'
import type { SchemaTable, TypeExpr, Value } from '../model.ts'
import { findOutsider } from './inclusion.ts'
import type { Acceptance } from './port.ts'

/** A type with the schemas that its references are looked up in. */
export interface TypeInTable {
  readonly type: TypeExpr
  readonly table: SchemaTable
}

/**
 * Whether `by` takes every value of `values`, as canonical bytes under the strict check. `no` comes with a value that the
 * check was run on and that it refused. `unknown` when a reference leads nowhere or into a cycle, when a type nests too
 * deep, or when the witness has more than `AIR_LIMITS.witnessPartsMax` parts.
 */
export function checkAcceptance(values: TypeInTable, by: TypeInTable): Acceptance {
  try {
    const outer = makeShapes(by.type, by.table).root
    const found = findOutsider(makeShapes(values.type, values.table).root, outer)
    if (found === undefined) return { verdict: 'yes' }
    if (found.size > AIR_LIMITS.witnessPartsMax) {
      const message = `a value that is refused has ${found.size} parts, more than ${AIR_LIMITS.witnessPartsMax}`
      return { verdict: 'unknown', code: 'air.too_large', message }
    }
    const bytes = encodeNode(valueToData(values.type, values.table, found.value))
    return { ...refusal(() => checkValue(outer, bytes)), witness: witnessJson(values, found.value), verdict: 'no' }
  } catch (error) {
    if (!isAosError(error)) throw error
    return { verdict: 'unknown', code: error.code, message: error.message }
  }
}

function witnessJson(values: TypeInTable, value: Value): ReturnType<typeof valueToJson> {
  return valueToJson(values.type, values.table, value)
}

/** What the strict check says; that it says nothing would be our own bug. */
function refusal(check: () => void): Pick<Extract<Acceptance, { verdict: 'no' }>, 'code' | 'path' | 'message'> {
  try {
    check()
  } catch (error) {
    if (!isAosError(error)) throw error
    return { code: error.code, path: error.path ?? [], message: error.message }
  }
  throw new Error('the comparison of types and the codec disagree')
}
