/** `aos ws diff`: in what two trees differ; texts as a unified diff (spec/19-workspaces.md, "Differences"). */
import type { HostWorld } from '@aos/host'
import { readHistory } from '@aos/host'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { diffTrees, findEntry, formatRef, isSameEntry, parseRef, readTree, splitPath } from '@aos/workspace'
import type { TreeChange, TreeEntry, TreeReader, WorkspaceRef } from '@aos/workspace'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult, Style } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { withWorld } from '../world.ts'
import {
  changeLine,
  changeOf,
  contentOf,
  entryDocument,
  isOnlyBelow,
  modeText,
  openVersion,
  textOf,
} from './tree-text.ts'
import { unifiedDiff } from './unified-diff.ts'

/** Exit code 0 also when they differ, unless --exit-code says otherwise. */
export async function wsDiff(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const first = parseRef(args.text('ref'))
  const second = args.optionalText('other')
  const contextLines = args.optionalHeight('context') ?? 3
  const names = args.flag('names')
  return withWorld(context, args, async (host) => {
    const [before, after] = await sidesOf(host, first, second === undefined ? undefined : parseRef(second))
    const store = (after ?? before)?.store
    const changes = store === undefined ? [] : [...changesBetween(store, before, after)]
    const shown = changes.map((change) => ({
      change,
      text: names || store === undefined ? undefined : textDiff(store, change, { before, after, contextLines }),
    }))
    const exit = args.flag('exit-code') && changes.length > 0 ? EXIT.failed : EXIT.ok
    const data = {
      before: before === undefined ? null : sideDocument(before),
      after: after === undefined ? null : sideDocument(after),
      changes: shown.map(({ change, text }) => changeDocument(change, text)),
    }
    const lines = shown.flatMap(({ change, text }) =>
      names ? [changeLine(context.style, change)] : describe(context.style, change, text),
    )
    return { data, text: lines.join('\n'), exit }
  })
}

/** One of the two trees, or a part of it. */
interface Side {
  readonly workspace: string
  readonly version: number
  readonly root: Hash
  readonly path: string | undefined
  readonly store: TreeReader
}

async function sidesOf(
  host: HostWorld,
  first: WorkspaceRef,
  second: WorkspaceRef | undefined,
): Promise<readonly [Side | undefined, Side | undefined]> {
  if (second !== undefined) {
    const path = second.path ?? first.path
    return [await openSide(host, first), await openSide(host, { ...second, path })]
  }
  if (first.version !== undefined)
    return [await openSide(host, first), await openSide(host, { ...first, version: undefined })]
  const { latest } = await readHistory(host, first.workspace)
  const before = latest > 1 ? await openSide(host, { ...first, version: latest - 1 }) : undefined
  return [before, await openSide(host, first)]
}

async function openSide(host: HostWorld, ref: WorkspaceRef): Promise<Side> {
  const { workspace, version, root, store } = await openVersion(host, ref)
  return { workspace, version, root, path: ref.path, store }
}

/** Paths are those of the newer side. Throws `workspace.not_found` when the path stands on neither side. */
function* changesBetween(store: TreeReader, before: Side | undefined, after: Side | undefined): Generator<TreeChange> {
  const base = (after ?? before)?.path ?? ''
  const old = entryOf(store, before)
  const now = entryOf(store, after)
  if (old === undefined && now === undefined && base !== '') {
    throw new AosError('workspace.not_found', `nothing stands at ${base} on either side`)
  }
  if (old?.kind === 'file' || now?.kind === 'file') {
    if (!isSameEntry(old, now)) yield { path: base, before: old, after: now }
    if (old?.kind !== 'dir' && now?.kind !== 'dir') return
  }
  const pair = { before: old?.kind === 'dir' ? old.hash : undefined, after: now?.kind === 'dir' ? now.hash : undefined }
  for (const change of diffTrees(store, { ...pair, base })) {
    if (!isOnlyBelow(change) || isAnnotatedAnew(store, change)) yield change
  }
}

/** What is compared; the root is a directory without a name. */
function entryOf(store: TreeReader, side: Side | undefined): TreeEntry | undefined {
  if (side === undefined) return undefined
  if (side.path === undefined) return { kind: 'dir', name: '', hash: side.root }
  return findEntry(store, side.root, splitPath(side.path))
}

function isAnnotatedAnew(store: TreeReader, { before, after }: TreeChange): boolean {
  if (before?.kind !== 'dir' || after?.kind !== 'dir') return false
  return readTree(store, before.hash).annotations !== readTree(store, after.hash).annotations
}

interface Sides {
  readonly before: Side | undefined
  readonly after: Side | undefined
  readonly contextLines: number
}

/** undefined: not a change of text. */
function textDiff(store: TreeReader, { path, before, after }: TreeChange, sides: Sides): string | undefined {
  const old = before?.kind === 'file' ? before : undefined
  const now = after?.kind === 'file' ? after : undefined
  if ((old === undefined && now === undefined) || old?.hash === now?.hash) return undefined
  const oldText = old === undefined ? '' : textOf(contentOf(store, old))
  const nowText = now === undefined ? '' : textOf(contentOf(store, now))
  if (oldText === undefined || nowText === undefined) return undefined
  return unifiedDiff({
    before: { name: nameOf(sides.before, old === undefined ? undefined : path), text: oldText },
    after: { name: nameOf(sides.after, now === undefined ? undefined : path), text: nowText },
    contextLines: sides.contextLines,
  })
}

const NOTHING = '/dev/null'

function nameOf(side: Side | undefined, path: string | undefined): string {
  return side === undefined || path === undefined ? NOTHING : formatRef({ ...side, path })
}

function sideDocument({ workspace, version, root, path }: Side): Readonly<Record<string, unknown>> {
  return { workspace, version, root_hash: root, path }
}

function changeDocument(change: TreeChange, text: string | undefined): Readonly<Record<string, unknown>> {
  const { path, before, after } = change
  return {
    path,
    change: changeOf(change),
    before: before === undefined ? null : entryDocument(before),
    after: after === undefined ? null : entryDocument(after),
    diff: text,
  }
}

/** For people: what a patch cannot say in a line of its own, then the patch. */
function describe(style: Style, change: TreeChange, text: string | undefined): readonly string[] {
  const { path, before, after } = change
  const isFile = before?.kind === 'file' && after?.kind === 'file'
  const notes: string[] = []
  if (isFile && before.mode !== after.mode) notes.push(`mode ${modeText(before)} → ${modeText(after)}: ${path}`)
  if (isFile ? before.annotations !== after.annotations : isOnlyBelow(change)) notes.push(`annotations differ: ${path}`)
  if (text !== undefined) return [...notes, ...text.split('\n').map((line) => paint(style, line))]
  if (isFile && before.hash !== after.hash) return [...notes, `binary files differ: ${path}`]
  return notes.length > 0 ? notes : [changeLine(style, change)]
}

function paint(style: Style, line: string): string {
  if (line.startsWith('---') || line.startsWith('+++')) return style.bold(line)
  if (line.startsWith('@@')) return style.dim(line)
  if (line.startsWith('+')) return style.good(line)
  return line.startsWith('-') ? style.bad(line) : line
}
