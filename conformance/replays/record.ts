/** `npx tsx --conditions=@aos/source conformance/replays/record.ts FOLDER FILE ABOUT`: makes a recording of a world. */
import { record } from './recording.ts'

const [folder, file, about] = process.argv.slice(2)
if (folder === undefined || file === undefined || about === undefined) throw new Error('expected FOLDER FILE ABOUT')
await record({ folder, file, about })
