/** Edits of types and definitions for the property tests of comparisons. */
import { parseHash } from '@aos/cbor'
import fc from 'fast-check'
import type { Definition, DefModule, DefPlan, Manifest, TypeExpr } from '../src/index.ts'

/** Numbers that say which edit is made where. */
export const choices: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(11), { minLength: 40, maxLength: 40 })

/** Takes one number after the other; zero when they are used up. */
function makeChooser(numbers: readonly number[]): () => number {
  let at = 0
  return () => numbers[at++] ?? 0
}

const KIN: Readonly<Record<string, TypeExpr['kind']>> = {
  nat: 'time',
  time: 'nat',
  int: 'duration',
  duration: 'nat',
  hash: 'text',
  uuid: 'text',
  dec128: 'text',
  text: 'hash',
  bool: 'bytes',
  bytes: 'bool',
  unit: 'bool',
}

/** A type like the given one: most parts stay, some get wider, narrower, or another. */
export function relatedType(type: TypeExpr, numbers: readonly number[]): TypeExpr {
  const next = makeChooser(numbers)
  const entries = (map: ReadonlyMap<string, TypeExpr>): Map<string, TypeExpr> => {
    const result = new Map([...map].map(([name, part]) => [name, relate(part)]))
    const choice = next()
    if (choice === 1) result.set('extra', { kind: 'unit' })
    const [first] = result.keys()
    if (choice === 2 && result.size > 1 && first !== undefined) result.delete(first)
    return result
  }
  const relate = (part: TypeExpr): TypeExpr => {
    const choice = next()
    if (choice === 1) return { kind: 'option', inner: relate(part) }
    if (choice === 2 && part.kind === 'option') return relate(part.inner)
    switch (part.kind) {
      case 'record': {
        const [value] = part.fields.values()
        if (choice === 3 && value !== undefined) return { kind: 'map', key: 'text', value: relate(value) }
        return { kind: 'record', fields: entries(part.fields) }
      }
      case 'variant': {
        const [value] = part.arms.values()
        if (choice === 3) return { kind: 'record', fields: new Map([['$tag', { kind: 'text' }]]) }
        if (choice === 4 && value !== undefined)
          return { kind: 'record', fields: new Map([['$tag', { kind: 'text' }], ['$value', relate(value)]]) } // prettier-ignore
        if (choice === 5) return { kind: 'map', key: 'text', value: { kind: 'text' } }
        return { kind: 'variant', arms: entries(part.arms) }
      }
      case 'list':
        return { kind: choice === 3 ? 'set' : 'list', item: relate(part.item) }
      case 'set':
        return { kind: choice === 3 ? 'list' : 'set', item: relate(part.item) }
      case 'map': {
        if (choice === 3) return { kind: 'record', fields: new Map() }
        return { kind: 'map', key: choice === 4 ? 'text' : part.key, value: relate(part.value) }
      }
      case 'option':
        return { kind: 'option', inner: relate(part.inner) }
      case 'ref':
        return part
      default: {
        const kin = KIN[part.kind]
        return choice < 6 || kin === undefined ? part : ({ kind: kin } as TypeExpr) // a kind of scalar
      }
    }
  }
  return relate(type)
}

const OTHER_HASH = parseHash(`sha256:${'c'.repeat(64)}`)

/** One member of the definition is another one; the result never has the hash of the original. */
export function editOnce(definition: Definition, numbers: readonly number[]): Definition {
  const choice = numbers[0] ?? 0
  switch (definition.kind) {
    case 'defschema':
      return { ...definition, type: editType(definition.type, numbers) }
    case 'defmodule':
      return editModule(definition, choice)
    case 'defplan':
      return editPlan(definition, choice)
    case 'defeffect':
      return choice % 2 === 0 ? { ...definition, effectKind: 'edited.kind' } : { ...definition, capType: 'edited.type' }
    case 'defcap':
      return choice % 2 === 0
        ? { ...definition, schema: editType(definition.schema, numbers.slice(1)) }
        : { ...definition, enforcer: 'edit/Enforcer@1' }
    case 'defpolicy':
      return { ...definition, rules: [...definition.rules, { when: { principal: 'key:edited' }, decision: 'deny' }] }
    case 'defsecret':
      return choice % 2 === 0
        ? { ...definition, bindingId: 'env:EDITED' }
        : { ...definition, allowedCaps: [...(definition.allowedCaps ?? []), 'edited'] }
    case 'manifest':
      return editManifest(definition, choice)
  }
}

function editPlan(plan: DefPlan, choice: number): DefPlan {
  const edits: readonly DefPlan[] = [
    { ...plan, input: 'edit/Input@1' },
    { ...plan, output: 'edit/Output@1' },
    { ...plan, locals: new Map([...plan.locals, ['edited one', 'edit/Local@1']]) },
    { ...plan, steps: [...plan.steps, { op: 'end', id: 'an added one' }] },
    { ...plan, edges: [...plan.edges, { from: 'edited', to: 'one' }] },
    { ...plan, requiredCaps: [...plan.requiredCaps, 'edited one'] },
    { ...plan, invariants: [...plan.invariants, { kind: 'reference', text: '@var:edited' }] },
  ]
  return edits[choice % edits.length] ?? plan
}

/** Goes down as far as the numbers say and changes the type that it finds there. */
function editType(type: TypeExpr, numbers: readonly number[]): TypeExpr {
  const [choice = 0, ...rest] = numbers
  const inside = (part: TypeExpr): TypeExpr => editType(part, rest)
  const replaceOne = (map: ReadonlyMap<string, TypeExpr>): Map<string, TypeExpr> => {
    const names = [...map.keys()]
    const name = names[choice % Math.max(1, names.length)]
    if (name === undefined || choice === 0) return new Map([...map, ['an added one', { kind: 'nat' }]])
    const part = map.get(name)
    if (choice === 1 || part === undefined) return new Map([...map].filter(([key]) => key !== name))
    if (choice === 2) return new Map([...map].map(([key, value]) => [key === name ? `${key}2` : key, value]))
    return new Map([...map, [name, inside(part)]])
  }
  if (choice > 9) return { kind: 'option', inner: type }
  switch (type.kind) {
    case 'record':
      return { kind: 'record', fields: replaceOne(type.fields) }
    case 'variant':
      return { kind: 'variant', arms: replaceOne(type.arms) }
    case 'list':
      return choice < 3 ? { kind: 'set', item: type.item } : { kind: 'list', item: inside(type.item) }
    case 'set':
      return choice < 3 ? { kind: 'list', item: type.item } : { kind: 'set', item: inside(type.item) }
    case 'map':
      if (choice < 3) return { ...type, key: type.key === 'int' ? 'nat' : 'int' }
      return { ...type, value: inside(type.value) }
    case 'option':
      return choice < 3 ? type.inner : { kind: 'option', inner: inside(type.inner) }
    case 'ref':
      return { kind: 'ref', name: `${type.name}0` }
    default:
      return { kind: type.kind === 'nat' ? 'int' : 'nat' }
  }
}

function editModule(module: DefModule, choice: number): DefModule {
  const { reducer, pure } = module
  if (choice === 0) return { ...module, wasmHash: OTHER_HASH }
  if (choice === 1) return { ...module, moduleKind: module.moduleKind === 'pure' ? 'reducer' : 'pure' }
  if (choice === 2) {
    const { keySchema, ...rest } = module
    return keySchema === undefined ? { ...module, keySchema: 'edit/Key@1' } : rest
  }
  if (reducer !== undefined) {
    const edits = [
      { ...reducer, state: 'edit/State@1' },
      { ...reducer, event: 'edit/Event@1' },
      { ...reducer, context: 'edit/Context@1' },
      { ...reducer, annotations: 'edit/Annotations@1' },
      { ...reducer, effectsEmitted: [...reducer.effectsEmitted, 'edit.effect'] },
      { ...reducer, effectsEmitted: ['edit.first', ...reducer.effectsEmitted] },
      { ...reducer, capSlots: new Map([...reducer.capSlots, ['edit', 'edit']]) },
      { ...reducer, capSlots: new Map([...reducer.capSlots, [[...reducer.capSlots.keys()][0] ?? 'edit', 'edited']]) },
    ]
    return { ...module, reducer: edits[choice % edits.length] ?? reducer }
  }
  if (pure === undefined) return { ...module, wasmHash: OTHER_HASH }
  const edits = [
    { ...pure, input: 'edit/Input@1' },
    { ...pure, output: 'edit/Output@1' },
    { ...pure, context: 'edit/Context@1' },
  ]
  return { ...module, pure: edits[choice % edits.length] ?? pure }
}

function editManifest(manifest: Manifest, choice: number): Manifest {
  const added = { name: 'edit/Added@1', hash: OTHER_HASH }
  const route = { event: 'edit/Event@1', reducer: 'edit/Reducer@1' }
  const { schemas, modules, routes } = manifest
  const edits: readonly Manifest[] = [
    { ...manifest, schemas: [...schemas, added] },
    { ...manifest, modules: [added, ...modules] },
    { ...manifest, schemas: [...schemas.slice(1), schemas[0] ?? added, added] },
    { ...manifest, modules: [{ name: modules[0]?.name ?? 'edit/M@1', hash: OTHER_HASH }, ...modules.slice(1)] },
    { ...manifest, plans: [...manifest.plans, added] },
    { ...manifest, policy: 'edit/Policy@1' },
    { ...manifest, triggers: [...manifest.triggers, { event: 'edit/Event@1', plan: 'edit/Plan@1' }] },
    { ...manifest, approvals: [...manifest.approvals, { authority: 'keeps', count: 7 }] },
    { ...manifest, migrations: [...manifest.migrations, { kind: 'event', event: 'edit/E@1', module: 'edit/M@1' }] },
    { ...manifest, limits: new Map([...(manifest.limits ?? []), ['edited one', 7]]) },
    { ...manifest, routes: [...routes, route], hasRouting: true },
    {
      ...manifest,
      routes: [{ ...(routes[0] ?? route), keyField: 'edited.field' }, ...routes.slice(1)],
      hasRouting: true,
    },
    routes.length > 0
      ? { ...manifest, routes: [], hasRouting: false }
      : { ...manifest, hasRouting: !manifest.hasRouting },
  ]
  return edits[choice % edits.length] ?? manifest
}
