/** The daemon that does the commands of a world (spec/15-control.md, "Life" and "A host of many worlds"). */
import { basename, dirname } from 'node:path'
import type { WorldFolder } from '../world-folder.ts'
import { isWorldName, worldsFolderAt } from '../worlds/worlds-folder.ts'
import { connectControl } from './control-client.ts'
import type { ControlClient } from './control-client.ts'
import { controlPlaceOf } from './place.ts'

/** That of the world alone, else the host of the folder that the world lies in; undefined without either. */
export async function connectWorld(world: WorldFolder): Promise<ControlClient | undefined> {
  const own = await connectControl(controlPlaceOf(world))
  if (own !== undefined) return own
  const name = basename(world.root)
  return isWorldName(name) ? connectControl(worldsFolderAt(dirname(world.root)).place, name) : undefined
}
