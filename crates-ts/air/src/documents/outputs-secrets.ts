/** What the commands about secrets and archives of worlds print (spec/25-secrets.md). No member holds the value of a secret. */
import { Type, type TSchema } from '@sinclair/typebox'
import { hashText, openObject } from './build.ts'

/** By command. */
export function secretOutputs(): readonly (readonly [string, TSchema])[] {
  const name = Type.String()
  const kept = { digest: hashText(), created: Type.String() }
  const version = openObject({ name, version: number(), current: Type.Literal(true), ...kept })
  const slot = openObject({ name, value_ref: hashText(), ...kept })
  const secret = openObject({
    name,
    current: number(),
    versions: Type.Array(openObject({ version: number(), ...kept })),
  })
  const amounts = { entries: count(), values: count() }
  return [
    [
      'secret ls',
      openObject({
        vault: Type.String(),
        key: Type.Union([Type.String(), Type.Null()]),
        secrets: Type.Array(secret),
        staged: Type.Array(slot),
      }),
    ],
    ['secret rm', openObject({ name, removed: count() })],
    ['secret rotate', version],
    ['secret set', version],
    ['secret stage', slot],
    ['world adopt', openObject({ folder: Type.String() })],
    ['world export', openObject({ file: Type.String(), world: hashText(), ...amounts, bytes: count() })],
    ['world import', openObject({ folder: Type.String(), world: hashText(), ...amounts })],
  ]
}

/** Versions begin at 1. */
function number(): TSchema {
  return Type.Integer({ minimum: 1 })
}

function count(): TSchema {
  return Type.Integer({ minimum: 0 })
}
