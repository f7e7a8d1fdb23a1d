/** `aos state get|ls`. */
import { formatHash } from '@aos/cbor'
import { needReducer, readCellView, valueToNode, viewMoment } from '@aos/host'
import type { CellView, Moment } from '@aos/host'
import { formatJson } from '@aos/air'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import { shareOf } from '../context.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { embedNode, prettyNode } from '../json-node.ts'
import { withWorld } from '../world.ts'

/** `aos state get`: the state of one cell, now or as it was at a height. */
export async function stateGet(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const at = args.optionalHeight('at')
  const keyText = args.optionalText('key')
  return withWorld(context, args, async (host) => {
    const reducerName = args.text('reducer')
    const view = (moment: Moment): CellView => readCellView(moment, reducerName, keyText)
    const cell = await viewMoment(host, at, view, shareOf(context.held))
    const { reducer, height, bytes } = cell
    const key = embedNode(cell.key)
    if (!args.flag('raw')) {
      return { data: { reducer, key, height, state: embedNode(cell.state) }, text: prettyNode(cell.state) }
    }
    if (context.json) {
      const state = bytes === undefined ? null : Buffer.from(bytes).toString('base64')
      return { data: { reducer, key, height, state_base64: state }, text: '' }
    }
    if (bytes !== undefined) context.stdout.write(bytes)
    return { data: undefined, text: '' }
  })
}

/** `aos state ls`: cells of a reducer in key order, a page at a time. */
export async function stateLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const limit = args.optionalHeight('limit') ?? 0
  if (limit < 1) throw usage('limit: expected a number from 1')
  const cursor = args.optionalText('cursor')
  if (cursor !== undefined && !/^([0-9a-f]{2})*$/.test(cursor)) throw usage('cursor: expected next_cursor of an answer')
  const at = args.optionalHeight('at')
  const reducer = args.text('reducer')
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'hex')
  return withWorld(context, args, async (host) => {
    const view = (moment: Moment): CommandResult => listPage(moment, { reducer, after, limit })
    return viewMoment(host, at, view, shareOf(context.held))
  })
}

interface Page {
  readonly reducer: string
  /** The key of the last cell of the page before. */
  readonly after: Uint8Array | undefined
  readonly limit: number
}

function listPage(moment: Moment, { reducer, after, limit }: Page): CommandResult {
  const { keySchema } = needReducer(moment.definitions, reducer)
  const cells: { readonly key: unknown; readonly size: number; readonly state_hash: string }[] = []
  const lines: string[] = []
  let nextCursor: string | undefined
  let last: Uint8Array = new Uint8Array(0)
  for (const cell of moment.kernel.listCells(reducer)) {
    if (after !== undefined && Buffer.compare(cell.key, after) <= 0) continue
    if (cells.length === limit) {
      nextCursor = Buffer.from(last).toString('hex')
      break
    }
    last = cell.key
    const key = keySchema === undefined ? null : valueToNode(moment.definitions, keySchema, cell.key)
    const hash = formatHash(cell.stateHash)
    cells.push({ key: embedNode(key), size: cell.size, state_hash: hash })
    lines.push(
      `${hash.slice(7, 19)} ${String(cell.size).padStart(7)}  ${keySchema === undefined ? '-' : formatJson(key)}`,
    )
  }
  if (nextCursor !== undefined) lines.push(`… more with --cursor ${nextCursor}`)
  return { data: { cells, next_cursor: nextCursor }, text: lines.join('\n') }
}
