/** A world that keeps workspaces and nothing else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sandbox } from './_command.ts'

const MANIFEST = {
  $kind: 'manifest',
  air_version: '1',
  schemas: [],
  modules: [{ name: 'sys/Workspace@1' }],
  plans: [],
  effects: [],
  caps: [],
  policies: [],
  routing: { events: [{ event: 'sys/WorkspaceCommit@1', reducer: 'sys/Workspace@1', key_field: 'workspace' }] },
}

/** Pushed; the folder of it. */
export async function makeWorkspaceWorld(sandbox: Sandbox): Promise<string> {
  const world = join(sandbox.folder, 'world')
  await sandbox.run(['init', 'world', '--template', 'empty'])
  writeFileSync(join(world, 'air', 'manifest.air.json'), JSON.stringify(MANIFEST))
  const pushed = await sandbox.run(['push', '--world', world])
  if (pushed.exit !== 0) throw new Error(pushed.stderr)
  return world
}
