/**
 * Source maps of modules: version 3, one line whose columns are byte offsets of the binary, as compilers to WebAssembly
 * write them. They are for people: a map that is damaged, or that cannot belong to the module, counts as none.
 */

/** Where an instruction comes from, in the words of the compiler that wrote the map. */
export interface SourcePosition {
  /** As the map names it, if that is relative; of a path from elsewhere only the name of the file. */
  readonly source: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
  /** Not written by the module's author: the map lists the source in `ignoreList`. */
  readonly foreign: boolean
}

/** What a source map knows of a module's bytes. */
export interface SourceMap {
  /** The place of the byte `offset` of a function whose code begins at `codeAt`. */
  find(offset: number, codeAt: number): SourcePosition | undefined
  /** The last place before it that the author wrote: where inlined code of a library was called. */
  findAuthored(offset: number, codeAt: number): SourcePosition | undefined
}

/** One mapping. `source` is -1 where the bytes come from no source. */
interface Mapping {
  readonly offset: number
  readonly source: number
  readonly line: number
  readonly column: number
}

/** The part of a map that is used, checked. */
export interface MapDocument {
  readonly sources: readonly string[]
  readonly mappings: string
  readonly ignored: ReadonlySet<number>
  /** Our own: where a script leaves the text of what it threw. */
  readonly noteAddress: number | undefined
}

/** Reads a map for a module of `moduleBytes` bytes; undefined when it is not one. Never throws. */
export function decodeSourceMap(text: string, moduleBytes: number): SourceMap | undefined {
  const document = readMapDocument(text)
  if (document === undefined) return undefined
  const mappings = decodeMappings(document.mappings, document.sources.length)
  const last = mappings?.at(-1)
  if (document.noteAddress !== undefined) return undefined
  if (mappings === undefined || last === undefined || last.offset >= moduleBytes) return undefined
  return new DecodedSourceMap(document, mappings)
}

class DecodedSourceMap implements SourceMap {
  readonly #document: MapDocument
  readonly #mappings: readonly Mapping[]

  constructor(document: MapDocument, mappings: readonly Mapping[]) {
    this.#document = document
    this.#mappings = mappings
  }

  find(offset: number, codeAt: number): SourcePosition | undefined {
    const mapping = this.#mappings[this.#indexOf(offset)]
    return mapping === undefined || mapping.offset < codeAt ? undefined : this.#position(mapping)
  }

  findAuthored(offset: number, codeAt: number): SourcePosition | undefined {
    for (let index = this.#indexOf(offset); ; index -= 1) {
      const mapping = this.#mappings[index]
      if (mapping === undefined || mapping.offset < codeAt) return undefined
      const position = this.#position(mapping)
      if (position?.foreign === false) return position
    }
  }

  /** The last mapping at or before the offset; -1 when there is none. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#mappings.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#mappings[middle]?.offset ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  #position(mapping: Mapping): SourcePosition | undefined {
    const source = this.#document.sources[mapping.source]
    if (source === undefined) return undefined
    const foreign = this.#document.ignored.has(mapping.source)
    return { source, line: mapping.line + 1, column: mapping.column + 1, foreign }
  }
}

/** Undefined for what is no source map of version 3. Never throws. */
export function readMapDocument(text: string): MapDocument | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { version, sources, mappings, ignoreList, x_aos_note: note } = parsed as Readonly<Record<string, unknown>> // an object, just checked
  if (version !== 3 || typeof mappings !== 'string' || !Array.isArray(sources)) return undefined
  const ignored = new Set(Array.isArray(ignoreList) ? ignoreList.filter((index) => typeof index === 'number') : [])
  return {
    sources: sources.map(shownName),
    mappings,
    ignored,
    noteAddress: typeof note === 'number' ? note : undefined,
  }
}

/** Reports name no folder of the machine on which a module was built. */
function shownName(source: unknown): string {
  if (typeof source !== 'string') return '?'
  const path = source.replaceAll('\\', '/').replace(/^(\.\/)+/, '')
  const elsewhere = path.startsWith('/') || path.split('/').includes('..') || /^[a-z][a-z0-9+.-]*:/i.test(path)
  return elsewhere ? path.slice(path.lastIndexOf('/') + 1) : path
}

/** Mappings of the first line by offset; undefined when they are not well formed. */
function decodeMappings(text: string, sourceCount: number): readonly Mapping[] | undefined {
  const mappings: Mapping[] = []
  let offset = 0
  let source = 0
  let line = 0
  let column = 0
  for (const segment of text.split(';', 1)[0]?.split(',') ?? []) {
    const fields = decodeFields(segment)
    if (fields === undefined || ![1, 4, 5].includes(fields.length)) return undefined
    const [offsetStep = 0, sourceStep = 0, lineStep = 0, columnStep = 0] = fields
    if (offsetStep < 0) return undefined
    offset += offsetStep
    source += sourceStep
    line += lineStep
    column += columnStep
    if (source < 0 || source >= sourceCount || line < 0 || column < 0) return undefined
    mappings.push({ offset, source: fields.length === 1 ? -1 : source, line, column })
  }
  return mappings
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base 64 digits of five bits each, the lowest first; the sixth bit says that more follow, the lowest bit is the sign. */
export function decodeFields(segment: string): readonly number[] | undefined {
  const fields: number[] = []
  let value = 0
  let scale = 1
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter)
    if (digit < 0 || scale > 2 ** 30) return undefined
    value += (digit & 31) * scale
    scale *= 32
    if (digit >= 32) continue
    fields.push(value % 2 === 0 ? value / 2 : -(value - 1) / 2)
    value = 0
    scale = 1
  }
  return scale === 1 ? fields : undefined
}
