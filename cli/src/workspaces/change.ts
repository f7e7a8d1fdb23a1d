/** `aos ws write|rm|restore`: new versions of a workspace. */
import { changeWorkspace } from '@aos/host'
import type { ChangeBase, HostWorld } from '@aos/host'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { editTree, parsePatternRef, parseRef, walkTree } from '@aos/workspace'
import type { FileMode, TreeEdit, WorkspaceRef } from '@aos/workspace'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { readFileOrInput } from '../input.ts'
import { withWorld } from '../world.ts'
import { changeResult, expectedHead, needEntry, openVersion, parsePathRef } from './tree-text.ts'

/** `aos ws write`: one file; the directories above it come to be, and a workspace that is not there yet. */
export async function wsWrite(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const ref = parsePathRef(args.text('ref'))
  const mode = modeOf(args)
  const bytes = await readFileOrInput(context, args.text('file'))
  return change(
    context,
    args,
    ref,
    () =>
      ({ store, root }) =>
        editTree(store, root, [{ kind: 'write', path: ref.path, hash: store.write(bytes), size: bytes.length, mode }]),
  )
}

/** `aos ws rm`: what stands at a path, or all that a pattern matches. */
export async function wsRm(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const ref = parsePatternRef(args.text('ref'))
  const { path, glob } = ref
  if (path === undefined) throw usage('expected NAME/PATH; a workspace itself stays')
  const directories = args.flag('recursive') ? 'all' : 'empty'
  return change(context, args, ref, () => (base) => {
    const root = needRoot(base, ref)
    const paths = glob === undefined ? [path] : matching(base, root, glob, directories)
    const edits = paths.map((at): TreeEdit => ({ kind: 'remove', path: at, directories }))
    return editTree(base.store, root, edits)
  })
}

/** `aos ws restore`: an older tree, or what stood at a path in it. */
export async function wsRestore(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const { path, ...ref } = parseRef(args.text('ref'))
  if (ref.version === undefined) throw usage('say which version: NAME@VERSION')
  const onNewest = { ...ref, version: undefined, path }
  return change(context, args, onNewest, async (host) => {
    const old = await openVersion(host, { ...ref, path: undefined })
    if (path === undefined) return () => old.root
    const entry = needEntry(old, path)
    return ({ store, root }) => editTree(store, root, [{ kind: 'place', path, entry }])
  })
}

type Edit = (base: ChangeBase) => Hash

async function change(
  context: CommandContext,
  args: Arguments,
  ref: WorkspaceRef,
  prepare: (host: HostWorld) => Edit | Promise<Edit>,
): Promise<CommandResult> {
  const expected = expectedHead(args, ref)
  const message = args.optionalText('message')
  return withWorld(context, args, async (host) => {
    const edit = await prepare(host)
    const report = await changeWorkspace(host, { workspace: ref.workspace, expectedHead: expected, message, edit })
    return changeResult(context.style, report, expected)
  })
}

function modeOf(args: Arguments): FileMode | undefined {
  const text = args.optionalText('mode')
  return text === undefined ? undefined : text === '755' ? 0o755 : 0o644
}

function needRoot({ root }: ChangeBase, { workspace }: WorkspaceRef): Hash {
  if (root !== undefined) return root
  throw new AosError('host.unknown_workspace', `the world has no workspace ${workspace}`, {
    hint: 'list them with `aos ws ls`',
  })
}

/** Files; with `all` directories, too, and then nothing that is in them. */
function matching(
  { store }: ChangeBase,
  root: Hash,
  glob: NonNullable<ReturnType<typeof parsePatternRef>['glob']>,
  directories: 'all' | 'empty',
): readonly string[] {
  const taken = new Set<string>()
  const paths: string[] = []
  const enters = (path: string): boolean => !taken.has(path) && glob.mayMatchBelow(path)
  for (const { path, entry } of walkTree(store, root, { base: '', after: undefined, isDeep: true, enters })) {
    if (!glob.matches(path) || (entry.kind === 'dir' && directories === 'empty')) continue
    if (entry.kind === 'dir') taken.add(path)
    paths.push(path)
  }
  if (paths.length > 0) return paths
  throw new AosError('workspace.not_found', 'nothing matches the pattern', {
    hint: directories === 'empty' ? 'directories are taken with --recursive' : undefined,
  })
}
