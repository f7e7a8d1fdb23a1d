/** `aos ws ann`: annotations of a path, read and changed. */
import { MESSAGE_ANNOTATION, changeWorkspace } from '@aos/host'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { editTree, formatRef, parseRef, readAnnotations, readTree } from '@aos/workspace'
import type { WorkspaceRef } from '@aos/workspace'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { readArgumentText } from '../input.ts'
import { withWorld } from '../world.ts'
import { changeResult, contentDocument, contentOf, expectedHead, needEntry, openVersion } from './tree-text.ts'
import type { OpenedVersion } from './tree-text.ts'

/** Without a key all, with a key one, with a value or --delete a new version. */
export async function wsAnn(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const ref = parseRef(args.text('ref'))
  const key = args.optionalText('key')
  const value = args.optionalText('value')
  const deletes = args.flag('delete')
  if (deletes && (key === undefined || value !== undefined)) throw usage('--delete takes a key and no value')
  if (value === undefined && !deletes) return readAll(context, args, { ref, key })
  if (ref.path === undefined && key === MESSAGE_ANNOTATION) throw usage(`${key} is set by --message`)
  const bytes = value === undefined ? undefined : new TextEncoder().encode(await readArgumentText(context, value))
  return setOne(context, args, { ref, key: key ?? '', bytes })
}

interface Asked {
  readonly ref: WorkspaceRef
  readonly key: string | undefined
}

async function readAll(context: CommandContext, args: Arguments, { ref, key }: Asked): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const version = await openVersion(host, ref)
    const all = readAnnotations(version.store, annotationsHash(version, ref.path))
    if (key !== undefined && !all.has(key)) {
      throw new AosError('workspace.not_found', `${formatRef(ref)} has no annotation ${key}`)
    }
    const wanted = [...all].filter(([name]) => key === undefined || name === key)
    const found = wanted.map(([name, hash]) => ({ name, hash, bytes: contentOf(version.store, { hash }) }))
    const { workspace, version: number } = version
    const annotations = new Map(found.map(({ name, hash, bytes }) => [name, { hash, size: bytes.length, ...contentDocument(bytes) }])) // prettier-ignore
    const data = { workspace, version: number, path: ref.path, annotations }
    if (key !== undefined && !context.json) {
      for (const { bytes } of found) context.stdout.write(bytes)
      return { data, text: '' }
    }
    return { data, text: found.map(({ name, bytes }) => lineOf(name, bytes)).join('\n') }
  })
}

function lineOf(name: string, bytes: Uint8Array): string {
  const content = contentDocument(bytes)
  return 'text' in content ? `${name}: ${content.text}` : `${name}: ${bytes.length} bytes`
}

function annotationsHash(version: OpenedVersion, path: string | undefined): Hash | undefined {
  const { store, root } = version
  if (path === undefined) return readTree(store, root).annotations
  const entry = needEntry(version, path)
  return entry.kind === 'file' ? entry.annotations : readTree(store, entry.hash).annotations
}

interface Given {
  readonly ref: WorkspaceRef
  readonly key: string
  /** undefined: taken away. */
  readonly bytes: Uint8Array | undefined
}

async function setOne(context: CommandContext, args: Arguments, { ref, key, bytes }: Given): Promise<CommandResult> {
  const { workspace, path } = ref
  const expected = expectedHead(args, ref)
  return withWorld(context, args, async (host) => {
    const report = await changeWorkspace(host, {
      workspace,
      expectedHead: expected,
      message: args.optionalText('message'),
      edit: ({ store, root }) => {
        const hash = bytes === undefined ? null : store.write(bytes)
        return editTree(store, root, [{ kind: 'annotate', path, patch: new Map([[key, hash]]) }])
      },
    })
    return changeResult(context.style, report, expected)
  })
}
