/** The definitions that a manifest lists, read by hash and checked together (spec/03-air.md, "Validation"). */
import {
  BUILTIN_CAPS,
  BUILTIN_EFFECTS,
  BUILTIN_MODULES,
  BUILTIN_SCHEMAS,
  decodeDefinition,
  hashDefinition,
} from '@aos/air'
import type {
  DefCap,
  DefEffect,
  Definition,
  DefModule,
  DefPlan,
  DefPolicy,
  DefSchema,
  DefSecret,
  Manifest,
  NamedRef,
} from '@aos/air'
import { equalBytes, formatPath, hashBytes, sha256 } from '@aos/cbor'
import { checkDefinitions } from '@aos/expr'
import type { Hash } from '@aos/cbor'
import { kernelError } from './errors.ts'
import type { KernelPorts } from './ports.ts'

/** What the engine in force has (spec/06-kernel.md, "Engine"). */
export interface EngineFeatures {
  /** Plans and effects: kernel semantics 2. */
  readonly hasGate: boolean
  /** Internal effects and governance: kernel semantics 3. */
  readonly hasGovernance: boolean
}

/** Content by hash, of what the ingress lists. */
export type GetNode = (hash: Hash) => Uint8Array

/** Everything a manifest names; built-in definitions are among them where the manifest lists them, capabilities always. */
export interface LoadedDefinitions {
  readonly manifestHash: Hash
  readonly manifest: Manifest
  /** Without the built-in ones. */
  readonly schemas: ReadonlyMap<string, DefSchema>
  readonly modules: ReadonlyMap<string, DefModule>
  readonly plans: ReadonlyMap<string, { readonly definition: DefPlan; readonly hash: Hash }>
  readonly effects: ReadonlyMap<string, DefEffect>
  readonly caps: ReadonlyMap<string, DefCap>
  readonly policies: ReadonlyMap<string, DefPolicy>
  readonly secrets: ReadonlyMap<string, DefSecret>
}

/** Throws `kernel.bad_manifest` (details.issues) and `kernel.bad_node`. */
export function loadDefinitions(
  ports: KernelPorts,
  manifestHash: Hash,
  get: GetNode,
  options: EngineFeatures,
): LoadedDefinitions {
  const manifest = loadNode(ports, manifestHash, get)
  if (manifest.kind !== 'manifest') {
    throw kernelError('kernel.bad_node', `expected a manifest at ${manifestHash}, found a ${manifest.kind}`)
  }
  if (!options.hasGate) checkPlain(manifest)
  if (!options.hasGovernance) checkUngoverned(manifest)
  const load = <Kind extends NamedKind>(refs: readonly NamedRef[], kind: Kind): Map<string, OfKind<Kind>> =>
    loadSection(ports, refs, kind, get)
  const schemas = load(manifest.schemas, 'defschema')
  const modules = load(manifest.modules, 'defmodule')
  const plans = load(manifest.plans, 'defplan')
  const effects = load(manifest.effects, 'defeffect')
  const caps = load(manifest.caps, 'defcap')
  const policies = load(manifest.policies, 'defpolicy')
  const secrets = load(manifest.secrets, 'defsecret')
  check({
    manifest: withCurrentModules(ports, manifest),
    schemas,
    modules: ownModules(modules),
    plans,
    effects,
    caps,
    policies,
    secrets,
  })
  const hashes = new Map(manifest.plans.map(({ name, hash }) => [name, hash]))
  return {
    manifestHash,
    manifest,
    schemas,
    modules,
    plans: new Map(
      [...plans].map(([name, definition]) => [name, { definition, hash: hashes.get(name) ?? manifestHash }]),
    ),
    effects: withBuiltins(manifest.effects, effects, BUILTIN_EFFECTS),
    caps: new Map([...BUILTIN_CAPS, ...caps]),
    policies,
    secrets,
  }
}

type NamedKind = Exclude<Definition['kind'], 'manifest'>
type OfKind<Kind extends NamedKind> = Extract<Definition, { readonly kind: Kind }>

/** What an engine without a gate could not carry out (spec/06-kernel.md, "Engine"). */
function checkPlain(manifest: Manifest): void {
  const { plans, effects, caps, policies, secrets, grants, triggers, bindings, approvers } = manifest
  refuseSections(
    { plans, effects, caps, policies, secrets, grants, triggers, bindings, approvers },
    'run `aos upgrade`',
  )
}

/** What an engine without governance could not carry out. */
function checkUngoverned({ approvals, migrations }: Manifest): void {
  refuseSections({ approvals, migrations }, 'run `aos upgrade`')
}

function refuseSections(sections: Readonly<Record<string, readonly unknown[]>>, hint: string): void {
  for (const [section, entries] of Object.entries(sections)) {
    if (entries.length === 0) continue
    throw kernelError('kernel.bad_manifest', `the engine of this world has no ${section}`, { path: [section], hint })
  }
}

/** By name, in the order of the manifest; what is built in is not read. */
function loadSection<Kind extends NamedKind>(
  ports: KernelPorts,
  refs: readonly NamedRef[],
  kind: Kind,
  get: GetNode,
): Map<string, OfKind<Kind>> {
  const section = new Map<string, OfKind<Kind>>()
  for (const ref of refs) {
    if (isBuiltin(kind, ref.name)) continue
    const node = loadNode(ports, ref.hash, get)
    if (!isOfKind(node, kind) || node.name !== ref.name) {
      throw kernelError('kernel.bad_node', `expected the ${kind} ${ref.name} at ${ref.hash}`)
    }
    section.set(ref.name, node)
  }
  return section
}

function isOfKind<Kind extends NamedKind>(
  node: Definition,
  kind: Kind,
): node is OfKind<Kind> & { readonly name: string } {
  return node.kind === kind
}

function isBuiltin(kind: NamedKind, name: string): boolean {
  switch (kind) {
    case 'defschema':
      return BUILTIN_SCHEMAS.has(name)
    case 'defeffect':
      return BUILTIN_EFFECTS.has(name)
    case 'defcap':
      return BUILTIN_CAPS.has(name)
    default:
      return false
  }
}

/**
 * Built-in modules are read by the hash that the manifest names, so that a world goes on running the code it was given when a
 * later release builds it otherwise. To be checked, they stand for the ones of this release.
 */
function withCurrentModules(ports: KernelPorts, manifest: Manifest): Manifest {
  const modules = manifest.modules.map((ref) => {
    const builtin = BUILTIN_MODULES.get(ref.name)
    return builtin === undefined ? ref : { name: ref.name, hash: hashDefinition(ports.sha256, builtin) }
  })
  return { ...manifest, modules }
}

function ownModules(modules: ReadonlyMap<string, DefModule>): ReadonlyMap<string, DefModule> {
  return new Map([...modules].filter(([name]) => !BUILTIN_MODULES.has(name)))
}

function withBuiltins<T>(
  refs: readonly NamedRef[],
  own: ReadonlyMap<string, T>,
  builtins: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  return new Map(
    refs.flatMap(({ name }) => {
      const found = own.get(name) ?? builtins.get(name)
      return found === undefined ? [] : [[name, found] as const]
    }),
  )
}

function check(definitions: Parameters<typeof checkDefinitions>[0]): void {
  const { issues } = checkDefinitions(definitions)
  const first = issues[0]
  if (first === undefined) return
  throw kernelError('kernel.bad_manifest', `${first.code} at ${formatPath(first.path)}: ${first.message}`, {
    path: first.path,
    details: { issues },
  })
}

function loadNode(ports: KernelPorts, hash: Hash, get: GetNode): Definition {
  const bytes = get(hash)
  if (!equalBytes(sha256(ports.sha256, bytes), hashBytes(hash))) {
    throw kernelError('kernel.bad_node', `the content of ${hash} has another hash`)
  }
  return decodeDefinition(bytes)
}
