/** The hostile corpus of conformance/hostile. */
import { readFileSync } from 'node:fs'

export interface HostileCase {
  readonly name: string
  readonly why: string
  /** Refused with this code … */
  readonly refused?: string
  /** … or every call ends so; `output` in hexadecimal. */
  readonly outcome?: string
  readonly output?: string
  /** There is no text form. */
  readonly binary?: true
  /** The text does not validate. */
  readonly invalid?: true
}

interface HostileManifest {
  readonly fuel: number
  /** Hexadecimal. */
  readonly input: string
  readonly cases: readonly HostileCase[]
}

const FOLDER = new URL('../../../conformance/hostile/', import.meta.url)

export function hostilePath(file: string): URL {
  return new URL(file, FOLDER)
}

export function hostileText(name: string): string {
  return readFileSync(hostilePath(`${name}.wat`), 'utf8')
}

export function hostileBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(hostilePath(`${name}.wasm`)))
}

// The file is ours; its shape is the interface above.
export const HOSTILE = JSON.parse(readFileSync(hostilePath('manifest.json'), 'utf8')) as HostileManifest
