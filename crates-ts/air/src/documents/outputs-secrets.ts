/** What the commands about secrets print (spec/25-secrets.md, "Commands"). No member holds a value. */
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
    ['secret rm', openObject({ name, removed: Type.Integer({ minimum: 0 }) })],
    ['secret rotate', version],
    ['secret set', version],
    ['secret stage', slot],
  ]
}

/** Versions begin at 1. */
function number(): TSchema {
  return Type.Integer({ minimum: 1 })
}
