/** Every code of what goes between a folder and a world. */

/** What each code means (spec/22-sync.md, "Names"). */
export const SYNC_ERRORS = {
  'sync.bad_encoding': 'A segment of a workspace is not what the name of a file is written as.',
  'sync.leaves_folder': 'A name is empty, leads out of its folder, or holds a separator.',
  'sync.bad_character': 'A name holds a character that cannot be seen, or that some system refuses.',
  'sync.reserved_name': 'Some system gives the name another meaning, or a tool reads what stands there.',
  'sync.long_name': 'A name is longer than a folder can hold.',
  'sync.name_twins': 'Two names in one folder are one on systems that do not tell their letters apart.',
  'sync.not_a_file': 'A link, or something else that is neither a file nor a folder, stands in a folder.',
  'sync.conflict': 'A folder and the world changed in the same place; details.paths lists where.',
  'sync.changing': 'A file of a folder was written while it was read.',
  'sync.no_folder': 'A folder that is to be pushed is not there; that is no wish to remove everything.',
  'sync.unknown_path': 'The sync file annotates a path at which nothing would stand.',
  'sync.bad_state': 'The note of what a folder and the world had in common is not as it was written.',
  'sync.world_file':
    'A world file would have to change, which only its author can do; details.paths lists what is to be written.',
  'sync.unfinished': 'A pull was broken off; the next pull finishes it.',
} as const
