/** The rules that hold between a manifest and its definitions (spec/03-air.md, "Validation"). */
import type { ErrorPath } from '@aos/cbor'
import { BUILTIN_SCHEMA_HASHES } from '../builtin/schemas.ts'
import { isPlaceholder } from '../definitions/hash-field.ts'
import { encodeDefinition, hashDefinition } from '../definitions/node.ts'
import { makeSink, report, shown, sortIssues, type AirIssue } from '../issues.ts'
import { AIR_LIMITS } from '../limits.ts'
import type { Definition, DefModule, DefSchema, NamedRef } from '../model.ts'
import { isReservedName } from '../names.ts'
import { checkModules } from './check-modules.ts'
import { checkRoutes } from './check-routes.ts'
import { checkTypes } from './check-types.ts'
import { makeScope, type CheckManifestOptions, type Scope } from './scope.ts'

/**
 * Every issue of a manifest and of the definitions at hand, in order of path; none means that the world can be made of
 * them. Paths start at the manifest; what is wrong inside a definition has the path `schemas` or `modules`, its name, and
 * the path in it: `$.schemas["demo/State@1"].type.record.pc`.
 */
export function checkManifest(options: CheckManifestOptions): readonly AirIssue[] {
  const scope = makeScope(options, makeSink())
  checkRefs(scope, 'schemas')
  checkRefs(scope, 'modules')
  checkOwned(scope, 'schemas')
  checkOwned(scope, 'modules')
  checkSize(scope, scope.manifest, [])
  checkTypes(scope)
  checkModules(scope)
  checkRoutes(scope)
  return sortIssues(scope.sink.issues)
}

type Section = 'schemas' | 'modules'

function checkRefs(scope: Scope, section: Section): void {
  const seen = new Set<string>()
  for (const [index, ref] of scope.manifest[section].entries()) {
    const path = [section, index]
    if (seen.has(ref.name)) {
      report(scope.sink, 'air.duplicate_name', path, `${shown(ref.name)} is listed twice`)
      continue
    }
    seen.add(ref.name)
    checkRef(scope, section, ref, index)
  }
}

function checkRef(scope: Scope, section: Section, ref: NamedRef, index: number): void {
  const path = [section, index]
  const builtin = section === 'schemas' ? BUILTIN_SCHEMA_HASHES.get(ref.name) : undefined
  const definition = scope[section].get(ref.name)
  if (builtin === undefined && isReservedName(ref.name)) {
    report(scope.sink, 'air.reserved_name', path, `no built-in definition is called ${shown(ref.name)}`)
  } else if (builtin === undefined && definition === undefined) {
    const code = section === 'schemas' ? 'air.unknown_schema' : 'air.unknown_module'
    report(scope.sink, code, path, `${shown(ref.name)} is listed, but not defined`)
  } else {
    const expected = builtin ?? hashOf(scope, definition)
    if (expected === undefined || expected === ref.hash) return
    const found = isPlaceholder(ref.hash) ? 'no hash' : ref.hash
    report(scope.sink, 'air.hash_mismatch', [...path, 'hash'], `${ref.name} has the hash ${expected}, found ${found}`)
  }
}

function hashOf(scope: Scope, definition: DefSchema | DefModule | undefined): string | undefined {
  if (scope.sha256 === undefined || definition === undefined) return undefined
  return hashDefinition(scope.sha256, definition)
}

/** The definitions at hand: none has a name of the system, none is too large. */
function checkOwned(scope: Scope, section: Section): void {
  for (const [name, definition] of scope[section]) {
    if (isReservedName(name)) {
      const message = `names under sys/ are built in; ${name} cannot be defined`
      report(scope.sink, 'air.reserved_name', [section, name, 'name'], message)
    }
    checkSize(scope, definition, [section, name])
  }
}

function checkSize(scope: Scope, definition: Definition, path: ErrorPath): void {
  const size = encodeDefinition(definition).length
  if (size <= AIR_LIMITS.definitionBytesMax) return
  const message = `expected a node of at most ${AIR_LIMITS.definitionBytesMax} bytes, found ${size}`
  report(scope.sink, 'air.too_large', path, message)
}
