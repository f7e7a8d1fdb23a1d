/** Going through packs in slices: what is in one, and what of it is dead (spec/07-journal.md, "Sweeping"). */
import type { HashBytes } from '@aos/cbor'
import type { DiskFile } from '../disk.ts'
import type { Pause } from '../pause.ts'
import { isSamePlace, type FoundRecord } from './content-index.ts'
import { PACK_HEAD_BYTES, RECORD_HEAD_BYTES, recordBytes } from './pack-layout.ts'
import type { ContentParts, PackReader } from './pack-reader.ts'
import { scanPack, type ScanStep } from './pack-scan.ts'

/** Others have their turn after so many records. */
export const SLICE_RECORDS = 512

/** What going through packs in slices needs. */
export interface SurveyGround extends ContentParts {
  readonly reader: PackReader
  readonly pause: Pause
  /** Throws when the store has been closed or has failed. */
  readonly mustGoOn: () => void
}

/** What is in a pack. */
export interface Survey {
  /** Of the pack, and of the files that only it names. */
  readonly bytes: number
  /** Of what has to stay. */
  readonly liveBytes: number
  /** Of what every pack has. */
  readonly frameBytes: number
  /** Something in it was durable and is damaged. */
  readonly isDamaged: boolean
}

/** The values of which the index names the record in this pack are told to `count`. What the index lacks goes into it. */
export async function surveyPack(
  ground: SurveyGround,
  number: number,
  how: { readonly isLive: (hash: HashBytes) => boolean; readonly count: (isLive: boolean, length: number) => void },
): Promise<Survey> {
  const { index, reader } = ground
  let damaged: readonly FoundRecord[] = []
  let bad: number[] = []
  let isDamaged = false
  let fileBytes = 0
  let liveBytes = 0
  let frameBytes = PACK_HEAD_BYTES
  const size = await walkPack(ground, number, (step) => {
    if (step.kind === 'gap') {
      bad.push(step.position)
      return
    }
    damaged = reader.meet(step, number, damaged)
    const { kind, hash, length, durable } = step.head
    isDamaged ||= bad.some((position) => position < durable)
    // What the same write tore apart was never acknowledged.
    bad = []
    if (kind === 'closed') frameBytes += RECORD_HEAD_BYTES
    if (kind === 'closed' || !isSamePlace({ pack: number, position: step.position }, index.find(hash))) return
    const isLive = how.isLive(hash)
    const withFile = kind === 'file' ? length : 0
    fileBytes += withFile
    liveBytes += isLive ? recordBytes(step.head) + withFile : 0
    how.count(isLive, length)
  })
  return { bytes: size + fileBytes, liveBytes, frameBytes, isDamaged: isDamaged || bad.length > 0 }
}

/** Shows every step of a pack, in slices and with a descriptor of its own. Returns the size of the pack. */
export async function walkPack(
  ground: SurveyGround,
  number: number,
  visit: (step: ScanStep, file: DiskFile) => void,
  afterEach?: () => Promise<void> | undefined,
): Promise<number> {
  const { packs } = ground
  const file = packs.disk.open(packs.path(number), 'read')
  try {
    const size = file.size()
    let visited = 0
    for (const step of scanPack(file, { number, checksValues: false })) {
      visit(step, file)
      await afterEach?.()
      visited += 1
      if (visited % SLICE_RECORDS === 0) await takeTurns(ground)
    }
    return size
  } finally {
    file.close()
  }
}

/** Others have their turn. Throws when there is nothing to go on with after it. */
export async function takeTurns({ mustGoOn, pause }: Pick<SurveyGround, 'mustGoOn' | 'pause'>): Promise<void> {
  mustGoOn()
  await pause()
  mustGoOn()
}
