/** `aos journal verify|replay`. */
import {
  moduleHashes,
  nodeSha256,
  readBytes,
  readMapBeside,
  readModuleMap,
  replayJournalFairly,
  substituteModules,
  verifyOpenJournal,
  verifyWorldJournal,
  loadDefinitions,
  snapshotNotes,
  summarizeJournal,
} from '@aos/host'
import type { OpenedFolder, Replacement, ShownDifference } from '@aos/host'
import { AosError, hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { verifyArchive } from '@aos/store'
import type { ArchiveVerdict, SnapshotNote } from '@aos/store'
import { resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import { shareOf } from '../context.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { embedNode, prettyNode } from '../json-node.ts'
import { LOCK_WAIT_MS, findWorld, withFolder } from '../world.ts'
import { needHead } from './journal.ts'

/** Bytes on disk first, then every entry; then an archive, and whether it is of this world. */
export async function journalVerify(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const folder = findWorld(context, args)
  const onProgress = (height: number): void => {
    context.progress.report(`verifying: height ${height}`)
  }
  const report =
    context.held === undefined
      ? await verifyWorldJournal(folder, {
          environment: context.environment,
          lockWaitMs: LOCK_WAIT_MS,
          acceptLoss: args.flag('accept-loss'),
          onProgress,
        })
      : await verifyOpenJournal(context.held.host, onProgress, shareOf(context.held))
  const { compactedBelow } = report
  const said = 'chain, log root, canonical form and signatures hold'
  const cut = `\nbelow height ${compactedBelow} only the headers are here, and of some kinds all`
  const result = verdict(context, { ...report, said: compactedBelow === 0 ? said : said + cut })
  const archive = args.optionalText('archive')
  if (archive === undefined || !report.ok) return result
  return withArchive(context, result, verifyArchive(resolve(context.cwd, archive), { world: folder.store }))
}

function withArchive(context: CommandContext, result: Verdicted, archive: ArchiveVerdict): CommandResult {
  const { ok, first, last, root, isOfWorld, firstDifference: difference } = archive
  const heights = `heights ${first} to ${last}`
  const data = {
    ...result.data,
    ok: result.data.ok && ok,
    archive: { ok, first, last, root, of_world: isOfWorld, first_difference: difference },
  }
  const text =
    difference === undefined
      ? `the archive holds up: ${heights} of this world`
      : `${context.style.bad(isOfWorld === false ? 'the archive is of another history' : 'the archive is damaged')}: ${heights}, at height ${difference.height}, ${difference.path}: expected ${difference.expected}, found ${difference.found}`
  return { data, text: `${result.text}\n${text}`, exit: ok ? (result.exit ?? EXIT.ok) : EXIT.failed }
}

/** `aos journal replay`: derives the journal again, with other modules if told so, and shows the first difference. */
export async function journalReplay(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const substitutions = args.list('module').map(parseSubstitution)
  const verify = args.flag('verify')
  if (substitutions.length > 0 && !verify) throw usage('--module goes with --verify')
  const to = args.optionalHeight('to')
  const fromSnapshot = args.flag('from-snapshot')
  return withFolder(context, args, async (opened) => {
    const head = needHead(opened)
    if (to !== undefined && to > head.height) {
      throw new AosError('host.bad_height', `the journal ends at height ${head.height}, found ${to}`)
    }
    const started = performance.now()
    const other = otherModules(context, opened, substitutions)
    const from = fromSnapshot ? findSnapshotUpTo(opened, to) : undefined
    const report = await replayJournalFairly(opened, {
      ...shareOf(context.held),
      to,
      verify,
      from,
      ...(other.size === 0 ? {} : { modules: substituteModules(opened.modules, other) }),
      onProgress: (height) => {
        context.progress.report(`replaying: height ${height} of ${to ?? head.height}`)
      },
    })
    const seconds = (performance.now() - started) / 1000
    const derived = report.entries - (from === undefined ? 0 : from.cut + 1)
    const rate = seconds > 0 ? Math.round(derived / seconds) : 0
    const since = from === undefined ? '' : ` from the snapshot of height ${from.cut} on`
    const said = verify ? `derived again${since} and equal` : `replayed${since}; --verify compares as well`
    return verdict(context, { ...report, from, said: `${said} (${rate} a second)` })
  })
}

/** The newest snapshot that is not later than the last height. Throws `host.no_snapshot`. */
function findSnapshotUpTo(opened: OpenedFolder, to: number | undefined): SnapshotNote {
  const found = snapshotNotes(opened.store).find(({ cut }) => to === undefined || cut < to)
  if (found !== undefined) return found
  throw new AosError('host.no_snapshot', 'no snapshot stands before the last height', { hint: 'see `aos snapshot ls`' })
}

interface Verdict {
  readonly ok: boolean
  readonly from?: SnapshotNote | undefined
  readonly entries: number
  readonly compactedBelow?: number
  readonly root: Hash
  readonly firstDifference: ShownDifference | undefined
  readonly said: string
}

type Verdicted = CommandResult & { readonly data: { readonly ok: boolean } }

function verdict(context: CommandContext, report: Verdict): Verdicted {
  const { ok, entries, root, firstDifference: difference, compactedBelow = 0 } = report
  const data = {
    ok,
    entries,
    root,
    ...(report.from === undefined ? {} : { from_snapshot: { height: report.from.cut, root: report.from.root } }),
    compacted_below: compactedBelow === 0 ? undefined : compactedBelow,
    first_difference: difference === undefined ? undefined : { ...difference, key: embedNode(difference.key) },
  }
  if (difference === undefined) {
    const text = `${context.style.good('ok')}: ${entries} entries, ${report.said}\nroot ${root}`
    return { data, text, exit: ok ? EXIT.ok : EXIT.failed }
  }
  const lines = [
    `${context.style.bad('differs')} at height ${difference.height}, ${difference.path}`,
    ...(difference.reducer === undefined ? [] : [`  reducer   ${difference.reducer}`]),
    ...(difference.key === undefined ? [] : [`  key       ${prettyNode(difference.key)}`]),
    `  expected  ${difference.expected}`,
    `  found     ${difference.found}`,
    ...(difference.note === undefined ? [] : [`  because   ${difference.note}`]),
    `${entries} entries before it hold`,
  ]
  return { data, text: lines.join('\n'), exit: EXIT.failed }
}

interface Substitution {
  readonly name: string
  readonly file: string
}

function parseSubstitution(text: string): Substitution {
  const at = text.indexOf('=')
  if (at <= 0 || at === text.length - 1) throw usage(`--module: expected NAME=FILE, found ${text}`)
  return { name: text.slice(0, at), file: text.slice(at + 1) }
}

/** By every hash that the name has had: an older version of the module is replaced where it ran. */
function otherModules(
  context: CommandContext,
  opened: OpenedFolder,
  substitutions: readonly Substitution[],
): ReadonlyMap<Hash, Replacement> {
  const other = new Map<Hash, Replacement>()
  if (substitutions.length === 0) return other
  const { manifests } = summarizeJournal(opened.store.journal)
  const history = manifests.slice(1).map((manifest) => loadDefinitions(manifest, opened.readContent))
  for (const { name, file } of substitutions) {
    const path = resolve(context.cwd, file)
    const bytes = readBytes(path)
    const { folder } = opened
    const sourceMap = readMapBeside(path, bytes, folder.root) ?? readModuleMap(folder, hashText(nodeSha256, bytes))
    for (const hash of moduleHashes(history, name)) other.set(hash, { bytes, sourceMap })
  }
  return other
}
