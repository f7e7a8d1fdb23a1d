/** `aos ws ann`: annotations of a path, read and changed. */
import { parseJson } from '@aos/air'
import { AosError, decode, hasPrefix, isAosError } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { MESSAGE_ANNOTATION, annotationBytes, changeWorkspace } from '@aos/host'
import { editTree, formatRef, parseRef, readAnnotations, readTree } from '@aos/workspace'
import type { WorkspaceRef } from '@aos/workspace'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { readArgumentText } from '../input.ts'
import { toJsonText } from '../json-text.ts'
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
  const bytes = value === undefined ? undefined : valueBytes(args, await readArgumentText(context, value))
  return setOne(context, args, { ref, key: key ?? '', bytes })
}

/** Texts as their UTF-8, other JSON as canonical CBOR (spec/22-sync.md, "The sync file"). Throws what `parseJson` throws. */
function valueBytes(args: Arguments, value: string): Uint8Array {
  if (args.optionalText('as') !== 'json') return new TextEncoder().encode(value)
  return annotationBytes(parseJson(value))
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
    const annotations = new Map(found.map(({ name, hash, bytes }) => [name, { hash, size: bytes.length, ...contentDocument(bytes), json: jsonOf(bytes) }])) // prettier-ignore
    const data = { workspace, version: number, path: ref.path, annotations }
    if (args.optionalText('as') === 'json' && !context.json) {
      return { data, text: found.map(({ bytes }) => toJsonText(jsonOf(bytes) ?? contentDocument(bytes))).join('\n') }
    }
    if (key !== undefined && !context.json) {
      for (const { bytes } of found) context.stdout.write(bytes)
      return { data, text: '' }
    }
    return { data, text: found.map(({ name, bytes }) => lineOf(name, bytes)).join('\n') }
  })
}

function lineOf(name: string, bytes: Uint8Array): string {
  const content = contentDocument(bytes)
  if ('text' in content) return `${name}: ${content.text}`
  const json = jsonOf(bytes)
  return json === undefined ? `${name}: ${bytes.length} bytes` : `${name}: ${toJsonText(json)}`
}

/** What is not text and was JSON; undefined for anything else. */
function jsonOf(bytes: Uint8Array): Data | undefined {
  if (!hasPrefix(bytes)) return undefined
  try {
    const data = decode(bytes, { prefix: 'required' })
    return isJson(data) ? data : undefined
  } catch (error) {
    if (isAosError(error)) return undefined
    throw error
  }
}

function isJson(data: Data): boolean {
  if (Array.isArray(data)) return data.every(isJson)
  if (data instanceof Map) return [...data].every(([key, member]) => typeof key === 'string' && isJson(member))
  if (typeof data === 'number') return Number.isFinite(data)
  return data === null || ['string', 'boolean', 'bigint'].includes(typeof data)
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
