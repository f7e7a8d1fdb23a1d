/** What dispatch asks of the definitions in force (G8; spec/14-dispatch.md, "What counts"). */
import type { Adapter, GrantView } from '@aos/adapters'
import { BUILTIN_CAPS, decodeDefinition } from '@aos/air'
import type { DefCap, DefSecret, EffectBinding, Manifest, NamedRef, SchemaTable, TypeExpr } from '@aos/air'
import type { Hash } from '@aos/cbor'
import { literalValue, valueFromExpr } from '@aos/expr'
import { hasSecretSlots } from '@aos/kernel'
import type { IntentReport } from '@aos/kernel'
import type { Definitions } from '../definitions.ts'

/** How calls of one binding are made. */
export interface CallPolicy {
  /** The same call with the same key may be made twice (G10). */
  readonly idempotent: boolean
  readonly timeoutMs: number
  readonly attemptsMax: number
  readonly concurrencyMax: number
}

/** What stands in a binding that says nothing else. */
export const CALL_DEFAULTS: CallPolicy = {
  idempotent: false,
  timeoutMs: 30_000,
  attemptsMax: 3,
  concurrencyMax: 8,
}

/** The part of a manifest that counts while effects are performed. */
export interface DispatchCatalog {
  readonly table: SchemaTable
  /** By the binding in force, if it still names the adapter that the intent was emitted for. */
  readonly policyOf: (intent: Pick<IntentReport, 'effectKind' | 'adapter'>) => CallPolicy
  /** True when a value of the type may hold a reference to a secret. */
  readonly takesSecrets: (type: TypeExpr) => boolean
  /** undefined: taken away since. */
  readonly grant: (name: string) => GrantView | undefined
  /** By `alias@version`. */
  readonly secret: (name: string) => DefSecret | undefined
  /** All that the manifest lists. */
  readonly secrets: readonly DefSecret[]
}

/** Reads what the manifest names when it is first asked for. */
export function makeDispatchCatalog(
  definitions: Pick<Definitions, 'manifest' | 'table'>,
  read: (hash: Hash) => Uint8Array,
): DispatchCatalog {
  const { manifest, table } = definitions
  const grants = new Map<string, GrantView | undefined>()
  const policies = new Map<string, BoundPolicy>()
  const slots = new WeakMap<TypeExpr, boolean>()
  const secret = (name: string): DefSecret | undefined => {
    const node = readNamed(manifest.secrets, name, read)
    return node?.kind === 'defsecret' ? node : undefined
  }
  return {
    table,
    policyOf({ effectKind, adapter }) {
      const bound = policies.get(effectKind) ?? policyOf(manifest, effectKind)
      policies.set(effectKind, bound)
      return bound.adapter === adapter ? bound.policy : CALL_DEFAULTS
    },
    takesSecrets(type) {
      const takes = slots.get(type) ?? hasSecretSlots(type, table)
      slots.set(type, takes)
      return takes
    },
    grant(name) {
      if (!grants.has(name)) grants.set(name, readGrant(manifest, { name, table, read }))
      return grants.get(name)
    },
    secret,
    secrets: manifest.secrets.flatMap(({ name }) => secret(name) ?? []),
  }
}

/** The first binding whose pattern fits the kind counts: a kind, `prefix.*`, or `*`. */
export function bindingOf(bindings: readonly EffectBinding[], effectKind: string): EffectBinding | undefined {
  return bindings.find(({ pattern }) =>
    pattern.endsWith('*') ? effectKind.startsWith(pattern.slice(0, -1)) : pattern === effectKind,
  )
}

/** The policy of a kind, as long as its intents are for that adapter. */
interface BoundPolicy {
  readonly adapter: string | undefined
  readonly policy: CallPolicy
}

function policyOf(manifest: Manifest, effectKind: string): BoundPolicy {
  const binding = bindingOf(manifest.bindings, effectKind)
  if (binding === undefined) return { adapter: undefined, policy: CALL_DEFAULTS }
  const { idempotent, timeoutMs, attemptsMax, concurrencyMax } = CALL_DEFAULTS
  return {
    adapter: binding.adapter,
    policy: {
      idempotent: binding.idempotent ?? idempotent,
      timeoutMs: binding.timeoutMs ?? timeoutMs,
      attemptsMax: binding.attemptsMax ?? attemptsMax,
      concurrencyMax: Math.max(1, binding.concurrencyMax ?? concurrencyMax),
    },
  }
}

interface GrantPlace {
  readonly name: string
  readonly table: SchemaTable
  readonly read: (hash: Hash) => Uint8Array
}

function readGrant(manifest: Manifest, { name, table, read }: GrantPlace): GrantView | undefined {
  const grant = manifest.grants.find((one) => one.name === name)
  if (grant === undefined) return undefined
  const cap: DefCap | undefined = BUILTIN_CAPS.get(grant.cap) ?? asCap(readNamed(manifest.caps, grant.cap, read))
  if (cap === undefined) return undefined
  return { name, capType: cap.capType, params: valueFromExpr(literalValue(grant.params), cap.schema, table) }
}

type Node = ReturnType<typeof decodeDefinition>

function asCap(node: Node | undefined): DefCap | undefined {
  return node?.kind === 'defcap' ? node : undefined
}

function readNamed(refs: readonly NamedRef[], name: string, read: (hash: Hash) => Uint8Array): Node | undefined {
  const ref = refs.find((one) => one.name === name)
  return ref === undefined ? undefined : decodeDefinition(read(ref.hash))
}

/** Adapters by id. Of two with one id the first counts. */
export function adaptersById(adapters: readonly Adapter[]): ReadonlyMap<string, Adapter> {
  const found = new Map<string, Adapter>()
  for (const adapter of adapters) if (!found.has(adapter.id)) found.set(adapter.id, adapter)
  return found
}
