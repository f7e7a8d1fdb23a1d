import { Output, SeedRequested, WorkspacesEvent, WorkspacesPhase, WorkspacesState } from './generated'

/** Asks the plan to fill each workspace, and keeps what it tells. */
export function reduce(state: WorkspacesState | null, event: WorkspacesEvent, out: Output): WorkspacesState | null {
  const next = state === null ? new WorkspacesState(WorkspacesPhase.Seeding()) : state
  if (event.isStart) {
    const start = event.asStart
    for (let at = 0; at < start.workspaces.length; at += 1) {
      const workspace = start.workspaces[at]
      next.pending.add(workspace)
      const seed = new SeedRequested()
      seed.workspace = workspace
      seed.owner = start.owner
      out.raise<SeedRequested>(seed)
    }
    next.pc = WorkspacesPhase.Seeding()
    return next
  }
  const seeded = event.asSeeded
  next.pending.delete(seeded.workspace)
  next.seeded.set(seeded.workspace, seeded)
  if (next.pending.size == 0) next.pc = WorkspacesPhase.Done()
  return next
}
