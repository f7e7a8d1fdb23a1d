/** What a manifest makes visible, and where a check puts what it finds. */
import type { ErrorPath, Sha256Port } from '@aos/cbor'
import { BUILTIN_CAPS } from '../builtin/caps.ts'
import { BUILTIN_EFFECTS } from '../builtin/effects.ts'
import { BUILTIN_SCHEMAS } from '../builtin/schemas.ts'
import { report, shown, type IssueSink } from '../issues.ts'
import type { DefModule, DefSchema, Manifest, NamedRef, SchemaTable, TypeExpr } from '../model.ts'
import type { CapGrant, DefCap, DefEffect, DefPlan, DefPolicy, DefSecret } from '../plan-model.ts'
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
  /** Rules that AIR v1 does not hold are warnings. */
  readonly lenient?: boolean
  /** Bounds that a manifest may lower, and what they are; without it the names are not looked at. */
  readonly limitsKnown?: ReadonlyMap<string, number>
  /** False when no value of the one type can be fitted to the other; without it triggers are not held to it. */
  readonly mayBecome?: (given: TypeExpr, wanted: TypeExpr, table: SchemaTable) => boolean
  /** When given, the hashes in the manifest are compared with those of the definitions. Those of built-ins always are. */
  readonly sha256?: Sha256Port
}

/** What the checks of one manifest have in common, with the list that their findings go to. */
export interface Scope extends CheckManifestOptions {
  readonly sink: IssueSink
  readonly listedSchemas: ReadonlySet<string>
  readonly listedModules: ReadonlySet<string>
  /** What is listed and at hand, or built in and listed. */
  readonly listed: {
    readonly plans: ReadonlyMap<string, DefPlan>
    readonly effects: ReadonlyMap<string, DefEffect>
    readonly policies: ReadonlyMap<string, DefPolicy>
    readonly secrets: ReadonlyMap<string, DefSecret>
    /** Those that are built in need not be listed. */
    readonly caps: ReadonlyMap<string, DefCap>
  }
  /** Listed effects by their kind. */
  readonly effectsByKind: ReadonlyMap<string, DefEffect>
  readonly grants: ReadonlyMap<string, CapGrant>
  /** Types of all schemas that are built in, or listed and at hand. */
  readonly table: SchemaTable
}

export function makeScope(options: CheckManifestOptions, sink: IssueSink): Scope {
  const { manifest } = options
  const listedSchemas = new Set(manifest.schemas.map(({ name }) => name))
  const effects = pick(manifest.effects, options.effects, BUILTIN_EFFECTS)
  const table = new Map<string, TypeExpr>()
  for (const [name, { type }] of options.schemas) if (listedSchemas.has(name)) table.set(name, type)
  for (const [name, { type }] of BUILTIN_SCHEMAS) table.set(name, type)
  return {
    ...options,
    sink,
    listedSchemas,
    listedModules: new Set(manifest.modules.map(({ name }) => name)),
    listed: {
      plans: pick(manifest.plans, options.plans),
      effects,
      policies: pick(manifest.policies, options.policies),
      secrets: pick(manifest.secrets, options.secrets),
      caps: new Map([...pick(manifest.caps, options.caps), ...BUILTIN_CAPS]),
    },
    effectsByKind: new Map([...effects.values()].map((effect) => [effect.effectKind, effect])),
    grants: new Map(manifest.grants.map((grant) => [grant.name, grant])),
    table,
  }
}

function pick<T>(
  refs: readonly NamedRef[],
  atHand: ReadonlyMap<string, T> | undefined,
  builtin?: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  for (const { name } of refs) {
    const definition = builtin?.get(name) ?? atHand?.get(name)
    if (definition !== undefined) found.set(name, definition)
  }
  return found
}

/** The type of capability behind a grant; undefined when grant or capability is not there. */
export function capTypeOf(scope: Scope, grant: string): string | undefined {
  const cap = scope.grants.get(grant)?.cap
  return cap === undefined ? undefined : scope.listed.caps.get(cap)?.capType
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
