import { toHex } from '@aos/cbor'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  applyPatch,
  completePatch,
  decodePatch,
  encodePatch,
  formatPatch,
  hashDefinition,
  makePatch,
  parseJson,
  parsePatch,
  patchText,
  ZERO_HASH,
  type DefinitionSet,
  type Patch,
} from '../src/index.ts'
import { bytesOfSet, setPairs } from './_sets.ts'
import { propertyOptions } from './_types.ts'
import { NODE_SHA256 } from './_util.ts'

function apply(base: DefinitionSet, patch: Patch): DefinitionSet | readonly string[] {
  const applied = applyPatch({ sha256: NODE_SHA256, base, patch })
  return applied.ok ? applied.value : applied.issues.map(({ code, path }) => `${code} ${path.join('|')}`)
}

function issuesOf(base: DefinitionSet, patch: Patch): readonly string[] {
  const applied = apply(base, patch)
  return 'manifest' in applied ? [] : applied
}

function expectSet(found: DefinitionSet | readonly string[], expected: DefinitionSet): void {
  if (!('manifest' in found)) throw new Error(found.join('\n'))
  expect(bytesOfSet(found)).toEqual(bytesOfSet(expected))
}

it('the patch between two sets leads from the one to the other, and its inverse back', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(setPairs, ({ base, next }) => {
      const patch = makePatch({ sha256: NODE_SHA256, base, next })
      for (const { op } of patch.operations) seen.add(op)
      if (patch.operations.length === 0) {
        expect(bytesOfSet(base)).toEqual(bytesOfSet(next))
        expect(patchText({ base, next })).toBe('')
        expect(issuesOf(base, patch)).toEqual(['air.no_effect patches'])
        return
      }
      expectSet(apply(base, patch), next)
      expect(patchText({ base, next })).not.toBe('')
      expectSet(apply(next, makePatch({ sha256: NODE_SHA256, base: next, next: base })), base)
    }),
    propertyOptions(150),
  )
  expect(seen.size).toBe(13) // every operation but set_secrets, which is AIR v1's
})

it('a patch has one node, in both lenses, and comes back from it', () => {
  fc.assert(
    fc.property(setPairs, fc.constantFrom('sugar' as const, 'tagged' as const), ({ base, next }, lens) => {
      const patch = makePatch({ sha256: NODE_SHA256, base, next })
      const bytes = encodePatch(patch)
      expect(toHex(encodePatch(decodePatch(bytes)))).toBe(toHex(bytes))
      const text = formatPatch(patch, { lens })
      const parsed = parsePatch(parseJson(text), { slots: 'normal' })
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
      expect(toHex(encodePatch(parsed.value))).toBe(toHex(bytes))
      expect(formatPatch(parsed.value, { lens })).toBe(text)
    }),
    propertyOptions(60),
  )
})

it('every operation of the patch is needed, and none stands twice', () => {
  fc.assert(
    fc.property(setPairs, fc.nat(), ({ base, next }, number) => {
      const patch = makePatch({ sha256: NODE_SHA256, base, next })
      if (patch.operations.length === 0) return
      const at = number % patch.operations.length
      const less = { ...patch, operations: patch.operations.filter((_, index) => index !== at) }
      const shorter = apply(base, less)
      if ('manifest' in shorter) expect(bytesOfSet(shorter)).not.toEqual(bytesOfSet(next))
      const twice = { ...patch, operations: [...patch.operations, ...patch.operations.slice(at, at + 1)] }
      const found = issuesOf(base, twice)
      expect(found.some((issue) => issue.startsWith('air.patch_conflict'))).toBe(true)
    }),
    propertyOptions(60),
  )
})

it('a patch fits its base only', () => {
  fc.assert(
    fc.property(setPairs, ({ base, next }) => {
      const patch = makePatch({ sha256: NODE_SHA256, base, next })
      if (patch.operations.length === 0) return
      expect(issuesOf(next, patch)).toEqual(['air.stale_base base_manifest_hash'])
      const forced = { ...patch, baseManifestHash: hashDefinition(NODE_SHA256, next.manifest) }
      expect(issuesOf(next, forced).length).toBeGreaterThanOrEqual(patch.operations.length)
    }),
    propertyOptions(60),
  )
})

it('completing fills what is a placeholder and nothing else', () => {
  fc.assert(
    fc.property(setPairs, ({ base, next }) => {
      const patch = makePatch({ sha256: NODE_SHA256, base, next })
      const blank: Patch = {
        ...patch,
        baseManifestHash: ZERO_HASH,
        operations: patch.operations.map((each) => {
          if (each.op === 'set_manifest_refs') {
            return { ...each, add: each.add.map((name) => ({ ...name, hash: ZERO_HASH })) }
          }
          return 'preHash' in each ? { ...each, preHash: ZERO_HASH } : each
        }),
      }
      const complete = (given: Patch): string => toHex(encodePatch(completePatch({ sha256: NODE_SHA256, base, patch: given }))) // prettier-ignore
      expect(complete(blank)).toBe(toHex(encodePatch(patch)))
      expect(complete(patch)).toBe(toHex(encodePatch(patch)))
    }),
    propertyOptions(60),
  )
})
