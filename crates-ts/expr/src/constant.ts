/** Constants and literals of definitions as values (spec/09-expressions.md, "Values"). */
import type { Expr, Literal } from '@aos/air'
import { exprError } from './errors.ts'
import {
  NULL_VALUE,
  boolValue,
  bytesValue,
  integerValue,
  listValue,
  mapValue,
  recordValue,
  setValue,
  textValue,
  variantValue,
} from './value.ts'
import type { ExprValue } from './value.ts'

type Constant = Extract<Expr, { readonly kind: 'constant' }>

/** Throws `expr.type_mismatch` when the value is not of the sort: a model that no reader made. */
export function constantValue({ sort, value }: Constant): ExprValue {
  switch (sort) {
    case 'null':
      return NULL_VALUE
    case 'bool':
      if (typeof value === 'boolean') return boolValue(value)
      break
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      if (typeof value === 'number' || typeof value === 'bigint') return integerValue(sort, BigInt(value))
      break
    case 'text':
    case 'hash':
    case 'uuid':
    case 'dec128':
      if (typeof value === 'string') return textValue(sort, value)
      break
    case 'bytes':
      if (value instanceof Uint8Array) return bytesValue(value)
      break
  }
  throw exprError('expr.type_mismatch', `expected a constant of the sort ${sort}`)
}

/** A secret reference becomes the variant `secret` with alias and version, as slots of secrets have it. */
export function literalValue(literal: Literal): ExprValue {
  switch (literal.kind) {
    case 'constant':
      return constantValue(literal)
    case 'record':
      return recordValue(new Map([...literal.fields].map(([name, field]) => [name, literalValue(field)])))
    case 'list':
      return listValue(literal.items.map(literalValue))
    case 'set':
      return setValue(literal.items.map(literalValue))
    case 'map':
      return mapValue(literal.entries.map(({ key, value }) => ({ key: literalValue(key), value: literalValue(value) })))
    case 'variant':
      return variantValue(literal.tag, literal.value === undefined ? undefined : literalValue(literal.value))
    case 'secret':
      return variantValue(
        'secret',
        recordValue(
          new Map<string, ExprValue>([
            ['alias', textValue('text', literal.alias)],
            ['version', integerValue('nat', BigInt(literal.version))],
          ]),
        ),
      )
  }
}
