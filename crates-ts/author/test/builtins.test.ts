import {
  BUILTIN_CAPS,
  BUILTIN_EFFECTS,
  BUILTIN_MODULES,
  BUILTIN_SCHEMAS,
  encodeTypeExpr,
  parseJson,
  parseTypeExpr,
} from '@aos/air'
import { schema, sys, world, writeWorld } from '../src/index.ts'
import { toHex } from '@aos/cbor'
import { expect, test } from 'vitest'
import { builtinFiles, readGeneratedFile } from '../scripts/embed-builtins.ts'

test.each([...builtinFiles()])('%s is what the catalog of @aos/air gives', (name, text) => {
  expect(readGeneratedFile(name)).toBe(text)
})

/** Which of the names it is, TypeScript cannot know. */
function bare<N extends string>(name: string): N {
  return name.slice('sys/'.length) as N // a name of the catalog
}

/** The encoded type of a schema as the builders write it. */
function encoded(type: Parameters<typeof schema>[1]): string {
  const { definitions }: { readonly definitions: readonly [{ readonly type: unknown }] } = JSON.parse(
    writeWorld(world({ schemas: [schema('demo/X@1', type)] })),
  )
  const parsed = parseTypeExpr(parseJson(JSON.stringify(definitions[0].type)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return toHex(encodeTypeExpr(parsed.value))
}

test('the types of built-in schemas and capabilities are those of the catalog', () => {
  for (const [name, { type }] of BUILTIN_SCHEMAS) {
    expect(encoded(sys.schema(bare<'EffectFailure@1'>(name)).type), name).toBe(toHex(encodeTypeExpr(type)))
  }
  for (const [name, { schema: type, capType, enforcer }] of BUILTIN_CAPS) {
    const found = sys.cap(bare<'blob@1'>(name))
    expect(encoded(found.params), name).toBe(toHex(encodeTypeExpr(type)))
    expect([found.capType, found.enforcer?.name ?? 'sys/CapAllowAll@1'], name).toEqual([capType, enforcer])
  }
})

test('effects and modules name what those of the catalog name', () => {
  for (const [name, effect] of BUILTIN_EFFECTS) {
    expect(sys.effect(bare<'blob.put@1'>(name)), name).toMatchObject({
      name,
      effectKind: effect.effectKind,
      params: { name: effect.paramsSchema },
      receipt: { name: effect.receiptSchema },
      capType: effect.capType,
      scope: effect.originScope,
    })
  }
  for (const name of BUILTIN_MODULES.keys())
    expect(sys.module(bare<'Workspace@1'>(name))).toMatchObject({ name, kind: 'module' })
})
