/** `defeffect`, `defcap`, `defpolicy` and `defsecret` from JSON (spec/03-air.md, "Definitions"). */
import type { FormPlace } from '../expressions/forms.ts'
import { below } from '../expressions/forms.ts'
import { readExpr } from '../expressions/parse-expr.ts'
import { isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { DefCap, DefEffect, DefPolicy, DefSecret, PolicyMatch, PolicyRule } from '../plan-model.ts'
import { checkStructure } from '../structure/check.ts'
import { DEFCAP_SHAPE, DEFEFFECT_SHAPE, DEFPOLICY_SHAPE, DEFSECRET_SHAPE } from '../structure/shapes.ts'
import { readType } from '../types/parse.ts'
import { readHash } from './hash-field.ts'
import { itemsAt, objectAt, textAt } from './members.ts'
import { textsAt } from './parse-plan.ts'

/** The enforcer of a capability that names none: it says yes to everything. */
export const ALLOW_ALL = 'sys/CapAllowAll@1'

export function readEffect(node: JsonObject, { sink, path }: FormPlace): DefEffect | undefined {
  if (!checkStructure(DEFEFFECT_SHAPE, node, sink, path)) return undefined
  const scope = textAt(node, 'origin_scope')
  return {
    kind: 'defeffect',
    name: textAt(node, 'name') ?? '',
    effectKind: textAt(node, 'kind') ?? '',
    paramsSchema: textAt(node, 'params_schema') ?? '',
    receiptSchema: textAt(node, 'receipt_schema') ?? '',
    capType: textAt(node, 'cap_type') ?? '',
    originScope: scope === 'reducer' || scope === 'plan' ? scope : 'both',
  }
}

export function readCap(node: JsonObject, { sink, path }: FormPlace): DefCap | undefined {
  const sound = checkStructure(DEFCAP_SHAPE, node, sink, path)
  const typeNode = node.get('schema')
  const schema = typeNode === undefined ? undefined : readType(typeNode, { sink, path: [...path, 'schema'], depth: 0 })
  if (!sound || schema === undefined) return undefined
  const enforcer = objectAt(node, 'enforcer')
  return {
    kind: 'defcap',
    name: textAt(node, 'name') ?? '',
    capType: textAt(node, 'cap_type') ?? '',
    schema,
    enforcer: (enforcer && textAt(enforcer, 'module')) ?? ALLOW_ALL,
  }
}

export function readPolicy(node: JsonObject, place: FormPlace): DefPolicy | undefined {
  const before = place.sink.issues.length
  checkStructure(DEFPOLICY_SHAPE, node, place.sink, place.path)
  const rules = itemsAt(node, 'rules').flatMap((rule, index) => readRule(rule, below(place, 'rules', index)))
  if (place.sink.issues.length > before) return undefined
  return { kind: 'defpolicy', name: textAt(node, 'name') ?? '', rules }
}

function readRule(node: JsonNode, place: FormPlace): readonly PolicyRule[] {
  const when = isJsonObject(node) ? objectAt(node, 'when') : undefined
  if (!isJsonObject(node) || when === undefined) return []
  const decision = textAt(node, 'decision')
  const match = readMatch(when, below(place, 'when'))
  return [{ when: match, decision: decision === 'allow' || decision === 'require_approval' ? decision : 'deny' }]
}

function readMatch(node: JsonObject, place: FormPlace): PolicyMatch {
  const origin = textAt(node, 'origin_kind')
  const condition = node.get('where') ?? null
  const where = condition === null ? undefined : readExpr(condition, below(place, 'where'))
  return {
    ...textMember(node, 'effect_kind', 'effectKind'),
    ...textMember(node, 'cap_name', 'capName'),
    ...textMember(node, 'cap_type', 'capType'),
    ...(origin === 'plan' || origin === 'reducer' ? { originKind: origin } : {}),
    ...textMember(node, 'origin_name', 'originName'),
    ...textMember(node, 'principal', 'principal'),
    ...(where === undefined ? {} : { where }),
  }
}

function textMember<Name extends string>(node: JsonObject, key: string, name: Name): { readonly [K in Name]?: string } {
  const text = textAt(node, key)
  return text === undefined ? {} : ({ [name]: text } as { readonly [K in Name]?: string }) // the key is the type's
}

export function readSecret(node: JsonObject, { sink, path }: FormPlace): DefSecret | undefined {
  const sound = checkStructure(DEFSECRET_SHAPE, node, sink, path)
  const given = node.get('expected_digest') ?? null
  const digest = given === null ? undefined : readHash(given, sink, [...path, 'expected_digest'])
  if (!sound || (given !== null && digest === undefined)) return undefined
  const [caps, plans] = [textsAt(node, 'allowed_caps'), textsAt(node, 'allowed_plans')]
  return {
    kind: 'defsecret',
    name: textAt(node, 'name') ?? '',
    bindingId: textAt(node, 'binding_id') ?? '',
    ...(digest === undefined ? {} : { expectedDigest: digest }),
    ...(caps.length === 0 ? {} : { allowedCaps: caps }),
    ...(plans.length === 0 ? {} : { allowedPlans: plans }),
  }
}
