/** From a world file in TypeScript to the JSON of its definitions (spec/21-world-files.md, "World files"). */
import { AosError } from '@aos/cbor'
import type { ErrorPath } from '@aos/cbor'
import { SourceMap } from 'node:module'
import { basename, dirname, resolve } from 'node:path'
import { bundleWorld } from './bundle-world.ts'
import { evaluate } from './evaluate.ts'
import type { Evaluated } from './evaluate.ts'
import { SCRIPT_NAME, SourcePlaces } from './source-places.ts'
import type { SourcePlace } from './source-places.ts'

/** A world file, and what it imports as `@aos/author`. */
export interface WorldFileRequest {
  readonly file: string
  /** The builders as one script without imports. */
  readonly author: string
  /** Within which it must end; 10 s unless given. */
  readonly timeoutMs?: number
}

/** Where a part of the definitions was written. */
export interface PlacedPart extends SourcePlace {
  /** From the list of definitions. */
  readonly path: ErrorPath
}

/** What came of a world file. */
export interface EmittedWorld {
  /** JSON: a list of definitions, as the builders made them. */
  readonly text: string
  readonly places: readonly PlacedPart[]
}

const TIMEOUT_MS = 10_000

/**
 * Bundles the file with what it imports and runs it, with nothing of the host: no files, no clock, no chance. Throws
 * `build.world_refused` when it does not compile or imports what there is not, `build.world_failed` when it throws,
 * `build.world_timeout`, and what the builders throw (`author.*`); messages begin with `file:line:column` where that is known.
 */
export async function runWorldFile(request: WorldFileRequest): Promise<EmittedWorld> {
  const { file, author, timeoutMs = TIMEOUT_MS } = request
  const folder = dirname(resolve(file))
  const { code, map } = await bundleWorld({ folder, file: basename(file), author })
  const places = new SourcePlaces(new SourceMap(JSON.parse(map)), folder)
  const result = await evaluate({ code, name: SCRIPT_NAME, timeoutMs })
  if (result.kind !== 'text') throw describe(result, basename(file), { places, timeoutMs })
  const { definitions, places: stacks }: WrittenWorld = JSON.parse(result.text)
  return {
    text: JSON.stringify(definitions),
    places: stacks.flatMap(({ path, place }) => {
      const found = places.firstOf(place)
      return found === undefined ? [] : [{ ...found, path }]
    }),
  }
}

/** What `writeWorld` of the builders gives. */
interface WrittenWorld {
  readonly definitions: unknown
  readonly places: readonly { readonly path: ErrorPath; readonly place: string }[]
}

function describe(result: Exclude<Evaluated, { readonly kind: 'text' }>, name: string, run: Run): AosError {
  switch (result.kind) {
    case 'nothing':
      return new AosError('build.world_failed', `${name} gave no definitions`)
    case 'timeout':
      return new AosError('build.world_timeout', `${name} does not end within ${run.timeoutMs / 1000} s`)
    case 'memory':
      return new AosError('build.world_failed', `${name} needs too much memory`)
    case 'thrown': {
      const { error, shown } = result
      if (error === undefined) return new AosError('build.world_failed', `${name} throws ${shown}`)
      const place = error.stack === undefined ? undefined : run.places.firstOf(error.stack)
      const at = place === undefined ? name : `${place.file}:${place.line}:${place.column}`
      // Errors of the builders have codes of their own.
      const own = error.name === 'AosError' ? error.code : undefined
      const said = own === undefined ? shown : (error.message ?? '')
      return new AosError(own ?? 'build.world_failed', `${at}: ${said}`, {
        ...(place === undefined ? {} : { details: { ...place } }),
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    }
  }
}

interface Run {
  readonly places: SourcePlaces
  readonly timeoutMs: number
}
