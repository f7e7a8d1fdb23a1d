/** `aos air diff`: definitions compared by meaning (spec/03-air.md, "Differences"). */
import { airDiffJson, DIFF_SIGNS, diffDefinitions, diffItemText, formatJson } from '@aos/air'
import type { Acceptance, Definition, DefinitionDiff } from '@aos/air'
import { AosError, formatPath } from '@aos/cbor'
import { definitionsInForce, definitionsOfFolder, definitionsOfSources } from '@aos/host'
import { isWorldRoot, openFolder, readAirSources, worldFolderAt } from '@aos/host'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { embedNode } from '../json-node.ts'
import { makeModuleBuilder } from '../module-builder.ts'
import { makeRunWorldFile } from '../world-files.ts'
import { LOCK_WAIT_MS, withFolder } from '../world.ts'

/** Exit 1 when there is a difference. */
export async function airDiff(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const { before, after } = await readSides(context, args)
  const diff = diffDefinitions({ before, after })
  const lines = diff.definitions.flatMap((each) => definitionLines(context, each))
  const text = diff.equal ? `${context.style.good('equal')}: ${after.length} definitions` : lines.join('\n')
  return { data: embedNode(airDiffJson(diff)), text, exit: diff.equal ? EXIT.ok : EXIT.failed }
}

interface Sides {
  readonly before: readonly Definition[]
  readonly after: readonly Definition[]
}

async function readSides(context: CommandContext, args: Arguments): Promise<Sides> {
  const [first, second, ...others] = args.list('path')
  if (others.length > 0) throw usage('expected at most two paths to compare')
  if (first !== undefined && second !== undefined) {
    return { before: await readPath(context, args, first), after: await readPath(context, args, second) }
  }
  if (first !== undefined) {
    const after = await readPath(context, args, first)
    return { before: await withFolder(context, args, async (opened) => definitionsInForce(opened) ?? []), after }
  }
  return withFolder(context, args, async (opened) => {
    const onProgress = (line: string): void => {
      context.progress.report(line)
    }
    const after = await definitionsOfFolder(opened, { builder: makeModuleBuilder(context), onProgress })
    return { before: definitionsInForce(opened) ?? [], after }
  })
}

/** A world folder stands for what is in force in it, anything else for the definitions in its files. */
async function readPath(context: CommandContext, args: Arguments, path: string): Promise<readonly Definition[]> {
  const place = resolve(context.cwd, path)
  if (!isWorldRoot(place)) {
    const runWorldFile = makeRunWorldFile(context)
    return definitionsOfSources(await readAirSources([place], { lenient: args.flag('lenient'), runWorldFile }))
  }
  const folder = worldFolderAt(place)
  // Looking at a world must not make one.
  if (!existsSync(folder.store)) throw noGenesis(path)
  const opened = await openFolder(folder, {
    environment: context.environment,
    acceptLoss: args.flag('accept-loss'),
    lockWaitMs: LOCK_WAIT_MS,
  })
  try {
    const found = definitionsInForce(opened)
    if (found === undefined) throw noGenesis(path)
    return found
  } finally {
    await opened.store.close()
  }
}

function noGenesis(path: string): AosError {
  return new AosError('host.no_genesis', `the world ${path} has no genesis yet, so nothing is in force there`, {
    hint: 'name its AIR folder or its world file, or run `aos push` there',
  })
}

function definitionLines(context: CommandContext, diff: DefinitionDiff): readonly string[] {
  const { style } = context
  const sign = DIFF_SIGNS[diff.change]
  const shown = diff.change === 'added' ? style.good(sign) : diff.change === 'removed' ? style.bad(sign) : sign
  const twin = diff.sameContentAs === undefined ? '' : style.dim(` (same content as ${diff.sameContentAs})`)
  return [
    `${shown} ${diff.kind} ${style.bold(diff.name)}${twin}`,
    ...diff.items.map((item) => `    ${diffItemText(item)}`),
    ...acceptanceLines(context, 'takes all old values', diff.acceptsOld),
    ...acceptanceLines(context, 'all its values were values before', diff.acceptedByOld),
  ]
}

function acceptanceLines(
  context: CommandContext,
  claim: string,
  acceptance: Acceptance | undefined,
): readonly string[] {
  if (acceptance === undefined) return []
  const { style } = context
  if (acceptance.verdict === 'yes') return [`    ${claim}: ${style.good('yes')}`]
  const why = `${acceptance.message} [${acceptance.code}]`
  if (acceptance.verdict === 'unknown') return [`    ${claim}: unknown, ${why}`]
  const { path, witness } = acceptance
  return [
    `    ${claim}: ${style.bad('no')}, ${formatPath(path)}: ${why}`,
    style.dim(`      for example ${formatJson(witness)}`),
  ]
}
