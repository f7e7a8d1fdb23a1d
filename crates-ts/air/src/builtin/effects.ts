/** The effects that every world may list (spec/03-air.md, "Built-in definitions"). */
import { parseHash, type Hash } from '@aos/cbor'
import type { DefEffect } from '../plan-model.ts'
import { BUILTIN_EFFECT_LINES } from './catalog.generated.ts'

const BUILTINS = BUILTIN_EFFECT_LINES.split('\n').map(readLine)

/** The built-in effects by name: AIR v1's 25, and those of this runtime. */
export const BUILTIN_EFFECTS: ReadonlyMap<string, DefEffect> = new Map(
  BUILTINS.map(({ effect }) => [effect.name, effect]),
)

/** The node hashes of the built-in effects by name. */
export const BUILTIN_EFFECT_HASHES: ReadonlyMap<string, Hash> = new Map(
  BUILTINS.map(({ effect, hash }) => [effect.name, hash]),
)

function readLine(line: string): { readonly effect: DefEffect; readonly hash: Hash } {
  const [name = '', hash = '', effectKind = '', paramsSchema = '', receiptSchema = '', capType = '', scope = ''] =
    line.split(' ')
  const originScope = scope === 'reducer' || scope === 'plan' ? scope : 'both'
  return {
    effect: { kind: 'defeffect', name, effectKind, paramsSchema, receiptSchema, capType, originScope },
    hash: parseHash(hash),
  }
}
