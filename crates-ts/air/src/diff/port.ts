/** What a comparison of definitions says (spec/03-air.md, "Differences"). */
import type { ErrorPath } from '@aos/cbor'
import type { JsonNode } from '../json.ts'
import type { Definition } from '../model.ts'

/** What happened at one place of a definition. */
export type ItemChange =
  | 'added'
  | 'removed'
  | 'changed'
  | 'reordered'
  | 'field_added'
  | 'field_removed'
  | 'arm_added'
  | 'arm_removed'
  | 'option_added'
  | 'option_removed'
  | 'retyped'
  | 'reference_affected'

/** One place where two definitions differ. */
export interface DiffItem {
  /** In the tagged lens of the definition; entries of lists by their name instead of their index. */
  readonly path: ErrorPath
  readonly change: ItemChange
  /** What was there; absent when there was nothing. Types are in the sugar lens. */
  readonly before?: JsonNode
  readonly after?: JsonNode
}

/** Whether every value of one schema is a value of another, in its canonical bytes. */
export type Acceptance =
  | { readonly verdict: 'yes' }
  | {
      readonly verdict: 'no'
      /** Code and path with which the strict check refuses the witness. */
      readonly code: string
      readonly path: ErrorPath
      readonly message: string
      /** A value of the one that is no value of the other, in the sugar lens. */
      readonly witness: JsonNode
    }
  | { readonly verdict: 'unknown'; readonly code: string; readonly message: string }

/** What happened to one definition between two sets. */
export interface DefinitionDiff {
  readonly kind: Definition['kind']
  /** Of the manifest: `manifest`. */
  readonly name: string
  /** `affected`: the definition is the same, but a schema that it refers to is not. */
  readonly change: 'added' | 'removed' | 'changed' | 'affected'
  /** In order of path, then of change; empty for `added` and `removed`. */
  readonly items: readonly DiffItem[]
  /** Of a schema that is on both sides: whether the new one takes all values of the old one. */
  readonly acceptsOld?: Acceptance
  /** And whether the old one takes all values of the new one. */
  readonly acceptedByOld?: Acceptance
  /** Of an added or removed definition: one that is removed or added and equals it but for its name. */
  readonly sameContentAs?: string
}

/** What `diffDefinitions` finds; equal inputs give equal results, item by item. */
export interface AirDiff {
  /** True when both sides have the same definitions by hash. */
  readonly equal: boolean
  /** Schemas, modules, the manifest; in each kind by name. */
  readonly definitions: readonly DefinitionDiff[]
}
