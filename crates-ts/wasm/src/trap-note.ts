/** Where a call ended, for people. The engine's words are never journaled. */
import { isAosError } from '@aos/cbor'
import { BinaryReader } from './binary-reader.ts'
import { traceModule, type RewrittenModule, type TracedModule } from './rewrite-module.ts'
import { decodeScriptMap, describeThrown, type ScriptMap } from './script-map.ts'
import { decodeSourceMap, type SourceMap, type SourcePosition } from './source-map.ts'

const FUNCTION_NAMES = 1
const FRAMES_MAX = 4

/** The text of a module's source map, when there is one; asked at most once. */
export type FindSourceMap = () => string | undefined

/** Says where the calls of one module ended. Nothing is looked up before the first report. */
export class TrapReporter {
  readonly #rewritten: Pick<RewrittenModule, 'original' | 'nameSection'>
  readonly #sourceMap: FindSourceMap
  #known: Known | undefined

  constructor(rewritten: Pick<RewrittenModule, 'original' | 'nameSection'>, sourceMap: FindSourceMap) {
    this.#rewritten = rewritten
    this.#sourceMap = sourceMap
  }

  /**
   * For example `unreachable at reducers/counter/index.ts:17:5 (in step), called from …`. Where no source map tells, the
   * function and the offset of its instruction in the original bytes. A script says in `memory` what it threw.
   */
  describe(what: string, trap: Error, memory: Uint8Array): string {
    this.#known ??= learn(this.#rewritten, this.#sourceMap())
    const thrown = this.#known.script === undefined ? undefined : describeThrown(this.#known.script, memory)
    if (thrown !== undefined) return thrown
    const [first, ...callers] = placesOf(trap, this.#known)
    if (first === undefined) return what
    const from = callers.slice(0, FRAMES_MAX - 1).map(({ where, text }) => (where === 'near' ? `near ${text}` : text))
    return `${what} ${first.where} ${first.text}${from.length === 0 ? '' : `, called from ${from.join(', ')}`}`
  }
}

/** What the reporter finds out at the first trap. */
interface Known {
  readonly names: ReadonlyMap<number, string>
  readonly traced: TracedModule | undefined
  readonly map: SourceMap | undefined
  readonly script: ScriptMap | undefined
}

function learn(rewritten: Pick<RewrittenModule, 'original' | 'nameSection'>, mapText: string | undefined): Known {
  const { original, nameSection } = rewritten
  const names = nameSection === undefined ? new Map<number, string>() : readFunctionNames(nameSection)
  const map = mapText === undefined ? undefined : decodeSourceMap(mapText, original.length)
  const script = mapText === undefined ? undefined : decodeScriptMap(mapText)
  return { names, traced: traceModule(original), map, script: script?.noteAddress === undefined ? undefined : script }
}

/** One function on the engine's stack; the offset counts from the start of the rewritten module. */
interface Frame {
  readonly index: number
  readonly rewrittenOffset: number
}

function framesOf(trap: Error): readonly Frame[] {
  return [...(trap.stack ?? '').matchAll(/wasm-function\[(\d+)\]:0x([0-9a-f]+)/g)].map((match) => ({
    index: Number(match[1]),
    rewrittenOffset: Number.parseInt(match[2] ?? '0', 16),
  }))
}

/** A frame as it is shown. */
interface Place {
  /** `at` a place in a source, `near` the last one that is known, `in` a function. */
  readonly where: 'at' | 'near' | 'in'
  readonly text: string
}

/** From the innermost function; one that calls itself again from the same place is shown once. */
function placesOf(trap: Error, known: Known): readonly Place[] {
  const places: Place[] = []
  for (const frame of framesOf(trap)) {
    const place = placeOf(frame, known)
    if (place !== undefined && place.text !== places.at(-1)?.text) places.push(place)
  }
  return places
}

/** Undefined for functions of the rewriter. */
function placeOf(frame: Frame, known: Known): Place | undefined {
  const { traced, map, names } = known
  const name = names.get(frame.index) ?? `function ${frame.index}`
  if (traced === undefined) return { where: 'in', text: name }
  const body = traced.module.bodies[frame.index]
  if (body === undefined) return undefined
  const offset = traced.positions.find(frame.rewrittenOffset)
  if (offset === undefined) return { where: 'in', text: name }
  const position = map?.find(offset, body.localsAt)
  const near = position?.foreign === false ? undefined : map?.findAuthored(offset, body.localsAt)
  const within = `(in ${shortName(name)})`
  if (position !== undefined) {
    const beside = near === undefined ? '' : `, near ${formatPosition(near)}`
    return { where: 'at', text: `${formatPosition(position)}${beside} ${within}` }
  }
  if (near !== undefined) return { where: 'near', text: `${formatPosition(near)} ${within}` }
  return { where: 'in', text: `${name} at byte ${offset}` }
}

/** A position as editors and terminals read it: `FILE:LINE:COLUMN`. */
export function formatPosition({ source, line, column }: SourcePosition): string {
  return `${source}:${line}:${column}`
}

/** The name without the path of its file, which the position says. */
function shortName(name: string): string {
  const plain = name.split('<', 1)[0] ?? name
  return name.slice(plain.lastIndexOf('/') + 1)
}

/** Function names by index; what is malformed ends the reading and is no error. */
export function readFunctionNames(section: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  const reader = new BinaryReader(section)
  try {
    while (!reader.done) {
      const id = reader.byte()
      const size = reader.u32()
      if (id !== FUNCTION_NAMES) {
        reader.skip(size)
        continue
      }
      const count = reader.u32()
      for (let at = 0; at < count; at += 1) names.set(reader.u32(), reader.name().slice(0, 200))
      break
    }
  } catch (error) {
    if (!isAosError(error)) throw error
  }
  return names
}
