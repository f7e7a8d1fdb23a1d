/** Whether openings can begin with the checkpoints that are there. */
import type { JournalPort } from '@aos/store'
import type { CheckpointFolder } from '../checkpoints/checkpoint-folder.ts'
import { isLeafAt } from '../snapshots/open-newest.ts'
import { passed, warned } from './report.ts'
import type { Check } from './report.ts'

/** Where they are, and the keys that sign them. */
export interface CheckpointPlaces {
  readonly checkpoints: CheckpointFolder
  readonly keyFolder: string
  /** undefined: it cannot be read. */
  readonly journal: JournalPort | undefined
}

/** undefined: there are none, as after a clean stop. */
export function checkCheckpoints({ checkpoints, keyFolder, journal }: CheckpointPlaces): Check | undefined {
  if (checkpoints.isEmpty) return undefined
  const found = checkpoints.find()
  if (found !== undefined) {
    const { record } = found.head
    const { height } = record
    if (journal === undefined || isLeafAt(journal, record))
      return passed('checkpoints', `the newest checkpoint is of height ${height}`, { height })
    return warned(
      'checkpoints',
      `the newest checkpoint is of height ${height} of another journal than the one that is here: an opening passes over it`,
      { hint: 'nothing need be done: the next run renews it', details: { height } },
    )
  }
  return warned(
    'checkpoints',
    'checkpoints are there, and none of them can be used: an opening after a crash takes longer',
    {
      hint: `put the host key of this world into ${keyFolder}, or set AOS_KEY_DIR to the folder that has it; if it is there, the files are damaged, and the next run renews them`,
      details: { key_folder: keyFolder },
    },
  )
}
