/** The rules that hold between a manifest and its definitions (spec/03-air.md, "Validation"). */
import { equalBytes, type ErrorPath, type Hash } from '@aos/cbor'
import { BUILTIN_CAP_HASHES } from '../builtin/caps.ts'
import { builtinDefinition, builtinHash } from '../builtin/catalog.ts'
import { BUILTIN_EFFECT_HASHES } from '../builtin/effects.ts'
import { BUILTIN_MODULES } from '../builtin/modules.ts'
import { BUILTIN_SCHEMA_HASHES } from '../builtin/schemas.ts'
import { isPlaceholder } from '../definitions/hash-field.ts'
import { encodeDefinition, hashDefinition } from '../definitions/node.ts'
import { REFERENCE_SECTIONS, type ReferenceSection } from '../definitions/parse-manifest.ts'
import type { AirErrorCode } from '../errors.ts'
import { makeSink, report, shown, sortIssues, type AirIssue } from '../issues.ts'
import { AIR_LIMITS } from '../limits.ts'
import type { Definition, NamedRef } from '../model.ts'
import { isReservedName } from '../names.ts'
import { checkCatalog } from './check-catalog.ts'
import { checkChanges } from './check-changes.ts'
import { checkModules } from './check-modules.ts'
import { checkPlans } from './check-plans.ts'
import { checkPowers } from './check-powers.ts'
import { checkRoutes } from './check-routes.ts'
import { checkTypes } from './check-types.ts'
import { makeScope, type CheckManifestOptions, type Scope } from './scope.ts'

/**
 * Every issue of a manifest and of the definitions at hand, in order of path; none means that the world can be made of
 * them. Paths start at the manifest; what is wrong inside a definition has the path `schemas`, `plans` or whichever section
 * lists it, its name, and the path in it: `$.schemas["demo/State@1"].type.record.pc`. Expressions are not looked into
 * (`checkDefinitions` of @aos/expr does both).
 */
export function checkManifest(options: CheckManifestOptions): readonly AirIssue[] {
  return findManifestIssues(options).issues
}

/** What `checkManifest` finds, and in lenient reading the warnings. */
export function findManifestIssues(options: CheckManifestOptions): {
  readonly issues: readonly AirIssue[]
  readonly warnings: readonly AirIssue[]
} {
  const scope = makeScope(options, makeSink(options))
  for (const section of REFERENCE_SECTIONS) {
    checkRefs(scope, section)
    checkOwned(scope, section)
  }
  checkSize(scope, scope.manifest, [])
  checkTypes(scope)
  checkModules(scope)
  checkRoutes(scope)
  checkCatalog(scope)
  checkPowers(scope)
  checkPlans(scope)
  checkChanges(scope)
  return { issues: sortIssues(scope.sink.issues), warnings: sortIssues(scope.sink.warnings) }
}

const UNKNOWN: { readonly [Section in ReferenceSection]: AirErrorCode } = {
  schemas: 'air.unknown_schema',
  modules: 'air.unknown_module',
  plans: 'air.unknown_plan',
  effects: 'air.unknown_effect',
  caps: 'air.unknown_cap',
  policies: 'air.unknown_policy',
  secrets: 'air.unknown_secret',
}

function checkRefs(scope: Scope, section: ReferenceSection): void {
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

function checkRef(scope: Scope, section: ReferenceSection, ref: NamedRef, index: number): void {
  const path = [section, index]
  const builtin = builtinDefinition(section, ref.name)
  const definition = scope[section]?.get(ref.name)
  if (builtin === undefined && isReservedName(ref.name)) {
    report(scope.sink, 'air.reserved_name', path, `no built-in definition is called ${shown(ref.name)}`)
  } else if (builtin === undefined && definition === undefined) {
    report(scope.sink, UNKNOWN[section], path, `${shown(ref.name)} is listed, but not defined`)
  } else {
    const expected = expectedHash(scope, section, { name: ref.name, definition })
    if (expected === undefined || expected === ref.hash) return
    const found = isPlaceholder(ref.hash) ? 'no hash' : ref.hash
    report(scope.sink, 'air.hash_mismatch', [...path, 'hash'], `${ref.name} has the hash ${expected}, found ${found}`)
  }
}

/** A built-in module may have other bytes, those of another version of this program: then it is at hand. */
function expectedHash(
  scope: Scope,
  section: ReferenceSection,
  { name, definition }: { readonly name: string; readonly definition: Definition | undefined },
): Hash | undefined {
  const own =
    definition !== undefined && scope.sha256 !== undefined ? hashDefinition(scope.sha256, definition) : undefined
  switch (section) {
    case 'schemas':
      return BUILTIN_SCHEMA_HASHES.get(name) ?? own
    case 'effects':
      return BUILTIN_EFFECT_HASHES.get(name) ?? own
    case 'caps':
      return BUILTIN_CAP_HASHES.get(name) ?? own
    case 'modules':
      if (definition !== undefined || scope.sha256 === undefined) return own
      return builtinHash(scope.sha256, section, name)
    default:
      return own
  }
}

/** The definitions at hand: none has a name of the system, none is too large. */
function checkOwned(scope: Scope, section: ReferenceSection): void {
  const definitions: ReadonlyMap<string, Definition> = scope[section] ?? new Map()
  for (const [name, definition] of definitions) {
    if (isReservedName(name) && !isBuiltinModule(definition)) {
      const message = `names under sys/ are built in; ${name} cannot be defined`
      report(scope.sink, 'air.reserved_name', [section, name, 'name'], message)
    }
    checkSize(scope, definition, [section, name])
  }
}

/** True for a built-in module, whatever its bytes. */
export function isBuiltinModule(definition: Definition): boolean {
  const builtin = definition.kind === 'defmodule' ? BUILTIN_MODULES.get(definition.name) : undefined
  if (builtin === undefined || definition.kind !== 'defmodule') return false
  return equalBytes(encodeDefinition(builtin), encodeDefinition({ ...definition, wasmHash: builtin.wasmHash }))
}

function checkSize(scope: Scope, definition: Definition, path: ErrorPath): void {
  const size = encodeDefinition(definition).length
  if (size <= AIR_LIMITS.definitionBytesMax) return
  const message = `expected a node of at most ${AIR_LIMITS.definitionBytesMax} bytes, found ${size}`
  report(scope.sink, 'air.too_large', path, message)
}
