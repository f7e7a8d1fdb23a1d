/** Where the locals of a split function live: in the function or region that alone uses them, else in globals. */
import type { CodeNode, FunctionTree, Region, Statement } from './code-tree.ts'
import { innerLists } from './code-tree.ts'

/** How a region becomes a function of its own: what it is called by, and how locals go in and out. */
export interface RegionPlan {
  readonly region: Region
  readonly functionIndex: number
  /** Its function returns the number of the exit. */
  readonly says: boolean
  /** Locals that it reads and writes in globals. */
  readonly shares: ReadonlySet<number>
  /** Locals of its own, ascending: they are dead where it begins and where it ends. */
  readonly privates: readonly number[]
}

/** Locals that live in globals, with the global, in the order of the locals. */
export interface SharedLocals {
  readonly globals: ReadonlyMap<number, number>
}

/** Gives out globals by type; they are used by every split function, each of which restores what it finds. */
export interface GlobalPool {
  /** The `at`th global of a type. */
  globalFor(type: number, at: number): number
}

/** Where everything of one function goes. */
export interface RegionPlans {
  /** Inner regions before those that they lie in. */
  readonly plans: ReadonlyMap<Region, RegionPlan>
  readonly shared: SharedLocals
}

/** Plans every region of the function; their functions get indexes from `firstFunction` on. */
export function planRegions(tree: FunctionTree, pool: GlobalPool, firstFunction: number): RegionPlans {
  const plans = new Map<Region, RegionPlan>()
  const visit = (statements: readonly Statement[]): { readonly used: Set<number>; readonly shared: Set<number> } => {
    const used = new Set<number>()
    const shared = new Set<number>()
    const visitNode = (node: CodeNode): void => {
      if (node.kind === 'local') used.add(node.index)
      if (node.kind === 'region') for (const local of planRegion(node.region)) shared.add(local)
      for (const list of innerLists(node)) for (const { nodes } of list) nodes.forEach(visitNode)
    }
    for (const { nodes } of statements) nodes.forEach(visitNode)
    return { used, shared }
  }
  const planRegion = (region: Region): ReadonlySet<number> => {
    const { used, shared } = visit([...(region.restart?.moves ?? []), ...region.statements])
    const outside = region.liveIn | region.liveOut
    for (const local of used) if ((outside >> BigInt(local)) % 2n === 1n) shared.add(local)
    const privates = [...used].filter((local) => !shared.has(local)).sort((left, right) => left - right)
    const says = region.exits.length > 1 || (region.exits.length === 1 && region.falls)
    plans.set(region, { region, functionIndex: firstFunction + plans.size, says, shares: shared, privates })
    return shared
  }
  const { shared } = visit(tree.root.body)
  const globals = new Map<number, number>()
  const counts = new Map<number, number>()
  for (const local of [...shared].sort((left, right) => left - right)) {
    const type = tree.locals[local] ?? 0
    const at = counts.get(type) ?? 0
    counts.set(type, at + 1)
    globals.set(local, pool.globalFor(type, at))
  }
  return { plans, shared: { globals } }
}
