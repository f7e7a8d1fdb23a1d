/** `aos air emit`: what a world file says, as AIR JSON (spec/21-world-files.md, "Emitted JSON"). */
import { definitionJson, formatJson } from '@aos/air'
import { AosError } from '@aos/cbor'
import {
  EMITTED_FILE,
  checkSources,
  findWorldFolder,
  invalidAir,
  listFiles,
  readAirSources,
  readText,
  readSyncFile,
  worldFileAt,
  worldFolderAt,
  writeWhole,
} from '@aos/host'
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { installWorldTypes, makeRunWorldFile } from '../world-files.ts'

/** Exit 1 with `--check` when the file is not what it would be. */
export async function airEmit(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const check = args.flag('check')
  const source = needWorldFile(context, args)
  const folder = dirname(source)
  const out = outFolder(context, args, folder)
  const sources = await readAirSources([source], { lenient: false, runWorldFile: makeRunWorldFile(context) })
  const issues = checkSources(sources)
  if (issues.length > 0) throw invalidAir(issues)
  const file = join(out, EMITTED_FILE)
  const nodes = sources.definitions.map(({ definition }) => definitionJson(definition, 'sugar'))
  const text = `${formatJson(nodes, { indent: 2 })}\n`
  const changed = !existsSync(file) || readText(file) !== text
  const others = listFiles(out, '.json').filter((each) => each !== file)
  const shown = relative(context.cwd, file)
  const data = {
    file: shown,
    definitions: nodes.length,
    changed,
    others: others.map((each) => relative(context.cwd, each)),
  }
  if (check) {
    const said = changed ? `${shown} is not what ${relative(context.cwd, source)} says` : `${shown} is up to date`
    return { data, text: said, exit: changed ? EXIT.failed : EXIT.ok }
  }
  if (args.optionalText('out') === undefined) refuseOthers(data.others, shown)
  if (changed) writeWhole(file, text)
  await installWorldTypes(context, folder)
  return { data, text: `${changed ? 'wrote' : 'unchanged:'} ${shown}, ${nodes.length} definitions` }
}

/** The file that is named, the one in the folder that is named, or that of the world. */
function needWorldFile(context: CommandContext, args: Arguments): string {
  const named = args.optionalText('path')
  const path =
    named === undefined
      ? findWorldFolder({
          option: args.optionalText('world'),
          variable: context.environment['AOS_WORLD'],
          cwd: context.cwd,
        }).root
      : resolve(context.cwd, named)
  const file = worldFileAt(path)
  if (file !== undefined && existsSync(file)) return file
  throw new AosError('host.no_air', `expected a world file, but there is no ${join(path, 'world.air.ts')}`, {
    hint: 'a world file ends in .air.ts; `aos init DIR --template cells` makes one',
  })
}

function outFolder(context: CommandContext, args: Arguments, folder: string): string {
  const out = args.optionalText('out')
  if (out !== undefined && args.flag('check')) throw usage('--out and --check exclude each other')
  if (out !== undefined) return resolve(context.cwd, out)
  return join(folder, readSyncFile(worldFolderAt(folder).syncFile).airDir)
}

/** Beside what is emitted, other definitions would be read as well. */
function refuseOthers(others: readonly string[], file: string): void {
  const [first] = others
  if (first === undefined) return
  const more = others.length > 1 ? ` (and ${others.length - 1} more)` : ''
  throw new AosError('host.air_differs', `${first}${more} lies beside ${file}, and would be read as well`, {
    details: { others },
    hint: 'move it into the world file and delete it, or emit to another folder with --out',
  })
}
