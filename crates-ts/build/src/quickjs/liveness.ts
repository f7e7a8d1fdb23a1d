/** Which locals may still be read where: decides what a region has to be given and what it has to give back. */
import { OP } from '@aos/wasm'
import type { BlockNode, CodeNode, FunctionTree, Statement } from './code-tree.ts'

/** Locals that may be read, as bits. */
export interface Liveness {
  /** After a branch to a block. */
  readonly labels: ReadonlyMap<BlockNode, bigint>
  /** Behind the end of a block. */
  readonly ends: ReadonlyMap<BlockNode, bigint>
}

interface Marks {
  readonly labels: Map<BlockNode, bigint>
  readonly ends: Map<BlockNode, bigint>
}

/** Fills in `live` of every statement of a function that has no regions yet. */
export function markLiveness(tree: FunctionTree): Liveness {
  const marks: Marks = { labels: new Map([[tree.root, 0n]]), ends: new Map([[tree.root, 0n]]) }
  listLiveness(tree.root.body, 0n, marks)
  return marks
}

function listLiveness(statements: readonly Statement[], after: bigint, marks: Marks): bigint {
  let live = after
  for (const statement of statements.toReversed()) {
    for (const node of statement.nodes.toReversed()) live = nodeLiveness(node, live, marks)
    statement.live = live
  }
  return live
}

function nodeLiveness(node: CodeNode, after: bigint, marks: Marks): bigint {
  switch (node.kind) {
    case 'plain':
      return node.code === OP.unreachable ? 0n : after
    case 'local': {
      const bit = 1n << BigInt(node.index)
      return node.code === OP.localGet ? after | bit : after & ~bit
    }
    case 'branch': {
      const live = node.targets.reduce((all, target) => all | (marks.labels.get(target) ?? 0n), 0n)
      return node.code === OP.brIf ? live | after : live
    }
    case 'block':
      return blockLiveness(node, after, marks)
    case 'region':
      throw new Error('liveness is asked before regions are made')
  }
}

function blockLiveness(block: BlockNode, after: bigint, marks: Marks): bigint {
  const { labels, ends } = marks
  ends.set(block, after)
  if (block.code !== OP.loop) {
    labels.set(block, after)
    const live = listLiveness(block.body, after, marks)
    if (block.code !== OP.if) return live
    return live | (block.orElse === undefined ? after : listLiveness(block.orElse, after, marks))
  }
  for (let known = labels.get(block) ?? 0n; ;) {
    labels.set(block, known)
    const live = listLiveness(block.body, after, marks)
    if (live === known) return live
    known = live
  }
}
