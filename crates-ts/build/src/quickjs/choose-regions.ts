/** Decides which parts of a function become functions of their own. */
import { OP } from '@aos/wasm'
import { innerLists, isMove, labelValues } from './code-tree.ts'
import type { BlockNode, BranchNode, CodeNode, FunctionTree, Region, Restart, Statement } from './code-tree.ts'
import type { Liveness } from './liveness.ts'

/** Sizes are counted in values that instructions push, as the charge for the stack counts them (spec/05-determinism.md, "Stack"). */
export interface SplitSizes {
  /** Less than this is left where it is: a call costs more. */
  readonly regionMin: number
  /** More than this is cut further, unless it cannot be. */
  readonly regionMax: number
}

/** What is asked of statements before they are moved. */
interface Summary {
  readonly pushes: number
  readonly callsSelf: boolean
  /** Blocks outside, a branch to which could not be put in other words. */
  readonly bound: readonly BlockNode[]
}

interface Choice {
  readonly tree: FunctionTree
  readonly liveness: Liveness
  readonly sizes: SplitSizes
  /** What is known of statements that have been looked at; those inside of them may have changed since. */
  readonly known: Map<Statement, Summary>
}

/**
 * Replaces statements by regions, in place. First small parts everywhere; then, in a function that calls itself, all that
 * lies off the way of the recursion.
 */
export function chooseRegions(tree: FunctionTree, liveness: Liveness, sizes: SplitSizes): void {
  const first: Choice = { tree, liveness, sizes, known: new Map() }
  chooseInList(tree.root.body, first, { end: 0n, head: undefined })
  if (!tree.root.body.some((statement) => summaryOf(statement, first).callsSelf)) return
  const whole = { regionMin: sizes.regionMin, regionMax: Number.POSITIVE_INFINITY }
  const second: Choice = { tree, liveness, sizes: whole, known: new Map() }
  chooseInList(tree.root.body, second, { end: 0n, head: undefined })
}

/** Where a list of statements stands. */
interface Surroundings {
  /** Locals that may be read behind its end. */
  readonly end: bigint
  /** The loop that begins where the list begins, so that a region at its start can repeat it. */
  readonly head: Restart | undefined
}

function chooseInList(list: Statement[], choice: Choice, { end, head }: Surroundings): void {
  const { sizes } = choice
  const made: Statement[] = []
  let pending: Statement[] = []
  let pendingPushes = 0
  const flush = (after: bigint): void => {
    if (pendingPushes >= sizes.regionMin && !isRegionAlready(pending)) {
      made.push(makeRegionStatement(pending, choice, after, headBehind(made, head)))
    } else made.push(...pending)
    pending = []
    pendingPushes = 0
  }
  for (const statement of list) {
    const { pushes, callsSelf, bound } = summaryOf(statement, choice)
    // What calls the function itself stays, so that a recursion does not pass through two frames.
    const stays = callsSelf || bound.length > 0 || statement.leaves || pushes > sizes.regionMax
    if (stays || pendingPushes + pushes > sizes.regionMax) flush(statement.live)
    if (!stays) {
      pending.push(statement)
      pendingPushes += pushes
      continue
    }
    const begins = headBehind(made, head)
    if (pushes >= sizes.regionMin) {
      statement.nodes.forEach((node, at) => {
        chooseInNode(node, choice, at === 0 ? begins : undefined)
      })
    }
    made.push(statement)
  }
  flush(end)
  list.splice(0, list.length, ...made)
}

/** The loop still begins here when nothing but moves stands in between. */
function headBehind(before: readonly Statement[], head: Restart | undefined): Restart | undefined {
  if (head === undefined || !before.every(isMove)) return undefined
  return { loop: head.loop, moves: [...head.moves, ...before] }
}

function chooseInNode(node: CodeNode, choice: Choice, head: Restart | undefined): void {
  if (node.kind !== 'block') return
  const own = node.code === OP.loop ? { loop: node, moves: [] } : undefined
  const begins = own ?? (node.code === OP.block ? head : undefined)
  const end = choice.liveness.ends.get(node) ?? 0n
  for (const list of innerLists(node)) chooseInList(list, choice, { end, head: begins })
}

/** A region of nothing but a region would be a call of a call. */
function isRegionAlready(statements: readonly Statement[]): boolean {
  return statements.every(({ nodes }) => nodes.every(({ kind }) => kind === 'region'))
}

function makeRegionStatement(
  statements: readonly Statement[],
  { liveness }: Choice,
  after: bigint,
  restart: Restart | undefined,
): Statement {
  const dead = statements.at(-1)?.dead === true
  const found = exitsOf(statements)
  const exits = found.filter((target) => target !== restart?.loop)
  const liveIn = statements[0]?.live ?? 0n
  const liveOut = exits.reduce((all, target) => all | (liveness.labels.get(target) ?? 0n), dead ? 0n : after)
  const headLive = restart === undefined ? 0n : (liveness.labels.get(restart.loop) ?? 0n)
  const restarts = found.length !== exits.length
  const region: Region = {
    statements,
    falls: !dead,
    exits,
    restart: restarts ? restart : undefined,
    liveIn,
    // What the next round of the loop reads is live in between.
    liveOut: restarts ? liveOut | liveIn | headLive : liveOut,
  }
  return { nodes: [{ kind: 'region', region }], dead, leaves: false, live: liveIn }
}

/** Blocks outside of the statements that they branch to, in the order in which they are met. */
function exitsOf(statements: readonly Statement[]): readonly BlockNode[] {
  const inside = new Set<BlockNode>()
  const targets = new Set<BlockNode>()
  const visit = (node: CodeNode): void => {
    if (node.kind === 'block') inside.add(node)
    if (node.kind === 'branch') for (const target of node.targets) targets.add(target)
    if (node.kind === 'region') for (const target of node.region.exits) targets.add(target)
    for (const list of innerLists(node)) for (const { nodes } of list) nodes.forEach(visit)
  }
  for (const { nodes } of statements) nodes.forEach(visit)
  return [...targets].filter((target) => !inside.has(target))
}

function summaryOf(statement: Statement, choice: Choice): Summary {
  const known = choice.known.get(statement)
  if (known !== undefined) return known
  const summary = joinSummaries(statement.nodes.map((node) => summarize(node, choice)))
  choice.known.set(statement, summary)
  return summary
}

function joinSummaries(parts: readonly Summary[]): Summary {
  return {
    pushes: parts.reduce((sum, { pushes }) => sum + pushes, 0),
    callsSelf: parts.some(({ callsSelf }) => callsSelf),
    bound: parts.flatMap(({ bound }) => bound),
  }
}

function summarize(node: CodeNode, choice: Choice): Summary {
  switch (node.kind) {
    case 'plain':
      return { pushes: node.pushes, callsSelf: node.callee === choice.tree.index, bound: [] }
    case 'local':
      return { pushes: node.code === OP.localSet ? 0 : 1, callsSelf: false, bound: [] }
    case 'branch':
      // A conditional branch that carries a value leaves it on the stack when it is not taken.
      return { pushes: 0, callsSelf: false, bound: boundTargets(node) }
    case 'region':
      return { pushes: node.region.exits.length > 0 ? 1 : 0, callsSelf: false, bound: [] }
    case 'block':
      return summarizeBlock(node, choice)
  }
}

function summarizeBlock(block: BlockNode, choice: Choice): Summary {
  const parts = innerLists(block).flatMap((list) => list.map((statement) => summaryOf(statement, choice)))
  const all = joinSummaries(parts)
  return { ...all, bound: all.bound.filter((target) => target !== block) }
}

function boundTargets({ code, targets }: BranchNode): readonly BlockNode[] {
  return code === OP.br || code === OP.return ? [] : targets.filter((target) => labelValues(target) > 0)
}
