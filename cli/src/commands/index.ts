/** The table of commands, in the order of `aos --help`. */
import { AUTHOR_COMMANDS } from './author.ts'
import { DAEMON_COMMANDS } from './daemon.ts'
import { DOCTOR_COMMANDS } from './doctor.ts'
import { READ_COMMANDS } from './read.ts'
import { GATE_COMMANDS } from './gate.ts'
import { GOV_COMMANDS } from './gov.ts'
import { LADDER_COMMANDS } from './ladder.ts'
import { WORKSPACE_COMMANDS } from './workspaces.ts'
import { SECRET_COMMANDS } from './secret.ts'
import { ARCHIVE_COMMANDS } from './world-archive.ts'
import { WORLD_COMMANDS } from './world.ts'
import { WORLDS_COMMANDS } from './worlds.ts'
import type { CommandGroup, CommandSpec } from './spec.ts'

/** Every verb there is, in the order of the help. */
export const COMMANDS: readonly (CommandSpec | CommandGroup)[] = [
  ...WORLD_COMMANDS,
  ...DAEMON_COMMANDS,
  ...WORLDS_COMMANDS,
  ...GATE_COMMANDS,
  ...WORKSPACE_COMMANDS,
  ...SECRET_COMMANDS,
  ...GOV_COMMANDS,
  ...ARCHIVE_COMMANDS,
  ...READ_COMMANDS,
  ...AUTHOR_COMMANDS,
  ...DOCTOR_COMMANDS,
  ...LADDER_COMMANDS,
]
