/** What the slots of plans and grants are read by: schemas, effects and capabilities at hand (spec/03-air.md, "Slots"). */
import { BUILTIN_CAPS } from '../builtin/caps.ts'
import { BUILTIN_EFFECTS } from '../builtin/effects.ts'
import { BUILTIN_SCHEMAS } from '../builtin/schemas.ts'
import type { DefSchema, Manifest, SchemaTable, TypeExpr } from '../model.ts'
import type { DefCap, DefEffect } from '../plan-model.ts'
import type { SlotSchema } from '../plans/read-slot.ts'

/** Definitions by name; those that are built in need not be among them. */
export interface KnownDefinitions {
  readonly schemas?: ReadonlyMap<string, DefSchema>
  readonly effects?: ReadonlyMap<string, DefEffect>
  readonly caps?: ReadonlyMap<string, DefCap>
  /** Names of the effects that the manifest lists: of two that have one kind, the one that is meant. */
  readonly listedEffects?: ReadonlySet<string>
}

/** How the schema of a slot is found. `normal`: the slots are in their normal form, which needs none. */
export interface SlotSchemas {
  readonly mode: 'authored' | 'normal'
  /** undefined: there is no such schema at hand. */
  readonly ofSchema: (name: string) => SlotSchema | undefined
  readonly ofEffect: (kind: string) => SlotSchema | undefined
  readonly ofCap: (name: string) => SlotSchema | undefined
}

/** For definitions that are read from their nodes. */
export const NORMAL_SLOTS: SlotSchemas = {
  mode: 'normal',
  ofSchema: () => undefined,
  ofEffect: () => undefined,
  ofCap: () => undefined,
}

export function slotSchemas(known: KnownDefinitions): SlotSchemas {
  const table = tableOf(known)
  const ofSchema = (name: string): SlotSchema | undefined =>
    table.has(name) ? { type: { kind: 'ref', name }, table } : undefined
  return {
    mode: 'authored',
    ofSchema,
    ofEffect: (kind) => {
      const effect = effectOf(known, kind)
      return effect && ofSchema(effect.paramsSchema)
    },
    ofCap: (name) => {
      const cap = BUILTIN_CAPS.get(name) ?? known.caps?.get(name)
      return cap && { type: cap.schema, table }
    },
  }
}

/** The types of all schemas at hand. */
export function tableOf(known: KnownDefinitions): SchemaTable {
  const table = new Map<string, TypeExpr>()
  for (const [name, { type }] of known.schemas ?? []) table.set(name, type)
  for (const [name, { type }] of BUILTIN_SCHEMAS) table.set(name, type)
  return table
}

/** The effect of a kind: one that is listed, else one of the world's own, else a built-in one. */
export function effectOf(known: KnownDefinitions, kind: string): DefEffect | undefined {
  const all = [...(known.effects ?? new Map<string, DefEffect>()).values(), ...BUILTIN_EFFECTS.values()].filter(
    (effect) => effect.effectKind === kind,
  )
  return all.find(({ name }) => known.listedEffects?.has(name)) ?? all[0]
}

/** The sections of a manifest by what they list. */
export function listedEffects(manifest: Manifest | undefined): ReadonlySet<string> {
  return new Set(manifest?.effects.map(({ name }) => name))
}
