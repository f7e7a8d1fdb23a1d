/** From a patch to the manifest that it leads to (spec/18-patches.md). */
import { applyPatch, decodePatch, definitionsOf, encodeDefinition, hashDefinition, makeDefinitionSet } from '@aos/air'
import type { Definition, DefinitionSet, Patch } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { AosError, Hash, Issue } from '@aos/cbor'
import { kernelError } from '../errors.ts'
import type { GetNode, LoadedDefinitions } from '../load-definitions.ts'
import type { KernelPorts } from '../ports.ts'

/** What a patch makes of the manifest it is for. */
export interface PatchedSet {
  readonly set: DefinitionSet
  readonly manifest: Hash
}

/** Throws `gov.bad_patch` with what is wrong with it. */
export function readPatch(bytes: Uint8Array): Patch {
  return orBadPatch(() => decodePatch(bytes))
}

/** Throws `gov.bad_patch` where it does not fit, with everything that is wrong in details.issues. */
export function patched(ports: KernelPorts, base: DefinitionSet, patch: Patch): PatchedSet {
  const { sha256 } = ports
  const applied = applyPatch({ sha256, base, patch })
  if (applied.ok) return { set: applied.value, manifest: hashDefinition(sha256, applied.value.manifest) }
  throw badPatch(applied.issues)
}

/** The first of the issues, and all of them in details. */
export function badPatch(issues: readonly Issue[]): AosError {
  const [first] = issues
  return kernelError('gov.bad_patch', first === undefined ? 'it does not hold' : `${first.code}: ${first.message}`, {
    path: first?.path ?? [],
    details: { issues },
  })
}

/** What a manifest lists, as patches see it. */
export function setOf(definitions: LoadedDefinitions): DefinitionSet {
  const { manifest, schemas, modules, plans, effects, caps, policies, secrets } = definitions
  const ofPlans = [...plans.values()].map(({ definition }) => definition)
  const sections = [schemas, modules, effects, caps, policies, secrets]
  return makeDefinitionSet(manifest, [
    ...ofPlans,
    ...sections.flatMap((section): Definition[] => [...section.values()]),
  ])
}

/** The nodes of a set by hash: every definition, and the manifest. */
export function nodesOf(ports: KernelPorts, set: DefinitionSet): ReadonlyMap<Hash, Uint8Array> {
  const all: readonly Definition[] = [...definitionsOf(set), set.manifest]
  return new Map(all.map((definition) => [hashDefinition(ports.sha256, definition), encodeDefinition(definition)]))
}

/** Reads nodes that a patch has made, before they are content. */
export function readerOver(ports: KernelPorts, set: DefinitionSet, get: GetNode): GetNode {
  const nodes = nodesOf(ports, set)
  return (hash) => nodes.get(hash) ?? get(hash)
}

function orBadPatch<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!isAosError(error)) throw error
    throw kernelError('gov.bad_patch', `${error.code}: ${error.message}`, {
      cause: error,
      ...(error.path === undefined ? {} : { path: error.path }),
      ...(error.details === undefined ? {} : { details: error.details }),
    })
  }
}
