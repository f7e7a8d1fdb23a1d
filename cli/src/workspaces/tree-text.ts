/** What commands about workspaces have in common: entries, content and changes as documents and as lines. */
import { ContentTrees, findVersion } from '@aos/host'
import type { ChangeReport, FoundVersion, HostWorld } from '@aos/host'
import { AosError } from '@aos/cbor'
import { findEntry, formatRef, parseRef, splitPath } from '@aos/workspace'
import type { FileEntry, TreeChange, TreeEntry, TreeReader, WorkspaceRef } from '@aos/workspace'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandResult, Style } from '../context.ts'
import { EXIT } from '../exit-code.ts'

/** A version with the store that its tree is read from. */
export interface OpenedVersion extends FoundVersion {
  readonly store: TreeReader
}

/** Throws `host.unknown_workspace`, `host.unknown_version`. */
export async function openVersion(host: HostWorld, ref: WorkspaceRef): Promise<OpenedVersion> {
  return { ...(await findVersion(host, ref)), store: new ContentTrees(host.store.content) }
}

/** What stands at a path. Throws `workspace.not_found`. */
export function needEntry({ store, root, ...version }: OpenedVersion, path: string): TreeEntry {
  const entry = findEntry(store, root, splitPath(path))
  if (entry !== undefined) return entry
  throw new AosError('workspace.not_found', `nothing stands at ${formatRef({ ...version, path })}`)
}

/** Its bytes. Throws `workspace.unknown_blob`. */
export function contentOf(store: TreeReader, { hash }: Pick<FileEntry, 'hash'>): Uint8Array {
  const bytes = store.read(hash)
  if (bytes !== undefined) return bytes
  throw new AosError('workspace.unknown_blob', `the store lacks ${hash}`, {
    hint: 'run `aos journal verify`; restore the store from a copy',
  })
}

/** UTF-8 without NUL; undefined: something else. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** `text`, or `base64` for what is none. */
export function contentDocument(bytes: Uint8Array): { readonly text: string } | { readonly base64: string } {
  const text = textOf(bytes)
  return text === undefined ? { base64: Buffer.from(bytes).toString('base64') } : { text }
}

/** Members of an entry in documents; modes as people write them. */
export function entryDocument(entry: TreeEntry): Readonly<Record<string, unknown>> {
  const { kind, hash } = entry
  if (kind === 'dir') return { kind, hash, size: 0, mode: '755' }
  return { kind, hash, size: entry.size, mode: modeText(entry), annotations_hash: entry.annotations }
}

/** `644` or `755`. */
export function modeText({ mode }: Pick<FileEntry, 'mode'>): string {
  return mode.toString(8)
}

/** RFC 3339. */
export function timeText(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString()
}

/** The version that a change demands: `--expect`, or that of the reference. Throws `cli.usage` when they differ. */
export function expectedHead(args: Arguments, ref: WorkspaceRef): number | undefined {
  const expected = args.optionalHeight('expect')
  if (expected !== undefined && ref.version !== undefined && expected !== ref.version) {
    throw usage(`--expect ${expected} and @${ref.version} name different versions`)
  }
  return expected ?? ref.version
}

/** A reference with a path in it. Throws `cli.usage`, `workspace.bad_ref`, `workspace.bad_path`. */
export function parsePathRef(text: string): WorkspaceRef & { readonly path: string } {
  const ref = parseRef(text)
  if (ref.path === undefined) throw usage(`expected NAME/PATH, found ${text}`)
  return { ...ref, path: ref.path }
}

const CHANGES_SHOWN_MAX = 20

/** What a change of a workspace came to. A conflict is a result, and exit code 1. */
export function changeResult(style: Style, report: ChangeReport, expected: number | undefined): CommandResult {
  const { outcome, workspace, head, root, height } = report
  const changes = report.changes.filter((change) => !isOnlyBelow(change))
  const data = {
    outcome,
    workspace,
    version: head,
    expected_version: expected,
    root_hash: root,
    height,
    changes: changes.map(({ path, before, after }) => ({ path, change: changeOf({ before, after }), kind: (after ?? before)?.kind })), // prettier-ignore
  }
  if (outcome === 'conflict') {
    const found = head === 0 ? `there is no workspace ${workspace}` : `the newest version of ${workspace} is ${head}`
    return {
      data,
      text: `${style.bad('conflict')}: ${found}, expected ${expected ?? 'another'}; nothing changed`,
      exit: EXIT.failed,
    }
  }
  if (outcome === 'unchanged') return { data, text: `${workspace}@${head}: nothing to change` }
  const lines = changes.slice(0, CHANGES_SHOWN_MAX).map((change) => changeLine(style, change))
  if (changes.length > lines.length) lines.push(`  … and ${changes.length - lines.length} more`)
  return { data, text: [`${style.bold(`${workspace}@${head}`)} (height ${height})`, ...lines].join('\n') }
}

/** A directory that is listed because of what is below it. */
export function isOnlyBelow({ before, after }: Pick<TreeChange, 'before' | 'after'>): boolean {
  return before?.kind === 'dir' && after?.kind === 'dir'
}

/** `added`, `removed` or `changed`. */
export function changeOf({ before, after }: Pick<TreeChange, 'before' | 'after'>): 'added' | 'removed' | 'changed' {
  return before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
}

/** One line for people. */
export function changeLine(style: Style, { path, before, after }: TreeChange): string {
  const name = `${path}${(after ?? before)?.kind === 'dir' ? '/' : ''}`
  if (before === undefined) return style.good(`  + ${name}`)
  return after === undefined ? style.bad(`  - ${name}`) : `  ~ ${name}`
}
