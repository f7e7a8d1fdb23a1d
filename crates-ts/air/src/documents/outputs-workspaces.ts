/** What `aos ws` prints (spec/schemas/README.md). */
import { Type, type TSchema } from '@sinclair/typebox'
import { hashText, oneOf, openObject } from './build.ts'

const optional = Type.Optional

/** Documents under `data` of `aos ws`, each with the words of its command. */
export function workspaceOutputs(): readonly (readonly [command: string, data: TSchema])[] {
  const change = changed()
  return [
    ['pull', pulled()],
    ['ws ann', Type.Union([openObject({ ...place(), path: optional(Type.String()), annotations: Type.Record(Type.String(), annotation()) }), change])], // prettier-ignore
    ['ws cat', Type.Union([openObject({ ...place(), files: Type.Array(part()) }), openObject({ ...place(), file: Type.String(), size: count() })])], // prettier-ignore
    ['ws diff', diff()],
    ['ws log', openObject({ workspace: Type.String(), head: count(), path: optional(Type.String()), versions: Type.Array(version()) })], // prettier-ignore
    ['ws ls', Type.Union([listing(), openObject({ workspaces: Type.Array(openObject({ workspace: Type.String(), ...version().properties })) })])], // prettier-ignore
    ['ws restore', change],
    ['ws rm', change],
    ['ws write', change],
  ]
}

/** What went into a folder, or would: definitions and workspaces. */
function pulled(): TSchema {
  const change = oneOf(['add', 'change', 'remove'])
  const item = openObject({ change, kind: Type.String(), name: Type.String(), file: optional(Type.String()) })
  const module = openObject({
    name: Type.String(),
    hash: hashText(),
    folder: optional(hashText()),
    source: optional(Type.String()),
    state: oneOf(['taken', 'kept', 'differs', 'stored']),
    file: optional(Type.String()),
    problem: optional(openObject({ code: Type.String(), message: Type.String() })),
  })
  return openObject({
    outcome: oneOf(['pulled', 'unchanged', 'dry_run']),
    dry_run: Type.Boolean(),
    manifest_hash: hashText(),
    height: count(),
    changes: Type.Array(item),
    kept: Type.Array(item),
    modules: Type.Array(module),
    files: Type.Array(openObject({ change, file: Type.String() })),
    workspaces: Type.Array(synced()),
  })
}

/** What went between a folder and a workspace or a part of it, or would; paths below that. */
export function synced(): TSchema {
  const paths = Type.Array(Type.String())
  return openObject({
    workspace: Type.String(),
    dir: Type.String(),
    version: count(),
    written: paths,
    removed: paths,
    kept: paths,
    ignored: paths,
    annotated: paths,
    pinned: Type.Boolean(),
  })
}

/** A workspace and the version that was looked at. */
function place(): Record<'workspace' | 'version', TSchema> {
  return { workspace: Type.String(), version: count() }
}

function version(): ReturnType<typeof openObject> {
  return openObject({
    version: count(),
    root_hash: hashText(),
    owner: Type.String(),
    created_at_ns: Type.String({ pattern: '^[0-9]+$' }),
    message: optional(Type.String()),
  })
}

/** `size` and `hash` of a file; of a directory `hash` is that of its node. */
function entry(): Record<string, TSchema> {
  return {
    kind: kind(),
    hash: hashText(),
    size: count(),
    mode: oneOf(['644', '755']),
    annotations_hash: optional(hashText()),
  }
}

function listing(): TSchema {
  const entries = Type.Array(openObject({ path: Type.String(), ...entry() }))
  return openObject({ ...place(), head: count(), root_hash: hashText(), entries, next_cursor: optional(Type.String()) })
}

function part(): TSchema {
  const { text, base64 } = bytes()
  return openObject({ path: Type.String(), ...entry(), start: count(), end: count(), text, base64 })
}

/** `json` stands there when the content is JSON in CBOR. */
function annotation(): TSchema {
  return openObject({ hash: hashText(), size: count(), ...bytes(), json: optional(Type.Unknown()) })
}

/** One of the two. */
function bytes(): Record<'text' | 'base64', TSchema> {
  return { text: optional(Type.String()), base64: optional(Type.String()) }
}

function diff(): TSchema {
  const side = openObject({ ...place(), root_hash: hashText(), path: optional(Type.String()) })
  const one = Type.Union([openObject(entry()), Type.Null()])
  const change = openObject({
    path: Type.String(),
    change: sort(),
    before: one,
    after: one,
    diff: optional(Type.String()),
  })
  return openObject({
    before: Type.Union([side, Type.Null()]),
    after: Type.Union([side, Type.Null()]),
    changes: Type.Array(change),
  })
}

/** `version` is the newest one afterwards; 0: there is none. */
function changed(): TSchema {
  return openObject({
    outcome: oneOf(['committed', 'unchanged', 'conflict']),
    ...place(),
    expected_version: optional(count()),
    root_hash: optional(hashText()),
    height: optional(count()),
    changes: Type.Array(openObject({ path: Type.String(), change: sort(), kind: kind() })),
  })
}

function sort(): TSchema {
  return oneOf(['added', 'removed', 'changed'])
}

function kind(): TSchema {
  return oneOf(['file', 'dir'])
}

function count(): TSchema {
  return Type.Integer({ minimum: 0 })
}
