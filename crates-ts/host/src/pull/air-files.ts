/** The AIR files of a world folder, with where each definition stands. */
import { sortDefinitions } from '@aos/air'
import type { Definition, Manifest, NamedDefinition, SortedDefinitions } from '@aos/air'
import { hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, readBytes, readText, slashed } from '../files.ts'
import { airSourcesOfTexts, readAirSources } from '../push/air-folder.ts'
import type { AirSources } from '../push/air-folder.ts'
import { invalidAir } from '../push/assemble.ts'
import type { ModuleBuilder } from '../push/module-builder.ts'
import { worldFileAt } from '../push/world-file.ts'
import { nodeSha256 } from '../sha256.ts'
import type { SyncFile } from '../sync-file.ts'
import type { WorldFolder } from '../world-folder.ts'
import { MANIFEST, itemOf } from './items.ts'

/** A file as it was read; its name is relative to the world folder, with `/`. */
export interface AirText {
  readonly file: string
  readonly text: string
  /** Of its bytes, when it is one that was read. */
  readonly hash?: Hash
}

/** A definition, or the manifest, and where it stands. */
export interface Placed<Kind extends Definition = Definition> {
  readonly definition: Kind
  readonly file: string
  /** In the list that the file holds; 0 in a file of one definition. */
  readonly index: number
}

/** What the files of a folder say. */
export interface AirFiles {
  /** Folder of the AIR, relative to the world folder. */
  readonly airDir: string
  /** The world file, when that is what counts; then there are no texts. */
  readonly worldFile: string | undefined
  readonly texts: readonly AirText[]
  readonly manifest: Placed<Manifest> | undefined
  /** By `itemOf`, also those that the manifest does not list. */
  readonly definitions: ReadonlyMap<string, Placed<NamedDefinition>>
  readonly sorted: SortedDefinitions
}

/** A folder without any has none. Throws `host.invalid_air`, `host.air_differs`, `host.file`, and what running a world file throws. */
export async function readAirFiles(
  folder: WorldFolder,
  { sync, builder }: { readonly sync: SyncFile; readonly builder: ModuleBuilder },
): Promise<AirFiles> {
  const worldFile = worldFileAt(folder.root)
  const dir = join(folder.root, sync.airDir)
  const airDir = slashed(folder.root, dir)
  if (worldFile !== undefined) {
    const sources = await readAirSources([folder.root], { lenient: false, runWorldFile: builder.runWorldFile })
    return airFilesOf({ airDir, worldFile: slashed(folder.root, worldFile), texts: [] }, sources)
  }
  const found = existsSync(dir) ? listFiles(dir, '.json') : []
  // A file that changes between the two is taken for one that changed later.
  const texts = found.map((file) => {
    const hash = hashText(nodeSha256, readBytes(file))
    return { file: slashed(folder.root, file), hash, text: readText(file) }
  })
  return parseAirTexts(airDir, texts)
}

/** What the texts say. Throws `host.invalid_air`. */
export function parseAirTexts(airDir: string, texts: readonly AirText[]): AirFiles {
  return airFilesOf({ airDir, worldFile: undefined, texts }, airSourcesOfTexts(texts, { lenient: false }))
}

function airFilesOf(
  where: Pick<AirFiles, 'airDir' | 'worldFile' | 'texts'>,
  { issues, definitions: placed }: AirSources,
): AirFiles {
  if (issues.length > 0) throw invalidAir(issues)
  const definitions = new Map<string, Placed<NamedDefinition>>()
  let manifest: Placed<Manifest> | undefined
  for (const { definition, file, path } of placed) {
    const [index = 0] = path
    const place = { file, index: Number(index) }
    if (definition.kind === MANIFEST) manifest = { definition, ...place }
    else definitions.set(itemOf(definition), { definition, ...place })
  }
  return { ...where, manifest, definitions, sorted: sortDefinitions(placed.map(({ definition }) => definition)) }
}
