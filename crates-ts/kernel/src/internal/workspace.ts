/** The effects on workspaces, performed in the turn (G11; spec/19-workspaces.md, "Effects"). */
import { encodeNode } from '@aos/cbor'
import { WORKSPACE_OPS, noteOfAnswer, performWorkspace } from '@aos/workspace'
import type { TreeGrant, WorkspaceOp, WorkspaceParams, WorkspacePort } from '@aos/workspace'
import type { InternalEffect, InternalGround } from './internal-effect.ts'

/** The reducer whose cells are the histories of workspaces. */
const WORKSPACE_REDUCER = 'sys/Workspace@1'

/** Of a grant that was taken away in the meantime: then it has not been judged by it. */
const NO_GRANT: TreeGrant = { workspaces: [], pathPrefixes: [] }

/** All ten, by kind; each notes the trees that it makes. */
export const WORKSPACE_EFFECTS: readonly (readonly [string, InternalEffect])[] = WORKSPACE_OPS.map((op) => [
  `workspace.${op}`,
  effectOf(op),
])

function effectOf<Op extends WorkspaceOp>(op: Op): InternalEffect {
  return {
    perform: (params, ground) => {
      const given = params as WorkspaceParams[Op] // of the params schema, which is built in
      const { overlay, state, intent } = ground
      const value = performWorkspace(op, given, portOf(ground))
      const grant = state.catalog.actions.gate.grants.get(intent.grant)?.trees ?? NO_GRANT
      const note = noteOfAnswer(given, value, { grant, trees: overlay })
      if (note !== undefined) overlay.noteTree(note)
      return { status: 'ok', value }
    },
  }
}

function portOf({ blobs, overlay }: InternalGround): WorkspacePort {
  return {
    read: (hash) => blobs.read(hash),
    write: (bytes) => blobs.write(bytes),
    history: (workspace) => {
      const state = overlay.cellState(WORKSPACE_REDUCER, encodeNode(workspace))
      blobs.charge(state?.length ?? 0)
      return state
    },
  }
}
