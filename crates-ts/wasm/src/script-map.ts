/**
 * Source maps of modules that run a script: version 3, with the lines and columns of the script, and with the address at which
 * a call leaves the text of what was thrown. They are for people: a damaged map counts as none.
 */
import { decodeFields, readMapDocument, type SourcePosition } from './source-map.ts'

/** What a script's source map knows. */
export interface ScriptMap {
  /** Where pointer and length of the text stand; undefined in a map that belongs to no module yet. */
  readonly noteAddress: number | undefined
  /** The place of a line, from 1, and a column, from 1, of the script. */
  find(line: number, column: number): SourcePosition | undefined
}

/** One mapping of a line. */
interface LineMapping {
  readonly at: number
  readonly source: number
  readonly line: number
  readonly column: number
}

/** Reads a map; undefined when it is none, or none of a script. Never throws. */
export function decodeScriptMap(text: string): ScriptMap | undefined {
  const document = readMapDocument(text)
  if (document === undefined) return undefined
  const lines = decodeLines(document.mappings)
  if (lines === undefined) return undefined
  return {
    noteAddress: document.noteAddress,
    find(line, column) {
      const mapping = lines[line - 1]?.findLast(({ at }) => at < column)
      const source = mapping === undefined ? undefined : document.sources[mapping.source]
      if (mapping === undefined || source === undefined) return undefined
      const foreign = document.ignored.has(mapping.source)
      return { source, line: mapping.line + 1, column: mapping.column + 1, foreign }
    },
  }
}

function decodeLines(text: string): readonly (readonly LineMapping[])[] | undefined {
  let [source, line, column] = [0, 0, 0]
  const lines: LineMapping[][] = []
  for (const lineText of text.split(';')) {
    const mappings: LineMapping[] = []
    let at = 0
    for (const segment of lineText === '' ? [] : lineText.split(',')) {
      const fields = decodeFields(segment)
      if (fields === undefined) return undefined
      const [step = 0, sourceStep, lineStep = 0, columnStep = 0] = fields
      at += step
      if (sourceStep === undefined) continue
      source += sourceStep
      line += lineStep
      column += columnStep
      mappings.push({ at, source, line, column })
    }
    lines.push(mappings)
  }
  return lines
}

const FRAMES_MAX = 4
const TEXT_CHARS_MAX = 300
const NOTE_BYTES_MAX = 65_536

/**
 * Why a call trapped, in the words of the script: `TypeError: no such note at reducers/notes/index.ts:7:9, called from …`.
 * Undefined when the call left no text.
 */
export function describeThrown(map: ScriptMap, memory: Uint8Array): string | undefined {
  const { noteAddress } = map
  if (noteAddress === undefined || noteAddress + 8 > memory.length) return undefined
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length)
  const [pointer, length] = [view.getUint32(noteAddress, true), view.getUint32(noteAddress + 4, true)]
  if (pointer === 0 || length > NOTE_BYTES_MAX || pointer + length > memory.length) return undefined
  const text = new TextDecoder().decode(memory.subarray(pointer, pointer + length))
  const frame = /^ {4}at .*$/gm
  const message = text.replace(frame, '').trim().replace(/\s+/g, ' ').slice(0, TEXT_CHARS_MAX)
  const places = [...text.matchAll(/^ {4}at [^\n]*?:(\d+):(\d+)\)?$/gm)].flatMap((match) => {
    const found = map.find(Number(match[1]), Number(match[2]))
    return found === undefined || found.foreign ? [] : [`${found.source}:${found.line}:${found.column}`]
  })
  const [first, ...callers] = places.filter((place, at) => place !== places[at - 1]).slice(0, FRAMES_MAX)
  if (first === undefined) return message
  return `${message} at ${first}${callers.length === 0 ? '' : `, called from ${callers.join(', ')}`}`
}
