/** Shapes of spec/vectors/workspaces. */
import { readFileSync } from 'node:fs'
import { fromHex, isAosError, parseHash, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { AnswerValue, TreeNode } from '../src/index.ts'

export interface TreeVector {
  readonly name: string
  readonly node: {
    readonly entries: readonly {
      readonly name: string
      readonly kind: 'file' | 'dir'
      readonly hash: string
      readonly size?: number
      readonly mode?: number
      readonly annotations_hash?: string
    }[]
    readonly annotations_hash?: string
  }
  readonly hex: string
  readonly hash: string
}

export interface BadTreeVector {
  readonly name: string
  readonly hex: string
  readonly code: string
}

export interface NameVector {
  readonly name: string
  readonly what: 'workspace' | 'path' | 'ref'
  readonly text: string
  /** Absent: it is accepted. */
  readonly code?: string
  readonly ref?: { readonly workspace: string; readonly version?: number; readonly path?: string }
}

export interface PatternVector {
  readonly name: string
  readonly pattern: string
  readonly matches?: readonly string[]
  readonly others?: readonly string[]
  /** Present: it is no pattern. */
  readonly code?: string
}

/** Content that a world has. */
export interface ContentVector {
  readonly name: string
  readonly hex: string
}

/** What an effect finds and says. Bytes are hexadecimal, `{hex}` where a value is meant. */
export interface EffectVector {
  readonly name: string
  /** The world has what is in content.json; otherwise it has nothing. */
  readonly has_content: boolean
  /** Cells of sys/Workspace@1. */
  readonly histories?: Readonly<Record<string, string>>
  readonly op: string
  readonly params: Readonly<Record<string, unknown>>
  readonly answer?: unknown
  readonly code?: string
  /** Hashes of the content that the answer makes, ascending. */
  readonly made?: readonly string[]
}

export function readVectors<T>(file: string): readonly T[] {
  const url = new URL(`../../../spec/vectors/workspaces/${file}`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as readonly T[] // the shapes above
}

export function nodeOf({ node }: TreeVector): TreeNode {
  const entries = node.entries.map((entry) => {
    const hash = parseHash(entry.hash)
    if (entry.kind === 'dir') return { kind: 'dir' as const, name: entry.name, hash }
    const mode = entry.mode === 0o755 ? (0o755 as const) : (0o644 as const)
    return {
      kind: 'file' as const,
      name: entry.name,
      hash,
      size: entry.size ?? 0,
      mode,
      annotations: optionalHash(entry.annotations_hash),
    }
  })
  return { entries, annotations: optionalHash(node.annotations_hash) }
}

function optionalHash(text: string | undefined): Hash | undefined {
  return text === undefined ? undefined : parseHash(text)
}

/** JSON of a vector as parameters: `{hex}` are bytes, `{map}` is a map. */
export function valueOf(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json
  const record = json as Readonly<Record<string, unknown>>
  if (typeof record['hex'] === 'string') return fromHex(record['hex'])
  if (record['map'] !== undefined) return new Map(Object.entries(record['map'] as object))
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, valueOf(item)]))
}

/** The way back. */
export function jsonOf(value: AnswerValue): unknown {
  if (value instanceof Uint8Array) return { hex: toHex(value) }
  if (value instanceof Map) return { map: Object.fromEntries(value as ReadonlyMap<string, AnswerValue>) }
  if (Array.isArray(value)) return (value as readonly AnswerValue[]).map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item as AnswerValue)]))
}

export function codeOf(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (isAosError(error)) return error.code
    throw error
  }
  return undefined
}
