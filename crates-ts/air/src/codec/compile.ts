/** Schema codecs (spec/03-values.md): the fast generated paths, and the slow ones that explain a refusal. */
import { type CanonicalBytes, PREFIX, decodeForeign, hasPrefix } from '@aos/cbor'
import type { SchemaTable, TypeExpr, Value } from '../model.ts'
import { checkValue, checkValueAt } from './check.ts'
import { valueToData } from './lower.ts'
import { valueFromForeign } from './foreign.ts'
import { generatePut, generateRead, generateScan, type PutValue, type ReadValue, type ScanValue } from './generate.ts'
import { compileLocator } from './locate.ts'
import type { SchemaCodec } from './port.ts'
import { makeShapes, type ShapeGraph } from './shape.ts'
import { Sink } from './sink.ts'
import { slack } from './write.ts'

/**
 * Compiles the codec of a type whose references stand in `table`. Each direction is generated when it is first used.
 * Costs about as much as a hundred validations, so the caller caches it by schema hash. Throws `air.unknown_schema`,
 * `air.recursive_type`, `air.too_deep` or `air.bad_text`.
 */
export function compileSchema(type: TypeExpr, table: SchemaTable): SchemaCodec {
  const codec = new CompiledCodec(type, table)
  return {
    validateAt: (bytes, start) => codec.validateAt(bytes, start),
    validate: (bytes) => codec.validate(bytes),
    encode: (value) => codec.encode(value),
    decode: (bytes) => codec.decode(bytes),
    normalize: (foreign) => codec.normalize(foreign),
    accepts: (foreign) => codec.accepts(foreign),
    locate: (path) => compileLocator(codec.graph.root, path),
  }
}

class CompiledCodec {
  readonly graph: ShapeGraph
  private readonly type: TypeExpr
  private readonly table: SchemaTable
  private readonly scan: ScanValue
  private put: PutValue | undefined
  private read: ReadValue | undefined
  /** Kept between calls; taken out while in use. */
  private spare: Sink | undefined

  constructor(type: TypeExpr, table: SchemaTable) {
    this.graph = makeShapes(type, table)
    this.type = type
    this.table = table
    this.scan = generateScan(this.graph)
  }

  validateAt(bytes: Uint8Array, start: number): number {
    const end = this.scan(bytes, start)
    if (end >= 0) return end
    checkValueAt(this.graph.root, bytes, start)
    throw disagreement('validator')
  }

  validate(bytes: Uint8Array): void {
    if (hasPrefix(bytes) && this.scan(bytes, PREFIX.length) === bytes.length) return
    checkValue(this.graph.root, bytes)
    throw disagreement('validator')
  }

  encode(value: Value): CanonicalBytes {
    const sink = this.spare ?? new Sink()
    this.spare = undefined
    this.put ??= generatePut(this.graph)
    const start = sink.begin()
    slack(sink, start)
    sink.bytes.set(PREFIX, start)
    const end = this.put(sink, value, start + PREFIX.length)
    const bytes = end < 0 ? undefined : sink.finish(end)
    this.spare = sink
    if (bytes !== undefined) return bytes as CanonicalBytes // the generated encoder is a maker of the brand
    valueToData(this.type, this.table, value)
    throw disagreement('encoder')
  }

  decode(bytes: Uint8Array): Value {
    this.validate(bytes)
    this.read ??= generateRead(this.graph)
    return this.read({ bytes, at: PREFIX.length })
  }

  normalize(foreign: Uint8Array): CanonicalBytes {
    const start = hasPrefix(foreign) ? PREFIX.length : 0
    if (this.scan(foreign, start) !== foreign.length) return this.encode(this.lift(foreign))
    if (start > 0) return foreign as CanonicalBytes // the validator has just said so
    const bytes = new Uint8Array(PREFIX.length + foreign.length)
    bytes.set(PREFIX)
    bytes.set(foreign, PREFIX.length)
    return bytes as CanonicalBytes // likewise
  }

  accepts(foreign: Uint8Array): void {
    const start = hasPrefix(foreign) ? PREFIX.length : 0
    if (this.scan(foreign, start) !== foreign.length) this.lift(foreign)
  }

  private lift(foreign: Uint8Array): Value {
    return valueFromForeign(this.type, this.table, decodeForeign(foreign))
  }
}

/** Our own bug: the fast path refused what the slow one accepts. */
function disagreement(part: string): Error {
  return new Error(`the compiled ${part} and the dynamic codec disagree`)
}
