import { toHex, type Issue } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import {
  AIR_LIMITS,
  applyPatch,
  BUILTIN_SCHEMAS,
  compileSchema,
  completePatch,
  decodePatch,
  encodePatch,
  formatPatch,
  hashDefinition,
  hashPatch,
  makePatch,
  parseJson,
  parsePatch,
  patchText,
  summarizePatch,
  type Patch,
  type PatchSummary,
} from '../src/index.ts'
import { encodeNodeJson, hashNodeJson, type NodeJson } from './independent-encoder.ts'
import { bytesOfSet, patchedSet as apply, patchOf as read, setOf } from './_sets.ts'
import { NODE_SHA256, readVectors } from './_util.ts'

interface ValidFile {
  readonly base: readonly unknown[]
  readonly cases: readonly {
    readonly name: string
    readonly patch: unknown
    /** Once completed. */
    readonly node: NodeJson
    readonly hash: string
    /** Of the manifest that it leads to. */
    readonly next: string
    readonly summary: PatchSummary
  }[]
}

interface InvalidFile {
  readonly base: readonly unknown[]
  readonly cases: readonly {
    readonly name: string
    readonly patch: unknown
    readonly complete?: false
    readonly issues: readonly Pick<Issue, 'code' | 'path'>[]
  }[]
}

const sha256 = NODE_SHA256
const valid = readVectors<ValidFile>('patches.json')
const invalid = readVectors<InvalidFile>('patches-invalid.json')

describe.each(valid.cases)('$name', ({ patch: json, node, hash, next: manifest, summary }) => {
  const base = setOf(valid.base)
  const patch = read(json, base)
  const next = apply(base, patch)

  it('has one node and one hash', () => {
    expect(toHex(encodePatch(patch))).toBe(encodeNodeJson(node).toString('hex'))
    expect(hashPatch(sha256, patch)).toBe(hash)
    expect(hashNodeJson(node)).toBe(hash)
    expect(toHex(encodePatch(decodePatch(encodePatch(patch))))).toBe(toHex(encodePatch(patch)))
  })

  it('leads to one manifest, from which its inverse leads back', () => {
    expect(hashDefinition(sha256, next.manifest)).toBe(manifest)
    const inverse = makePatch({ sha256, base: next, next: base })
    expect(bytesOfSet(apply(next, inverse))).toEqual(bytesOfSet(base))
  })

  it('is summarized in a value of its schema', () => {
    const found = summarizePatch({ sha256, patch, base, next })
    expect(found).toEqual(summary)
    const table = new Map([...BUILTIN_SCHEMAS].map(([name, { type }]) => [name, type]))
    const codec = compileSchema({ kind: 'ref', name: 'sys/GovPatchSummary@1' }, table)
    codec.validate(codec.encode(found))
  })

  it('is read from its own text in both lenses', () => {
    for (const lens of ['sugar', 'tagged'] as const) {
      const text = formatPatch(patch, { lens })
      expect(hashPatch(sha256, read(JSON.parse(text), base))).toBe(hash)
    }
  })

  it('is shown with the name of everything that it changes', () => {
    const text = patchText({ base, next })
    for (const { name } of summary.def_changes) expect(text).toContain(name)
    expect(text).not.toMatch(/hash: changed/)
  })
})

describe.each(invalid.cases)('refused: $name', ({ patch: json, complete, issues }) => {
  const base = setOf(invalid.base)

  it('has these issues', () => {
    const parsed = parsePatch(parseJson(JSON.stringify(json)), { base })
    const found = parsed.ok ? refusal(parsed.value) : parsed.issues
    expect(found.map(({ code, path }) => ({ code, path }))).toEqual(issues)
    for (const { message } of found) expect(message).toMatch(/^\S.{10,}$/s)
  })

  function refusal(patch: Patch): readonly Issue[] {
    const ready = complete === false ? patch : completePatch({ sha256, base, patch })
    const applied = applyPatch({ sha256, base, patch: ready })
    return applied.ok ? [] : applied.issues
  }
})

describe('bounds', () => {
  it('a patch with more operations than allowed is not read', () => {
    const patches = Array.from({ length: AIR_LIMITS.patchOperationsMax + 1 }, () => ({
      set_triggers: { triggers: [] },
    }))
    const parsed = parsePatch(parseJson(JSON.stringify({ patches })))
    expect(parsed.ok ? [] : parsed.issues.map(({ code, path }) => ({ code, path }))).toEqual([
      { code: 'air.too_large', path: ['patches'] },
    ])
  })

  it('a patch with more bytes than allowed is read neither from JSON nor from bytes', () => {
    const arms = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`${'a'.repeat(1000)}${index}`, 'nat']))
    const patches = Array.from({ length: 20 }, (_, index) => ({
      add_def: {
        kind: 'defschema',
        node: { $kind: 'defschema', name: `demo/Wide@${index + 1}`, type: { variant: arms } },
      },
    }))
    const parsed = parsePatch(parseJson(JSON.stringify({ patches })))
    expect(parsed.ok ? [] : parsed.issues.map(({ code }) => code)).toEqual(['air.too_large'])
    expect(() => decodePatch(new Uint8Array(AIR_LIMITS.patchBytesMax + 1))).toThrow(/at most 16777216 bytes/)
  })

  it('bytes that would read as a patch but are not its node are refused', () => {
    const node = { $kind: 'patch', base_manifest_hash: `sha256:${'0'.repeat(64)}`, version: '1', patches: [] }
    const reject = (json: NodeJson): string => {
      try {
        return hashPatch(sha256, decodePatch(encodeNodeJson(json)))
      } catch (error) {
        return (error as { readonly code: string }).code // an AosError
      }
    }
    expect(reject(node)).toBe(hashNodeJson(node))
    expect(reject({ ...node, description: 'a note' })).toBe('air.not_canonical')
    expect(reject({ version: '1', base_manifest_hash: node.base_manifest_hash, patches: [] })).toBe('air.not_canonical')
    expect(reject({ ...node, patches: [{ set_triggers: { triggers: [] } }] })).toBe('air.not_canonical')
    expect(reject({ ...node, $kind: 'manifest' })).toBe('air.type_mismatch')
  })
})
