/** Function bodies as trees: what `splitFunction` cuts regions out of. Only code that can be reached is kept. */
import { BinaryReader, EMPTY_BLOCK, IMMEDIATE, OP, OPCODES, makeInstruction, readInstruction } from '@aos/wasm'
import type { FunctionType, Instruction, WasmModule } from '@aos/wasm'

/** An instruction that is copied as it is. */
export interface PlainNode {
  readonly kind: 'plain'
  readonly code: number
  readonly bytes: Uint8Array
  readonly pushes: number
  /** The function that `call` names; -1 for everything else. */
  readonly callee: number
}

/** `local.get`, `local.set` or `local.tee`. */
export interface LocalNode {
  readonly kind: 'local'
  readonly code: number
  readonly index: number
}

/** `br`, `br_if`, `br_table` or `return`, with the blocks that it leaves or repeats; the default stands last. */
export interface BranchNode {
  readonly kind: 'branch'
  readonly code: number
  readonly targets: readonly BlockNode[]
}

/** `block`, `loop` or `if`; the body of a function is a `block` too. */
export interface BlockNode {
  readonly kind: 'block'
  readonly code: number
  readonly results: readonly number[]
  readonly body: Statement[]
  orElse: Statement[] | undefined
}

/** Statements that stand in a function of their own: here it is called. */
export interface RegionNode {
  readonly kind: 'region'
  readonly region: Region
}

/** A part of a statement. */
export type CodeNode = PlainNode | LocalNode | BranchNode | BlockNode | RegionNode

/** A run of instructions that begins with nothing of its block on the operand stack, and, unless `leaves`, ends so. */
export interface Statement {
  readonly nodes: CodeNode[]
  /** Nothing can be reached behind it. */
  dead: boolean
  /** It ends its block and leaves the block's results. */
  leaves: boolean
  /** The locals that may be read from here on before they are written, as bits; filled in by `markLiveness`. */
  live: bigint
}

/** A loop at whose head a region stands, with the moves between locals that come before the region. */
export interface Restart {
  readonly loop: BlockNode
  readonly moves: readonly Statement[]
}

/** A part of a function that is to become a function. */
export interface Region {
  readonly statements: readonly Statement[]
  /** Control may come out at its end. */
  readonly falls: boolean
  /** Blocks outside that it branches to, each once, in the order in which they were met. */
  readonly exits: readonly BlockNode[]
  /** A branch to this loop begins the region again. */
  readonly restart: Restart | undefined
  /** Locals that may be read at its start before they are written. */
  readonly liveIn: bigint
  /** Locals that may be read wherever it comes out. */
  readonly liveOut: bigint
}

/** A function taken apart. */
export interface FunctionTree {
  readonly index: number
  readonly type: FunctionType
  /** Types of parameters and locals; some are added. */
  readonly locals: readonly number[]
  readonly root: BlockNode
}

const NO_TYPE: FunctionType = { parameters: [], results: [] }

/** Takes the function with this index apart. Throws an Error for block types with parameters, which nobody needs here. */
export function parseFunction(module: WasmModule, index: number): FunctionTree {
  const body = module.bodies[index - (module.functions.length - module.bodies.length)]
  const type = module.types[module.functions[index] ?? -1]
  if (body === undefined || type === undefined) throw new Error(`no function ${index}`)
  const locals = [...type.parameters]
  const declared = new BinaryReader(module.bytes, body.localsAt, body.codeAt)
  for (let groups = declared.u32(); groups > 0; groups -= 1) {
    const count = declared.u32()
    const local = declared.byte()
    for (let at = 0; at < count; at += 1) locals.push(local)
  }
  const reader = new BinaryReader(module.bytes, body.codeAt, body.end)
  return { index, type, locals, root: new TreeReader(module, reader, locals).read(type.results) }
}

class TreeReader {
  readonly #module: WasmModule
  readonly #reader: BinaryReader
  readonly #instruction: Instruction = makeInstruction()
  /** Blocks that are open, the function first. */
  readonly #open: BlockNode[] = []

  readonly #locals: number[]

  constructor(module: WasmModule, reader: BinaryReader, locals: number[]) {
    this.#module = module
    this.#reader = reader
    this.#locals = locals
  }

  read(results: readonly number[]): BlockNode {
    const root = makeBlock(OP.block, results)
    this.#readBlock(root)
    return root
  }

  #readBlock(block: BlockNode): void {
    this.#open.push(block)
    if (this.#readStatements(block.body, block.results.length) === OP.else) {
      block.orElse = []
      this.#readStatements(block.orElse, block.results.length)
    }
    this.#open.pop()
  }

  /** Reads up to the `end` or `else` of the innermost block, which is returned. */
  #readStatements(into: Statement[], results: number): number {
    let statement = makeStatement()
    let height = 0
    const close = (): void => {
      if (statement.nodes.length > 0) into.push(statement)
      statement = makeStatement()
    }
    for (;;) {
      readInstruction(this.#reader, this.#instruction)
      const { code } = this.#instruction
      if (code === OP.end || code === OP.else) {
        statement.leaves = results > 0
        close()
        return code
      }
      height += this.#readNode(statement.nodes)
      const held = heldValue(statement)
      if (held !== undefined) {
        const kept = this.#free(held, into)
        statement = { ...makeStatement(), nodes: kept.map((index) => ({ kind: 'local', code: OP.localGet, index })) }
      }
      if (isJump(code)) {
        statement.dead = true
        close()
        return this.#skipDead()
      }
      if (height === 0) close()
    }
  }

  /** The value goes to a local, and so does what the block leaves, so that the block begins a statement. Returns the locals. */
  #free({ value, block }: HeldValue, into: Statement[]): readonly number[] {
    const kept = [this.#addLocal(this.#locals[value.index] ?? 0), ...block.results.map((type) => this.#addLocal(type))]
    const sets = kept.map((index) => ({ kind: 'local', code: OP.localSet, index }) as const)
    const [first, ...others] = sets
    if (first !== undefined) into.push({ ...makeStatement(), nodes: [value, first] })
    into.push({ ...makeStatement(), nodes: [block, ...others] })
    return kept
  }

  #addLocal(type: number): number {
    this.#locals.push(type)
    return this.#locals.length - 1
  }

  /** Adds the node of the instruction that was read; returns by how much it changes the height of the operand stack. */
  #readNode(nodes: CodeNode[]): number {
    const { code, operand, start } = this.#instruction
    const opcode = OPCODES[code]
    if (opcode === undefined) throw new Error('an instruction that is not in the table')
    if (code === OP.block || code === OP.loop || code === OP.if) {
      const block = makeBlock(code, this.#resultsOf(operand))
      nodes.push(block)
      this.#readBlock(block)
      return block.results.length - opcode.pops
    }
    if (code === OP.br || code === OP.brIf || code === OP.brTable || code === OP.return) {
      const labels = code === OP.brTable ? this.#instruction.targets : [code === OP.return ? -1 : operand]
      nodes.push({ kind: 'branch', code, targets: labels.map((label) => this.#blockAt(label)) })
      return -opcode.pops
    }
    if (opcode.immediate === IMMEDIATE.local) {
      nodes.push({ kind: 'local', code, index: operand })
      return opcode.pushes - opcode.pops
    }
    const type = this.#calledType()
    const pushes = opcode.pushes + type.results.length
    const bytes = this.#module.bytes.subarray(start, this.#reader.offset)
    nodes.push({ kind: 'plain', code, bytes, pushes, callee: code === OP.call ? operand : -1 })
    return pushes - opcode.pops - type.parameters.length
  }

  #calledType(): FunctionType {
    const { code, operand } = this.#instruction
    const { types, functions } = this.#module
    if (code === OP.callIndirect) return types[operand] ?? NO_TYPE
    return code === OP.call ? (types[functions[operand] ?? -1] ?? NO_TYPE) : NO_TYPE
  }

  /** Passes over what cannot be reached, up to the `end` or `else` of the innermost block. */
  #skipDead(): number {
    for (let depth = 0; ;) {
      readInstruction(this.#reader, this.#instruction)
      const { code } = this.#instruction
      if (depth === 0 && (code === OP.end || code === OP.else)) return code
      if (code === OP.block || code === OP.loop || code === OP.if) depth += 1
      if (code === OP.end) depth -= 1
    }
  }

  /** The block with this label, counted from the innermost; -1 is the function. */
  #blockAt(label: number): BlockNode {
    const block = label === -1 ? this.#open[0] : this.#open[this.#open.length - 1 - label]
    if (block === undefined) throw new Error('a label that does not exist')
    return block
  }

  #resultsOf(operand: number): readonly number[] {
    if (operand === EMPTY_BLOCK) return []
    if (operand < 0) return [-operand]
    const type = this.#module.types[operand] ?? NO_TYPE
    if (type.parameters.length > 0) throw new Error('a block with parameters')
    return type.results
  }
}

/** A local that is read below a large block: the block could not be the start of anything. */
interface HeldValue {
  readonly value: LocalNode
  readonly block: BlockNode
}

const LARGE_BLOCK_STATEMENTS = 100

function heldValue({ nodes }: Statement): HeldValue | undefined {
  const [value, block] = nodes
  if (nodes.length !== 2 || value?.kind !== 'local' || value.code !== OP.localGet) return undefined
  if (block?.kind !== 'block' || block.results.length > 1) return undefined
  return countStatements(block) < LARGE_BLOCK_STATEMENTS ? undefined : { value, block }
}

function countStatements(block: BlockNode): number {
  const lists = innerLists(block)
  return lists
    .flat()
    .reduce(
      (sum, { nodes }) =>
        sum + 1 + nodes.reduce((inner, node) => inner + (node.kind === 'block' ? countStatements(node) : 0), 0),
      0,
    )
}

/** Instructions behind which nothing of the block can be reached. */
function isJump(code: number): boolean {
  return code === OP.br || code === OP.brTable || code === OP.return || code === OP.unreachable
}

function makeBlock(code: number, results: readonly number[]): BlockNode {
  return { kind: 'block', code, results, body: [], orElse: undefined }
}

function makeStatement(): Statement {
  return { nodes: [], dead: false, leaves: false, live: 0n }
}

/** True for a statement that only copies a local or a constant to a local. */
export function isMove({ nodes }: Statement): boolean {
  const [value, target] = nodes
  if (nodes.length !== 2 || target?.kind !== 'local' || target.code !== OP.localSet) return false
  return value?.kind === 'local'
    ? value.code === OP.localGet
    : value?.kind === 'plain' && value.code >= OP.i32Const && value.code <= OP.f64Const
}

/** The lists of statements inside of a node. */
export function innerLists(node: CodeNode): readonly Statement[][] {
  if (node.kind !== 'block') return []
  return node.orElse === undefined ? [node.body] : [node.body, node.orElse]
}

/** How many values a label takes: what a branch to it carries. */
export function labelValues(block: BlockNode): number {
  return block.code === OP.loop ? 0 : block.results.length
}
