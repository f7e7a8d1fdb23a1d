/** What the commands about snapshots print (spec/schemas/README.md). */
import { Type, type TSchema } from '@sinclair/typebox'
import { hashText, openObject } from './build.ts'

const optional = Type.Optional

/** Documents under `data` of snapshots, compaction and collection, each with the words of its command. */
export function snapshotOutputs(): readonly (readonly [string, TSchema])[] {
  const snapshot = { cut: count(), height: count(), root: hashText() }
  const listed = openObject({ ...snapshot, cells: count(), readable: Type.Boolean() })
  const problem = openObject({ code: Type.String(), message: Type.String() })
  const pieces = {
    nodes: optional(count()),
    states: optional(count()),
    records: optional(count()),
    bytes: optional(count()),
  }
  return [
    [
      'blob gc',
      openObject({
        dry_run: Type.Boolean(),
        live: count(),
        dead: count(),
        bytes_live: count(),
        bytes_dead: count(),
        bytes_freed: Type.Integer(),
        snapshots: Type.Array(openObject(snapshot)),
      }),
    ],
    [
      'journal compact',
      openObject({
        before: count(),
        compacted_below: count(),
        segments: count(),
        bytes_before: count(),
        bytes_after: count(),
        snapshots: Type.Array(openObject(snapshot)),
        anchor: openObject({ file: Type.String(), values: count(), bytes: count() }),
        archive: optional(openObject({ file: Type.String(), bytes: count() })),
      }),
    ],
    ['snapshot create', openObject(snapshot)],
    ['snapshot ls', openObject({ snapshots: Type.Array(listed) })],
    ['snapshot verify', openObject({ ok: Type.Boolean(), ...snapshot, ...pieces, problem: optional(problem) })],
    [
      'state prove',
      openObject({ ...shown(), bytes: count(), file: optional(Type.String()), proof: optional(Type.Unknown()) }),
    ],
    [
      'state verify-proof',
      openObject({ ok: Type.Boolean(), ...Type.Partial(openObject(shown())).properties, problem: optional(problem) }),
    ],
  ]
}

/** Height of the cut, and the state root. */
export function snapshotPlace(): TSchema {
  return openObject({ height: count(), root: hashText() })
}

/** What a proof shows. */
function shown(): Record<string, TSchema> {
  return {
    world: hashText(),
    reducer: Type.String(),
    key: optional(Type.Unknown()),
    height: count(),
    root: hashText(),
    log_root: hashText(),
    log_size: count(),
    present: Type.Boolean(),
    state: Type.Unknown(),
    state_base64: optional(Type.String()),
  }
}

function count(): TSchema {
  return Type.Integer({ minimum: 0 })
}
