/** Writes a function tree as binary code: the function itself and one function for each of its regions. */
import { ByteWriter, OP, VALUE_TYPE } from '@aos/wasm'
import type { BlockNode, BranchNode, CodeNode, FunctionTree, Region, Statement } from './code-tree.ts'
import { labelValues } from './code-tree.ts'
import type { RegionPlan, SharedLocals } from './region-plan.ts'

/** A function body, with its locals and without its size. */
export interface WrittenFunction {
  readonly body: Uint8Array
  /** A region that says where it came out returns one i32; every other one nothing. */
  readonly says: boolean
}

/** What all functions of one split share. */
export interface WriteContext {
  readonly tree: FunctionTree
  readonly plans: ReadonlyMap<Region, RegionPlan>
  readonly shared: SharedLocals
  /** Global that holds the value a branch carries out of a region, by its type. */
  readonly carried: (type: number) => number
}

/** The function without its regions, and with what they share saved and given back: it may be running already. */
export function writeMain(context: WriteContext): Uint8Array {
  const { tree, shared } = context
  const { parameters, results } = tree.type
  const out = new ByteWriter(4096)
  const zeroed = tree.root.body[0]?.live ?? 0n
  for (const [local, global] of shared.globals) {
    out.byte(OP.globalGet).u32(global)
    if (local < parameters.length) out.byte(OP.localGet).u32(local).byte(OP.globalSet).u32(global)
    else if ((zeroed >> BigInt(local)) % 2n === 1n)
      writeZero(out, tree.locals[local] ?? 0)
        .byte(OP.globalSet)
        .u32(global)
    out.byte(OP.localSet).u32(local)
  }
  const [result] = results
  if (results.length > 1) throw new Error('a function with several results')
  out.byte(OP.block).byte(result ?? 0x40)
  const locals = tree.locals.map((_, index) => index)
  new CodeWriter(context, { out, plan: undefined, locals, labels: [tree.root] }).statements(tree.root.body)
  out.byte(OP.end)
  for (const [local, global] of shared.globals) out.byte(OP.localGet).u32(local).byte(OP.globalSet).u32(global)
  out.byte(OP.end)
  return withLocals(tree.locals.slice(parameters.length), out)
}

/** Writes a region as a function without parameters: what it shares with its parent lies in globals. */
export function writeRegion(context: WriteContext, plan: RegionPlan): WrittenFunction {
  const { region, privates } = plan
  const { tree } = context
  const out = new ByteWriter(1024)
  const locals: number[] = []
  const types = privates.map((local, at) => {
    locals[local] = at
    return tree.locals[local] ?? 0
  })
  // The operand of a branch table waits here while the blocks are opened that it may leave through.
  const writer = new CodeWriter(context, { out, plan, locals, labels: [] })
  if (region.restart !== undefined) out.byte(OP.loop).byte(0x40)
  if (region.restart !== undefined) writer.labels.push(region.restart.loop)
  writer.statements(region.statements)
  if (region.restart !== undefined) out.byte(OP.end)
  if (plan.says) out.byte(OP.i32Const).byte(0)
  out.byte(OP.end)
  return { body: withLocals(writer.scratch ? [...types, VALUE_TYPE.i32] : types, out), says: plan.says }
}

function writeZero(out: ByteWriter, type: number): ByteWriter {
  if (type === VALUE_TYPE.i32) return out.byte(OP.i32Const).byte(0)
  if (type === VALUE_TYPE.i64) return out.byte(OP.i64Const).byte(0)
  if (type === VALUE_TYPE.f32) return out.byte(OP.f32Const).raw(new Uint8Array(4))
  return out.byte(OP.f64Const).raw(new Uint8Array(8))
}

function withLocals(types: readonly number[], code: ByteWriter): Uint8Array {
  const out = new ByteWriter(code.length + 64).u32(types.length)
  for (const type of types) out.byte(1).byte(type)
  return out.raw(code.view()).take()
}

/** A label that only the writer knows. */
const ANONYMOUS = undefined

interface Place {
  readonly out: ByteWriter
  /** The region whose function is written; undefined for the function itself. */
  readonly plan: RegionPlan | undefined
  /** New index of every local that is not shared. */
  readonly locals: readonly number[]
  readonly labels: (BlockNode | typeof ANONYMOUS)[]
}

class CodeWriter {
  readonly labels: (BlockNode | typeof ANONYMOUS)[]
  scratch = false
  readonly #context: WriteContext
  readonly #out: ByteWriter
  readonly #place: Place

  constructor(context: WriteContext, place: Place) {
    this.#context = context
    this.#place = place
    this.#out = place.out
    this.labels = place.labels
  }

  statements(list: readonly Statement[]): void {
    for (const { nodes } of list) for (const node of nodes) this.#node(node)
  }

  #node(node: CodeNode): void {
    switch (node.kind) {
      case 'plain':
        this.#out.raw(node.bytes)
        break
      case 'local':
        this.#local(node.code, node.index)
        break
      case 'branch':
        this.#branch(node)
        break
      case 'block':
        this.#block(node)
        break
      case 'region':
        this.#call(node.region)
        break
    }
  }

  #local(code: number, index: number): void {
    const { plan } = this.#place
    const global = plan === undefined || plan.shares.has(index) ? this.#context.shared.globals.get(index) : undefined
    if (global === undefined) {
      this.#out.byte(code).u32(this.#place.locals[index] ?? 0)
      return
    }
    if (code !== OP.localGet) this.#out.byte(OP.globalSet).u32(global)
    if (code !== OP.localSet) this.#out.byte(OP.globalGet).u32(global)
  }

  #block(block: BlockNode): void {
    const [result] = block.results
    if (block.results.length > 1) throw new Error('a block with several results')
    this.#out.byte(block.code).byte(result ?? 0x40)
    this.labels.push(block)
    this.statements(block.body)
    if (block.orElse !== undefined) {
      this.#out.byte(OP.else)
      this.statements(block.orElse)
    }
    this.labels.pop()
    this.#out.byte(OP.end)
  }

  /** How many labels lie between here and the block; undefined when it is outside of the region. */
  #depth(target: BlockNode): number | undefined {
    const at = this.labels.lastIndexOf(target)
    return at < 0 ? undefined : this.labels.length - 1 - at
  }

  #branch({ code, targets }: BranchNode): void {
    const [target] = targets
    if (target === undefined) throw new Error('a branch without a target')
    if (code === OP.brTable) this.#branchTable(targets)
    else if (code === OP.brIf) this.#branchIf(target)
    else this.#jump(target, false)
  }

  /** What has to be done before the region begins again. */
  #movesOf(target: BlockNode): readonly Statement[] {
    const restart = this.#place.plan?.region.restart
    return restart?.loop === target ? restart.moves : []
  }

  /** True when a branch needs nothing but the label. */
  #isNear(target: BlockNode): boolean {
    return this.#depth(target) !== undefined && this.#movesOf(target).length === 0
  }

  #branchIf(target: BlockNode): void {
    const depth = this.#depth(target)
    if (depth !== undefined && this.#isNear(target)) {
      this.#out.byte(OP.brIf).u32(depth)
      return
    }
    this.#out.byte(OP.if).byte(0x40)
    this.labels.push(ANONYMOUS)
    this.#jump(target, false)
    this.labels.pop()
    this.#out.byte(OP.end)
  }

  /** Goes to a block inside or outside of the region. Its value is on the stack, or was carried out of an inner region. */
  #jump(target: BlockNode, isCarried: boolean): void {
    const out = this.#out
    const depth = this.#depth(target)
    const [type] = labelValues(target) > 0 ? target.results : []
    if (depth !== undefined) {
      this.statements(this.#movesOf(target))
      if (type !== undefined && isCarried) out.byte(OP.globalGet).u32(this.#context.carried(type))
      out.byte(OP.br).u32(depth)
      return
    }
    if (type !== undefined && !isCarried) out.byte(OP.globalSet).u32(this.#context.carried(type))
    const { plan } = this.#place
    if (plan?.says === true) out.byte(OP.i32Const).signed(plan.region.exits.indexOf(target) + 1)
    out.byte(OP.return)
  }

  #branchTable(targets: readonly BlockNode[]): void {
    const far = [...new Set(targets.filter((target) => !this.#isNear(target)))]
    if (far.length === 0) {
      this.#table(targets.map((target) => this.#depth(target) ?? 0))
      return
    }
    const scratch = this.#place.plan?.privates.length ?? 0
    this.scratch = true
    this.#out.byte(OP.localSet).u32(scratch)
    this.#landings(
      far,
      () => {
        this.#out.byte(OP.localGet).u32(scratch)
        const depthOf = (target: BlockNode): number =>
          far.includes(target) ? this.labels.length - 1 - this.#landingOf(far, target) : (this.#depth(target) ?? 0)
        this.#table(targets.map(depthOf))
      },
      false,
    )
  }

  #table(depths: readonly number[]): void {
    this.#out.byte(OP.brTable).u32(depths.length - 1)
    for (const depth of depths) this.#out.u32(depth)
  }

  /** Index among the open labels of the block behind which the jump to the target is written by `#landings`. */
  #landingOf(targets: readonly BlockNode[], target: BlockNode): number {
    return this.labels.length - targets.length + targets.indexOf(target)
  }

  /** Opens a block for each target, writes what may leave through them, and behind each block the jump. */
  #landings(targets: readonly BlockNode[], write: () => void, isCarried: boolean): void {
    for (const _ of targets) {
      this.#out.byte(OP.block).byte(0x40)
      this.labels.push(ANONYMOUS)
    }
    write()
    for (const target of targets.toReversed()) {
      this.labels.pop()
      this.#out.byte(OP.end)
      this.#jump(target, isCarried)
    }
  }

  /** Calls the function of a region and goes where it came out. */
  #call(region: Region): void {
    const plan = this.#context.plans.get(region)
    if (plan === undefined) throw new Error('a region without a plan')
    const { exits, falls } = region
    const [first] = exits
    const call = (): void => {
      this.#out.byte(OP.call).u32(plan.functionIndex)
    }
    if (first === undefined || (exits.length === 1 && !falls)) {
      call()
      if (first !== undefined) this.#jump(first, true)
      else if (!falls) this.#out.byte(OP.unreachable)
      return
    }
    // What a block inside of this function takes without a value needs no landing.
    const far = exits.filter((target) => !this.#isNear(target) || labelValues(target) > 0)
    if (exits.length === 1 && far.length === 0) {
      call()
      this.#branchIf(first)
      return
    }
    this.#out.byte(OP.block).byte(0x40)
    this.labels.push(ANONYMOUS)
    const behind = this.labels.length - 1
    this.#landings(
      far,
      () => {
        call()
        const depthOf = (target: BlockNode): number =>
          far.includes(target) ? this.labels.length - 1 - this.#landingOf(far, target) : (this.#depth(target) ?? 0)
        const places = exits.map(depthOf)
        // 0 is the end of the region; when it has none, nothing says so.
        this.#table([falls ? this.labels.length - 1 - behind : (places[0] ?? 0), ...places])
      },
      true,
    )
    this.labels.pop()
    this.#out.byte(OP.end)
    if (!falls) this.#out.byte(OP.unreachable)
  }
}
