/** Sets of definitions to be compared: from files, from a folder as a push would take it, and what is in force. */
import { completeManifest, decodeDefinition, definitionsOf, isReservedName, sortDefinitions } from '@aos/air'
import type { Definition } from '@aos/air'
import { loadDefinitions } from '../definitions.ts'
import { manifestAt } from '../journal-scan.ts'
import type { OpenedFolder } from '../open-world.ts'
import { nodeSha256 } from '../sha256.ts'
import { readSyncFile } from '../sync-file.ts'
import type { AirSources } from './air-folder.ts'
import { assemble, invalidAir } from './assemble.ts'
import type { ModuleBuilder } from './module-builder.ts'

/** The definitions of files, with the references of a manifest filled in from beside it. Throws `host.invalid_air`. */
export function definitionsOfSources(sources: AirSources): readonly Definition[] {
  if (sources.issues.length > 0) throw invalidAir(sources.issues)
  const definitions = sources.definitions.map(({ definition }) => definition)
  const sorted = sortDefinitions(definitions)
  return definitions.map((definition) =>
    definition.kind === 'manifest'
      ? completeManifest({ ...sorted, manifest: definition, sha256: nodeSha256 })
      : definition,
  )
}

/** What the manifest of the head puts in force; undefined before genesis. Throws what `loadDefinitions` throws. */
export function definitionsInForce(opened: OpenedFolder): readonly Definition[] | undefined {
  const { head } = opened.store.journal
  const manifestHash = head === undefined ? undefined : manifestAt(opened, head.height)
  if (manifestHash === undefined) return undefined
  const definitions = loadDefinitions(manifestHash, opened.readContent)
  return withoutBuiltins([...definitionsOf(definitions), definitions.manifest])
}

/** What a definition set of a folder needs to be built. */
export interface DefinitionsOfFolderOptions {
  readonly builder: ModuleBuilder
  readonly onProgress: (line: string) => void
}

/** What a push of the folder would put in force; modules are built for their hashes. Throws what `assemble` throws. */
export async function definitionsOfFolder(
  opened: OpenedFolder,
  options: DefinitionsOfFolderOptions,
): Promise<readonly Definition[]> {
  const assembly = await assemble({
    ...options,
    folder: opened.folder,
    sync: readSyncFile(opened.folder.syncFile),
    forceBuild: false,
    stored: (hash) => opened.store.content.get(hash),
  })
  return withoutBuiltins(assembly.nodes.map((node) => decodeDefinition(node)))
}

/** What comes with a release is no difference; the manifest has the hashes of what it lists. */
function withoutBuiltins(definitions: readonly Definition[]): readonly Definition[] {
  return definitions.filter((each) => each.kind === 'manifest' || !isReservedName(each.name))
}
