/** Small values of a shape, as witnesses are made of (spec/03-air.md, "Differences"). */
import { ZERO_HASH } from '../definitions/hash-field.ts'
import type { PrimitiveType, Value } from '../model.ts'
import type { RecordShape, Shape } from '../codec/shape.ts'

/** A value and how many parts it has when it is written out; parts may be shared in memory. */
export interface Sample {
  readonly value: Value
  readonly size: number
}

const ZERO_UUID = '00000000-0000-0000-0000-000000000000'

const SCALARS: Readonly<Record<PrimitiveType, Value>> = {
  bool: false,
  int: 0,
  nat: 0,
  dec128: '0',
  bytes: new Uint8Array(0),
  text: '',
  time: 0,
  duration: 0,
  hash: ZERO_HASH,
  uuid: ZERO_UUID,
  unit: null,
}

/** Makes one value of each shape; undefined for a shape without values, such as a variant without arms. */
export class Sampler {
  private readonly known = new Map<Shape, Sample | undefined>()

  of(shape: Shape): Sample | undefined {
    if (this.known.has(shape)) return this.known.get(shape)
    const sample = this.make(shape)
    this.known.set(shape, sample)
    return sample
  }

  private make(shape: Shape): Sample | undefined {
    switch (shape.kind) {
      case 'record':
        return this.record(shape)
      case 'variant': {
        let least: Sample | undefined
        for (const { name, shape: arm } of shape.arms) {
          const sample = this.arm(name, arm)
          if (sample !== undefined && (least === undefined || sample.size < least.size)) least = sample
        }
        return least
      }
      case 'list':
      case 'set':
        return { value: [], size: 1 }
      case 'map':
        return { value: new Map(), size: 1 }
      case 'option':
        return { value: null, size: 1 }
      default:
        return scalarSample(shape.kind)
    }
  }

  /** A record of samples, with another value for one field; undefined when a field has no value. */
  record(shape: RecordShape, name?: string, replaced?: Sample): Sample | undefined {
    const value: Record<string, Value> = Object.create(null)
    let size = 1
    for (const field of shape.fields) {
      const sample = field.name === name && replaced !== undefined ? replaced : this.of(field.shape)
      if (sample === undefined) return undefined
      value[field.name] = sample.value
      size += sample.size
    }
    return { value, size }
  }

  /** A value of one arm, with its payload unless that is a sample of the arm. */
  arm(name: string, shape: Shape, payload: Sample | undefined = this.of(shape)): Sample | undefined {
    if (payload === undefined) return undefined
    const value: Record<string, Value> = Object.create(null)
    value['$tag'] = name
    if (shape.kind === 'unit') return { value, size: 1 }
    value['$value'] = payload.value
    return { value, size: payload.size + 1 }
  }
}

/** Zero, false, or empty. */
export function scalarSample(kind: PrimitiveType): Sample {
  return { value: SCALARS[kind], size: 1 }
}

/** A value of a kind of text that is none of `taken`. */
export function freeText(kind: 'text' | 'dec128' | 'hash' | 'uuid', taken: ReadonlySet<string>): Sample {
  for (let number = 0; ; number += 1) {
    const digits = number.toString(16)
    const text =
      kind === 'hash'
        ? ZERO_HASH.slice(0, -digits.length) + digits
        : kind === 'uuid'
          ? ZERO_UUID.slice(0, -digits.length) + digits
          : String(number)
    if (!taken.has(text)) return { value: text, size: 1 }
  }
}
