/**
 * Whether every value of a type is a value of another one, decided by structure (spec/03-air.md, "Differences").
 *
 * A type is a set of canonical bytes. Types have no recursion, so the question has an answer: either all parts are
 * included, or there is a part from which a value can be made that the other type refuses.
 */
import { isCanonicalSpelling } from '../codec/scalar.ts'
import type { CompositeShape, ItemsShape, MapShape, RecordShape, Shape, VariantShape } from '../codec/shape.ts'
import { NAT_MAX } from '../codec/scalar.ts'
import type { MapKeyType, PrimitiveType, Value } from '../model.ts'
import { freeText, Sampler, scalarSample, type Sample } from './sample.ts'

/** A value of `inner` that is no value of `outer`; undefined when there is none. Both are roots of shape graphs. */
export function findOutsider(inner: Shape, outer: Shape): Sample | undefined {
  return new Search().outsider(inner, outer)
}

class Search {
  private readonly samples = new Sampler()
  private readonly known = new Map<Shape, Map<Shape, Sample | undefined>>()

  outsider(inner: Shape, outer: Shape): Sample | undefined {
    if (inner.kind === 'option') {
      return takesNull(outer) ? this.outsider(inner.inner, outer) : { value: null, size: 1 }
    }
    if (inner.kind === 'unit') return takesNull(outer) ? undefined : { value: null, size: 1 }
    const target = outer.kind === 'option' ? outer.inner : outer
    if (!isComposite(inner)) {
      return isComposite(target) ? scalarSample(inner.kind) : scalarOutsider(inner.kind, target.kind)
    }
    return this.remembered(inner, target)
  }

  private remembered(inner: CompositeShape, outer: Shape): Sample | undefined {
    const known = this.known.get(inner) ?? new Map<Shape, Sample | undefined>()
    this.known.set(inner, known)
    if (known.has(outer)) return known.get(outer)
    const found = this.compositeOutsider(inner, outer)
    known.set(outer, found)
    return found
  }

  private compositeOutsider(inner: CompositeShape, outer: Shape): Sample | undefined {
    switch (inner.kind) {
      case 'record':
        return this.recordOutsider(inner, outer)
      case 'variant':
        return this.variantOutsider(inner, outer)
      case 'list':
      case 'set':
        return this.itemsOutsider(inner, outer)
      case 'map':
        return this.mapOutsider(inner, outer)
      case 'option':
        return this.outsider(inner, outer)
    }
  }

  private recordOutsider(inner: RecordShape, outer: Shape): Sample | undefined {
    const some = this.samples.record(inner)
    if (some === undefined) return undefined
    switch (outer.kind) {
      case 'record': {
        const fields = shapesByName(outer.fields)
        if (fields.size !== inner.fields.length || inner.fields.some(({ name }) => !fields.has(name))) return some
        return this.fieldOutsider(inner, (name) => fields.get(name))
      }
      case 'map': {
        const misfit = inner.fields.some(({ name }) => !isKeyText(outer.key, name))
        return misfit ? some : this.fieldOutsider(inner, () => outer.value)
      }
      case 'variant': {
        // A tag is never one of finitely many by its type, so some tag is no arm.
        const tag = inner.fields.find(({ name }) => name === '$tag')?.shape
        if (tag === undefined || !isTextual(tag)) return some
        return this.samples.record(inner, '$tag', freeText(tag.kind, new Set(outer.arms.map(({ name }) => name))))
      }
      default:
        return some
    }
  }

  private fieldOutsider(inner: RecordShape, target: (name: string) => Shape | undefined): Sample | undefined {
    for (const { name, shape } of inner.fields) {
      const outer = target(name)
      const found = outer === undefined ? this.samples.of(shape) : this.outsider(shape, outer)
      if (found !== undefined) return this.samples.record(inner, name, found)
    }
    return undefined
  }

  private variantOutsider(inner: VariantShape, outer: Shape): Sample | undefined {
    for (const { name, shape } of inner.arms) {
      const some = this.samples.arm(name, shape)
      if (some === undefined) continue
      const payload = this.payloadTarget(name, shape, outer)
      if (payload === 'refused') return some
      if (payload === 'none') continue
      const found = this.outsider(shape, payload)
      if (found !== undefined) return this.samples.arm(name, shape, found)
    }
    return undefined
  }

  /** What the payload of an arm must be for the whole to be a value of `outer`. */
  private payloadTarget(name: string, arm: Shape, outer: Shape): Shape | 'refused' | 'none' {
    const isUnit = arm.kind === 'unit'
    switch (outer.kind) {
      case 'variant': {
        const target = outer.arms.find((other) => other.name === name)?.shape
        if (target === undefined || (target.kind === 'unit') !== isUnit) return 'refused'
        return isUnit ? 'none' : target
      }
      case 'record': {
        const fields = shapesByName(outer.fields)
        const [tag, value] = [fields.get('$tag'), fields.get('$value')]
        if (tag === undefined || !takesText(tag, name) || fields.size !== (isUnit ? 1 : 2)) return 'refused'
        return isUnit ? 'none' : (value ?? 'refused')
      }
      case 'map':
        if (outer.key !== 'text' || !takesText(outer.value, name)) return 'refused'
        return isUnit ? 'none' : outer.value
      default:
        return 'refused'
    }
  }

  private itemsOutsider(inner: ItemsShape, outer: Shape): Sample | undefined {
    if (outer.kind !== 'list' && outer.kind !== 'set') return { value: [], size: 1 }
    const some = this.samples.of(inner.item)
    if (some === undefined) return undefined
    const found = this.outsider(inner.item, outer.item)
    if (found !== undefined) return { value: [found.value], size: found.size + 1 }
    const repeats = inner.kind === 'list' && outer.kind === 'set'
    return repeats ? { value: [some.value, some.value], size: 2 * some.size + 1 } : undefined
  }

  private mapOutsider(inner: MapShape, outer: Shape): Sample | undefined {
    const some = this.samples.of(inner.value)
    const key = scalarSample(inner.key)
    if (outer.kind === 'record' && outer.fields.length === 0) return some && mapOf(key, some)
    if (outer.kind !== 'map') return { value: new Map(), size: 1 }
    if (some === undefined) return undefined
    const badKey = scalarOutsider(inner.key, outer.key)
    if (badKey !== undefined) return mapOf(badKey, some)
    const found = this.outsider(inner.value, outer.value)
    return found && mapOf(key, found)
  }
}

function mapOf(key: Sample, value: Sample): Sample {
  const word = key.value as string | number | bigint // a sample of a key type
  return { value: new Map<string | number | bigint, Value>([[word, value.value]]), size: value.size + 2 }
}

function isComposite(shape: Shape): shape is CompositeShape {
  return 'id' in shape
}

function takesNull(shape: Shape): boolean {
  return shape.kind === 'unit' || shape.kind === 'option'
}

function isTextual(shape: Shape): shape is { readonly kind: 'text' | 'dec128' | 'hash' | 'uuid' } {
  return shape.kind === 'text' || shape.kind === 'dec128' || shape.kind === 'hash' || shape.kind === 'uuid'
}

/** True when the text is a value of the shape. */
function takesText(shape: Shape, text: string): boolean {
  const target = shape.kind === 'option' ? shape.inner : shape
  if (!isTextual(target)) return false
  return target.kind === 'text' || isCanonicalSpelling(target.kind, text)
}

function isKeyText(key: MapKeyType, text: string): boolean {
  return takesText({ kind: key }, text)
}

/** Which sets of scalar bytes lie in which: times are naturals, durations integers, and all spellings are texts. */
function scalarOutsider(inner: PrimitiveType, outer: PrimitiveType): Sample | undefined {
  const [from, to] = [bytesOf(inner), bytesOf(outer)]
  if (from === to) return undefined
  if (from === 'int' && to === 'nat') return { value: -1, size: 1 }
  if (from === 'nat' && to === 'int') return { value: NAT_MAX, size: 1 }
  if (to === 'text' && (from === 'dec128' || from === 'hash' || from === 'uuid')) return undefined
  return scalarSample(inner)
}

function bytesOf(kind: PrimitiveType): PrimitiveType {
  if (kind === 'time') return 'nat'
  return kind === 'duration' ? 'int' : kind
}

function shapesByName(entries: RecordShape['fields']): ReadonlyMap<string, Shape> {
  return new Map(entries.map(({ name, shape }) => [name, shape]))
}
