/**
 * A type with its references resolved, in the form that the code generators need: keys sorted and encoded, equal
 * references shared, recursion refused, depth bounded (spec/03-values.md, "Types at work").
 */
import { AosError, compareBytes, encode } from '@aos/cbor'
import { shown } from '../issues.ts'
import { AIR_LIMITS } from '../limits.ts'
import type { MapKeyType, PrimitiveType, SchemaTable, TypeExpr } from '../model.ts'

export interface ScalarShape {
  readonly kind: PrimitiveType
}

/** A field of a record or an arm of a variant, in the order of encoded keys. */
export interface FieldShape {
  readonly name: string
  /** The key as canonical CBOR text. */
  readonly key: Uint8Array
  readonly shape: Shape
}

/** Fields (of a record) or arms (of a variant) in canonical order. `id` numbers the composite shapes of one type. */
export interface RecordShape {
  readonly kind: 'record'
  readonly id: number
  readonly fields: readonly FieldShape[]
}

export interface VariantShape {
  readonly kind: 'variant'
  readonly id: number
  readonly arms: readonly FieldShape[]
}

export interface ItemsShape {
  readonly kind: 'list' | 'set'
  readonly id: number
  readonly item: Shape
}

export interface MapShape {
  readonly kind: 'map'
  readonly id: number
  readonly key: MapKeyType
  readonly value: Shape
}

/** Never directly around another option: those collapse. */
export interface OptionShape {
  readonly kind: 'option'
  readonly id: number
  readonly inner: Exclude<Shape, OptionShape>
}

export type CompositeShape = RecordShape | VariantShape | ItemsShape | MapShape | OptionShape
export type Shape = ScalarShape | CompositeShape

/** A resolved type as a graph: recursive schemas are cycles, so each shape is compiled once. */
export interface ShapeGraph {
  readonly root: Shape
  /** Every composite shape once, children before parents; `composites[n].id === n`. */
  readonly composites: readonly CompositeShape[]
}

/**
 * Resolves `type`. Throws `air.unknown_schema`, `air.recursive_type` (details.cycle names the references in order),
 * `air.too_deep`, or `air.bad_text` for a field name that is no Unicode text.
 */
export function makeShapes(type: TypeExpr, table: SchemaTable): ShapeGraph {
  const build: Build = { table, composites: [], known: new Map(), open: [], path: [] }
  const root = shapeOf(build, type, 0).shape
  return { root, composites: build.composites }
}

/** A shape and the nesting below it. */
interface Sized {
  readonly shape: Shape
  readonly height: number
}

interface Build {
  readonly table: SchemaTable
  readonly composites: CompositeShape[]
  readonly known: Map<string, Sized>
  readonly open: string[]
  readonly path: (string | number)[]
}

function shapeOf(build: Build, type: TypeExpr, depth: number): Sized {
  if (type.kind === 'ref') return shapeOfRef(build, type.name, depth)
  checkDepth(build, depth)
  switch (type.kind) {
    case 'record': {
      const { entries, height } = entriesOf(build, type.fields, depth)
      return added(build, { kind: 'record', id: build.composites.length, fields: entries }, height)
    }
    case 'variant': {
      const { entries, height } = entriesOf(build, type.arms, depth)
      return added(build, { kind: 'variant', id: build.composites.length, arms: entries }, height)
    }
    case 'list':
    case 'set': {
      const item = childOf(build, type.kind, type.item, depth)
      return added(build, { kind: type.kind, id: build.composites.length, item: item.shape }, item.height)
    }
    case 'map': {
      const value = childOf(build, 'map', type.value, depth)
      const { key } = type
      return added(build, { kind: 'map', id: build.composites.length, key, value: value.shape }, value.height)
    }
    case 'option': {
      const inner = childOf(build, 'option', type.inner, depth)
      if (inner.shape.kind === 'option') return inner
      return added(build, { kind: 'option', id: build.composites.length, inner: inner.shape }, inner.height)
    }
    default:
      return { shape: { kind: type.kind }, height: 1 }
  }
}

function shapeOfRef(build: Build, name: string, depth: number): Sized {
  const known = build.known.get(name)
  if (known !== undefined) {
    checkDepth(build, depth + known.height - 1)
    return known
  }
  const at = build.open.indexOf(name)
  if (at >= 0) {
    const cycle = [...build.open.slice(at), name]
    throw new AosError('air.recursive_type', `expected a type without recursion, found ${cycle.join(' → ')}`, {
      path: [...build.path],
      details: { cycle },
    })
  }
  const target = build.table.get(name)
  if (target === undefined) {
    throw new AosError('air.unknown_schema', `no schema is called ${shown(name)}`, {
      path: [...build.path],
      details: { name },
    })
  }
  build.open.push(name)
  const sized = shapeOf(build, target, depth)
  build.open.pop()
  build.known.set(name, sized)
  return sized
}

function childOf(build: Build, step: string, type: TypeExpr, depth: number): Sized {
  build.path.push(step)
  const child = shapeOf(build, type, depth + 1)
  build.path.pop()
  return child
}

function entriesOf(
  build: Build,
  types: ReadonlyMap<string, TypeExpr>,
  depth: number,
): { readonly entries: readonly FieldShape[]; readonly height: number } {
  const entries: FieldShape[] = []
  let height = 0
  for (const [name, type] of types) {
    if (!name.isWellFormed()) {
      throw new AosError('air.bad_text', 'expected a field or arm name without lone surrogates', {
        path: [...build.path, name],
      })
    }
    const child = childOf(build, name, type, depth)
    height = Math.max(height, child.height)
    entries.push({ name, key: encode(name), shape: child.shape })
  }
  return { entries: entries.sort((left, right) => compareBytes(left.key, right.key)), height }
}

function added(build: Build, shape: CompositeShape, childHeight: number): Sized {
  build.composites.push(shape)
  return { shape, height: childHeight + 1 }
}

function checkDepth(build: Build, depth: number): void {
  if (depth < AIR_LIMITS.expandedDepthMax) return
  throw new AosError('air.too_deep', `expected at most ${AIR_LIMITS.expandedDepthMax} nested types`, {
    path: [...build.path],
  })
}
