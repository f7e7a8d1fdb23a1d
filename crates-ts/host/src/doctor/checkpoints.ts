/** Whether openings can begin with the checkpoints that are there. */
import type { CheckpointFolder } from '../checkpoints/checkpoint-folder.ts'
import { passed, warned } from './report.ts'
import type { Check } from './report.ts'

/** undefined: there are none, as after a clean stop. */
export function checkCheckpoints(checkpoints: CheckpointFolder, keyFolder: string): Check | undefined {
  if (checkpoints.isEmpty) return undefined
  const found = checkpoints.find()
  if (found !== undefined) {
    const { height } = found.head.record
    return passed('checkpoints', `the newest checkpoint is of height ${height}`, { height })
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
