/** World files: AIR that a program in TypeScript gives (spec/21-world-files.md, "World files"). */
import type { ErrorPath } from '@aos/cbor'
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The name of a world file in its world folder. */
export const WORLD_FILE = 'world.air.ts'

/** What `aos air emit` writes, in the AIR folder. */
export const EMITTED_FILE = 'world.air.json'

/** A part of a definition, and the line that made it. */
export interface WrittenPlace {
  /** From the list of definitions. */
  readonly path: ErrorPath
  /** From the folder of the world file. */
  readonly file: string
  /** From one. */
  readonly line: number
  readonly column: number
}

/** What a world file gives. */
export interface WorldFileText {
  /** JSON: a list of definitions. */
  readonly text: string
  readonly places: readonly WrittenPlace[]
}

/** Runs a world file. Bundlers are heavy, so commands that may meet one bring one. */
export type RunWorldFile = (file: string) => Promise<WorldFileText>

/** The world file that a path names or that lies in the folder which it names. */
export function worldFileAt(path: string): string | undefined {
  if (path.endsWith('.air.ts')) return path
  const file = join(path, WORLD_FILE)
  return existsSync(file) && statSync(file).isFile() ? file : undefined
}

/** The line of the innermost part that a path leads into; its file by its whole path. */
export function findPlace(
  worldFile: string,
  places: readonly WrittenPlace[],
  path: ErrorPath,
): Omit<WrittenPlace, 'path'> | undefined {
  const around = places.filter((place) => place.path.every((part, index) => path[index] === part))
  const [innermost] = around.toSorted((left, right) => right.path.length - left.path.length)
  if (innermost === undefined) return undefined
  const { file, line, column } = innermost
  return { file: resolve(dirname(worldFile), file), line, column }
}
