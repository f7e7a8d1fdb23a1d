/** What a manifest makes visible, and where a check puts what it finds. */
import type { ErrorPath, Sha256Port } from '@aos/cbor'
import { BUILTIN_SCHEMAS } from '../builtin/schemas.ts'
import { report, shown, type IssueSink } from '../issues.ts'
import type { DefModule, DefSchema, Manifest, TypeExpr } from '../model.ts'
import type { DefCap, DefEffect, DefPlan, DefPolicy, DefSecret } from '../plan-model.ts'
import type { ResolvedType } from '../types/resolve.ts'

/** A manifest with the definitions it may name. */
export interface ManifestSet {
  readonly manifest: Manifest
  /** The schemas at hand by name, without the built-in ones. */
  readonly schemas: ReadonlyMap<string, DefSchema>
  readonly modules: ReadonlyMap<string, DefModule>
  /** What acts, by name, without what is built in. */
  readonly plans?: ReadonlyMap<string, DefPlan>
  readonly effects?: ReadonlyMap<string, DefEffect>
  readonly caps?: ReadonlyMap<string, DefCap>
  readonly policies?: ReadonlyMap<string, DefPolicy>
  readonly secrets?: ReadonlyMap<string, DefSecret>
}

/** A manifest with the definitions it names, and whether their hashes are to be made again. */
export interface CheckManifestOptions extends ManifestSet {
  /** When given, the hashes in the manifest are compared with those of the definitions. Those of built-ins always are. */
  readonly sha256?: Sha256Port
}

/** What the checks of one manifest have in common, with the list that their findings go to. */
export interface Scope extends CheckManifestOptions {
  readonly sink: IssueSink
  readonly listedSchemas: ReadonlySet<string>
  readonly listedModules: ReadonlySet<string>
}

export function makeScope(options: CheckManifestOptions, sink: IssueSink): Scope {
  return {
    ...options,
    sink,
    listedSchemas: new Set(options.manifest.schemas.map(({ name }) => name)),
    listedModules: new Set(options.manifest.modules.map(({ name }) => name)),
  }
}

/** The type of a schema that is built in, or listed and at hand. */
export function typeOf(scope: Scope, name: string): TypeExpr | undefined {
  const builtin = BUILTIN_SCHEMAS.get(name)
  if (builtin !== undefined) return builtin.type
  return scope.listedSchemas.has(name) ? scope.schemas.get(name)?.type : undefined
}

/** Reports a name that is neither built in nor listed; a listed one without a definition is reported in the list. */
export function checkSchemaName(scope: Scope, name: string, path: ErrorPath): void {
  if (BUILTIN_SCHEMAS.has(name) || scope.listedSchemas.has(name)) return
  const why = scope.schemas.has(name) ? 'is defined, but the manifest does not list it' : 'is not there'
  report(scope.sink, 'air.unknown_schema', path, `the schema ${shown(name)} ${why}`)
}

/** `resolveType` that gives undefined where something is missing or recursive; that is reported elsewhere. */
export function resolveIn(scope: Scope, type: TypeExpr | undefined): ResolvedType | undefined {
  const seen = new Set<string>()
  let current = type
  while (current?.kind === 'ref') {
    if (seen.has(current.name)) return undefined
    seen.add(current.name)
    current = typeOf(scope, current.name)
  }
  return current
}
