/**
 * The slow codec: walks the type expression and goes through the dynamic codec of @aos/cbor. It is the oracle of the
 * compiled codec in tests.
 */
import { type CanonicalBytes, type Data, decode, decodeForeign, encodeNode, equalBytes, isAosError } from '@aos/cbor'
import type { SchemaTable, TypeExpr, Value } from '../model.ts'
import { valueFromForeign } from './foreign.ts'
import { valueToData } from './lower.ts'
import { makeShapes } from './shape.ts'

/** What a codec does, without anything compiled. Throws for bad types as `compileSchema` does. */
export interface DynamicCodec {
  readonly encode: (value: Value) => CanonicalBytes
  /** True when the bytes are the prefixed canonical form of a value of the type. */
  readonly isValid: (bytes: Uint8Array) => boolean
  readonly normalize: (foreign: Uint8Array) => CanonicalBytes
}

/** Makes the oracle for one type. Slow at every call: nothing is remembered between them. */
export function makeDynamicCodec(type: TypeExpr, table: SchemaTable): DynamicCodec {
  makeShapes(type, table)
  const encodeValue = (value: Value): CanonicalBytes => encodeNode(valueToData(type, table, value))
  const lifted = (data: Data): CanonicalBytes => encodeValue(valueFromForeign(type, table, data))
  return {
    encode: encodeValue,
    isValid: (bytes) => {
      try {
        return equalBytes(lifted(decode(bytes, { prefix: 'required' })), bytes)
      } catch (error) {
        if (isAosError(error)) return false
        throw error
      }
    },
    normalize: (foreign) => lifted(decodeForeign(foreign)),
  }
}
