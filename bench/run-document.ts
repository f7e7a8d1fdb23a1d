/** Runs as files: what `aos bench --json` printed earlier, read back. */
import type { MachineFacts } from './machine.ts'
import type { BenchRow } from './measure.ts'

/** What a comparison needs of an earlier row. */
export interface BaseRow {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly spread: number
}

/** An earlier run, as its JSON has it. */
export interface BaseRun {
  readonly rows: readonly BaseRow[]
  /** Undefined when the file was a bare list. */
  readonly machine: MachineFacts | undefined
}

/** A run that pages can be made of. */
export interface RunDocument {
  readonly rows: readonly BenchRow[]
  readonly machine: MachineFacts
}

/** Reads `{ok, data, meta}` as `aos bench --json` prints it, or its data alone. Throws RangeError, which says what is wrong. */
export function parseBase(text: string): BaseRun {
  const document = parseJson(text)
  if (Array.isArray(document)) return { rows: document.map(parseRow), machine: undefined }
  const { ok, data, meta } = recordOf(document)
  if (ok === false) throw new RangeError('expected the figures of a run, found the document of a failure')
  if (!Array.isArray(data)) throw new RangeError('expected a list of rows, or a document with one under data')
  const { machine } = recordOf(meta)
  return { rows: data.map(parseRow), machine: isMachine(machine) ? machine : undefined }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RangeError('expected a JSON document, found other text')
  }
}

/** Reads the whole document of a run of this version. Throws RangeError, which says what is wrong. */
export function parseRun(text: string): RunDocument {
  const { rows, machine } = parseBase(text)
  if (machine === undefined)
    throw new RangeError('expected the machine under meta.machine: the whole document of a run')
  return { rows: rows.map(wholeRow), machine }
}

function wholeRow(row: BaseRow, index: number): BenchRow {
  const { min, max, rounds } = row as Partial<BenchRow> // parseRow keeps all members
  if (typeof min !== 'number' || typeof max !== 'number' || typeof rounds !== 'number') {
    throw new RangeError(`expected {min, max, rounds}, too, at $[${index}]`)
  }
  return { ...row, min, max, rounds }
}

function parseRow(row: unknown, index: number): BaseRow {
  const { name, unit, value, spread } = recordOf(row)
  if (typeof name !== 'string' || typeof unit !== 'string' || typeof value !== 'number' || typeof spread !== 'number') {
    throw new RangeError(`expected {name, unit, value, spread} at $[${index}]`)
  }
  return { ...recordOf(row), name, unit, value, spread }
}

function isMachine(value: unknown): value is MachineFacts {
  const { cpu, cores, memory_gib: memory, system, node } = recordOf(value)
  const words = [cpu, system, node].every((word) => typeof word === 'string')
  return words && typeof cores === 'number' && typeof memory === 'number'
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {} // its members stay unknown
}
