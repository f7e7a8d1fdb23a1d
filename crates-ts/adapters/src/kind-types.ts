/** Values of effects as JSON, for what speaks JSON: drivers and scripts (spec/13-adapters.md, "Values as JSON"). */
import { isJsonObject, valueFromJson, valueToJson } from '@aos/air'
import type { Checked, JsonNode, SchemaTable, TypeExpr, Value } from '@aos/air'
import { AosError } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'
import { FAILURE_TYPE } from './failures.ts'

/** The schemas of one effect kind; `grant` is the parameter schema of its capability. */
export interface KindTypes {
  readonly params: TypeExpr
  readonly receipt: TypeExpr
  readonly grant?: TypeExpr
  readonly table: SchemaTable
}

/** Undefined for a kind that nobody declared. */
export type TypesOf = (kind: string) => KindTypes | undefined

/** Throws `adapter.bad_config` for a kind without types. */
export function typesFor(typesOf: TypesOf, kind: string): KindTypes {
  const types = typesOf(kind)
  if (types === undefined) throw new AosError('adapter.bad_config', `the schemas of ${kind} are not known`)
  return types
}

/** Parameters in the sugar lens. */
export function paramsToJson(types: KindTypes, params: Value): JsonNode {
  return valueToJson(types.params, types.table, params)
}

/** With status `ok` a receipt; otherwise a failure where the node reads as one, else a receipt. */
export function payloadFromJson(types: KindTypes, status: ReceiptStatus, node: JsonNode): Checked<Value> {
  const isFailure = status !== 'ok' && isJsonObject(node) && node.size === 2 && node.has('code') && node.has('message')
  return valueFromJson(isFailure ? FAILURE_TYPE : types.receipt, types.table, node, { lens: 'sugar' })
}
