/** From the frames of a stack, which name the bundled script, to lines of the author's files. */
import type { SourceMap } from 'node:module'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { OWN_SOURCES } from './bundle-world.ts'

/** A place in a file of the author. */
export interface SourcePlace {
  /** Relative to the folder of the world file. */
  readonly file: string
  /** From one. */
  readonly line: number
  readonly column: number
}

/** How the script is called in stacks; no file has such a name. */
export const SCRIPT_NAME = 'aos:world.js'

/** The way back from one bundle. */
export class SourcePlaces {
  readonly #map: SourceMap
  readonly #folder: string

  constructor(map: SourceMap, folder: string) {
    this.#map = map
    this.#folder = folder
  }

  /** The innermost frame that lies in a file of the author. */
  firstOf(stack: string): SourcePlace | undefined {
    for (const [, line, column] of stack.matchAll(/aos:world\.js:([0-9]+):([0-9]+)/g)) {
      const found = this.#find(Number(line), Number(column))
      if (found !== undefined) return found
    }
    return undefined
  }

  #find(line: number, column: number): SourcePlace | undefined {
    const entry = this.#map.findEntry(line - 1, column - 1)
    if (!('originalSource' in entry)) return undefined
    const { originalSource, originalLine, originalColumn } = entry
    if (OWN_SOURCES.includes(originalSource)) return undefined
    return { file: this.#nameOf(originalSource), line: originalLine + 1, column: originalColumn + 1 }
  }

  #nameOf(source: string): string {
    const path = isAbsolute(source)
      ? relative(this.#folder, source)
      : relative(this.#folder, resolve(this.#folder, source))
    return path.split(sep).join('/')
  }
}
