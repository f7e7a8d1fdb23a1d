/** References of schemas: they resolve, do not come back, and do not nest too deeply (spec/03-air.md, "References"). */
import type { ErrorPath } from '@aos/cbor'
import { comparePaths, compareText, report } from '../issues.ts'
import { AIR_LIMITS } from '../limits.ts'
import type { TypeExpr } from '../model.ts'
import { checkSchemaName, typeOf, type Scope } from './scope.ts'

interface Reference {
  readonly name: string
  /** Where it stands in the type expression. */
  readonly path: ErrorPath
}

/** Looks for references that lead nowhere, circles without an end, and types that expand too deep. */
export function checkTypes(scope: Scope): void {
  const references = new Map<string, readonly Reference[]>()
  for (const [name, schema] of scope.schemas) {
    const found = referencesIn(schema.type, []).toSorted((left, right) => comparePaths(left.path, right.path))
    for (const { name: target, path } of found) checkSchemaName(scope, target, [...pathOf(name), ...path])
    references.set(name, found)
  }
  const { ordered, circular } = orderByReferences(references)
  reportCycles(scope, references, circular)
  checkDepth(scope, ordered)
}

function pathOf(schema: string): ErrorPath {
  return ['schemas', schema, 'type']
}

function referencesIn(type: TypeExpr, path: ErrorPath): readonly Reference[] {
  if (type.kind === 'ref') return [{ name: type.name, path }]
  return childrenOf(type).flatMap((child) => referencesIn(child.type, [...path, ...child.path]))
}

interface Child {
  readonly type: TypeExpr
  readonly path: ErrorPath
}

function childrenOf(type: TypeExpr): readonly Child[] {
  switch (type.kind) {
    case 'record':
      return [...type.fields].map(([field, inner]) => ({ type: inner, path: ['record', field] }))
    case 'variant':
      return [...type.arms].map(([tag, inner]) => ({ type: inner, path: ['variant', tag] }))
    case 'list':
    case 'set':
      return [{ type: type.item, path: [type.kind] }]
    case 'map':
      return [{ type: type.value, path: ['map', 'value'] }]
    case 'option':
      return [{ type: type.inner, path: ['option'] }]
    default:
      return []
  }
}

/** Schemas after those they refer to; `circular` are those that refer to themselves, or to such a one. */
function orderByReferences(references: ReadonlyMap<string, readonly Reference[]>): {
  readonly ordered: readonly string[]
  readonly circular: ReadonlySet<string>
} {
  const open = new Map<string, number>()
  const users = new Map<string, string[]>()
  for (const [name, found] of references) {
    const targets = new Set(found.map((reference) => reference.name).filter((target) => references.has(target)))
    open.set(name, targets.size)
    for (const target of targets) users.set(target, [...(users.get(target) ?? []), name])
  }
  const ordered = [...references.keys()].filter((name) => open.get(name) === 0)
  for (const name of ordered) {
    for (const user of users.get(name) ?? []) {
      const left = (open.get(user) ?? 0) - 1
      open.set(user, left)
      if (left === 0) ordered.push(user) // the loop reaches what is pushed
    }
  }
  const done = new Set(ordered)
  return { ordered, circular: new Set([...references.keys()].filter((name) => !done.has(name))) }
}

/** One issue per cycle, at the schema of it that comes first by name; a schema is in at most one reported cycle. */
function reportCycles(
  scope: Scope,
  references: ReadonlyMap<string, readonly Reference[]>,
  circular: ReadonlySet<string>,
): void {
  const reported = new Set<string>()
  for (const name of [...circular].toSorted(compareText)) {
    if (reported.has(name)) continue
    const cycle = shortestCycle(name, references, circular)
    if (cycle === undefined) continue
    for (const member of cycle) reported.add(member)
    const first = references.get(name)?.find((reference) => reference.name === cycle[1])
    scope.sink.issues.push({
      code: 'air.recursive_type',
      path: [...pathOf(name), ...(first?.path ?? [])],
      message: `the schemas refer to themselves: ${cycle.join(' → ')}`,
      details: { cycle },
    })
  }
}

/** From a schema back to itself by the fewest references, both ends included. */
function shortestCycle(
  start: string,
  references: ReadonlyMap<string, readonly Reference[]>,
  within: ReadonlySet<string>,
): readonly string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const name of queue) {
    for (const { name: target } of references.get(name) ?? []) {
      if (target === start) return [start, ...stepsTo(name, start, cameFrom), start]
      if (!within.has(target) || cameFrom.has(target)) continue
      cameFrom.set(target, name)
      queue.push(target) // the loop reaches what is pushed
    }
  }
  return undefined
}

function stepsTo(name: string, start: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const steps: string[] = []
  for (let at: string | undefined = name; at !== undefined && at !== start; at = cameFrom.get(at)) steps.unshift(at)
  return steps
}

function checkDepth(scope: Scope, ordered: readonly string[]): void {
  const depths = new Map<string, number>()
  for (const name of ordered) {
    const type = scope.schemas.get(name)?.type
    const depth = type === undefined ? 0 : depthOf(scope, type, depths)
    depths.set(name, depth)
    if (depth <= AIR_LIMITS.expandedDepthMax) continue
    report(
      scope.sink,
      'air.too_deep',
      pathOf(name),
      `expected at most ${AIR_LIMITS.expandedDepthMax} nested types with references followed, found ${depth}`,
    )
  }
}

/** Nested types with references followed; a reference itself counts nothing. */
function depthOf(scope: Scope, type: TypeExpr, depths: Map<string, number>): number {
  if (type.kind !== 'ref') {
    return 1 + childrenOf(type).reduce((most, child) => Math.max(most, depthOf(scope, child.type, depths)), 0)
  }
  const known = depths.get(type.name)
  if (known !== undefined) return known
  if (scope.schemas.has(type.name)) return 0 // circular, and reported as that
  const builtin = typeOf(scope, type.name)
  const depth = builtin === undefined ? 0 : depthOf(scope, builtin, depths)
  depths.set(type.name, depth)
  return depth
}
