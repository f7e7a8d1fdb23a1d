/**
 * The rules by which a journal is opened (spec/07-journal.md, "Opening"): the last segment is read whole and its
 * entries' chain checked; what was torn is found, what was lost is refused.
 */
import { AosError, equalBytes, formatHash, type HashBytes } from '@aos/cbor'
import type { AcknowledgedHead } from './acknowledged.ts'
import type { Disk, DiskFile } from './disk.ts'
import { LeafHasher, findHeader, isLinked, readChainFields, type ByteRange } from './entry-parts.ts'
import { PAGE_BYTES, type SegmentFooter, type SegmentHeader } from './layout.ts'
import { MerkleLog } from './merkle.ts'
import type { JournalHead } from './port.ts'
import {
  SegmentScanner,
  findWitness,
  forEachFrame,
  isZeroFrom,
  type ScanStep,
  type ScannedGroup,
} from './segment-scan.ts'
import { corrupt, listJournal, readFooterBefore, readHeader, type JournalFiles, type SegmentName } from './segments.ts'

/** What stands at the end of a journal. */
export interface Tail {
  readonly name: SegmentName
  readonly header: SegmentHeader
  readonly head: JournalHead | undefined
  readonly epoch: number
  readonly lastGroup: HashBytes
  /** Where the next group goes. */
  readonly position: number
  readonly size: number
  /** Bytes from here to the end of the file are torn and must become zero. */
  readonly cutFrom: number | undefined
  readonly sealed: boolean
  readonly log: MerkleLog
}

export interface JournalState {
  readonly files: JournalFiles
  /** undefined: the journal is empty. */
  readonly tail: Tail | undefined
  /** A last segment cut off within its first page, with nothing acknowledged in it: to be removed. */
  readonly stub: SegmentName | undefined
}

export interface InspectOptions {
  readonly acceptLoss: boolean
}

/** Reads the end of a journal and changes nothing. Throws `store.corrupt`, `store.unsupported`, `journal.missing`. */
export function inspectJournal(
  disk: Disk,
  folder: string,
  acknowledged: AcknowledgedHead,
  options: InspectOptions,
): JournalState {
  const files = listJournal(disk, folder)
  const names = [...files.segments]
  let stub: SegmentName | undefined
  const last = names.at(-1)
  if (last !== undefined && sizeOf(disk, last) < PAGE_BYTES) stub = names.pop()
  const name = names.at(-1)
  const tail = name === undefined ? undefined : inspectTail(disk, names, name)
  if (stub !== undefined && stub.firstHeight !== (tail?.head === undefined ? 0 : tail.head.height + 1)) {
    throw corrupt(stub.firstHeight, `${stub.path} is cut off and does not follow what stands`, 'header')
  }
  checkAcknowledged(tail, acknowledged.head, options)
  return { files, tail, stub }
}

/** Throws unless everything acknowledged stands; the loss of a tail may be accepted, another history may not. */
function checkAcknowledged(
  tail: Tail | undefined,
  acknowledged: JournalHead | undefined,
  options: InspectOptions,
): void {
  if (acknowledged === undefined) return
  const head = tail?.head
  const ends = head?.height ?? -1
  if (ends < acknowledged.height) {
    if (options.acceptLoss) return
    const missing =
      ends + 1 === acknowledged.height ? `height ${ends + 1} is` : `heights ${ends + 1} to ${acknowledged.height} are`
    throw new AosError('journal.missing', `${missing} missing: acknowledged, but not in the journal`, {
      details: { first_missing: ends + 1, last_missing: acknowledged.height, leaf: formatHash(acknowledged.leaf) },
      hint: 'Restore the journal from a copy, or open with --accept-loss to go on without them.',
    })
  }
  if (head !== undefined && ends === acknowledged.height && !equalBytes(head.leaf, acknowledged.leaf)) {
    throw corrupt(ends, 'another entry was acknowledged at this height than the one that stands', 'leaf')
  }
}

function inspectTail(disk: Disk, names: readonly SegmentName[], name: SegmentName): Tail {
  const file = disk.open(name.path, 'read')
  try {
    const header = readHeader(file, name)
    const before = footerBefore(disk, names.at(-2), header)
    return readTail(file, name, header, new MerkleLog(before?.log))
  } finally {
    file.close()
  }
}

function footerBefore(disk: Disk, name: SegmentName | undefined, header: SegmentHeader): SegmentFooter | undefined {
  if (name === undefined) {
    if (header.firstHeight === 0) return undefined
    throw corrupt(0, `the first segment starts at height ${header.firstHeight}`, 'segments')
  }
  const file = disk.open(name.path, 'read')
  try {
    return readFooterBefore(file, name, header)
  } finally {
    file.close()
  }
}

function readTail(file: DiskFile, name: SegmentName, header: SegmentHeader, log: MerkleLog): Tail {
  const scanner = new SegmentScanner(file, header)
  const chain = new ChainCheck(header.firstHeight, header.leafBefore)
  let step: ScanStep = scanner.next()
  for (; step.kind === 'group'; step = scanner.next()) chain.group(step, log)
  const footer = step.kind === 'footer' && isFooterOf(step.footer, header, scanner, chain) ? step.footer : undefined
  const sealed = footer !== undefined
  const lastGroup = footer?.lastGroup ?? scanner.lastGroup
  const end = { name, header, head: chain.head, epoch: scanner.epoch, lastGroup, log, sealed }
  const { position } = step
  if (sealed && scanner.size === position + PAGE_BYTES) {
    return { ...end, position, size: scanner.size, cutFrom: undefined }
  }
  if (header.lastHeight !== undefined) {
    // It was whole before it had its name: no crash tears it.
    throw corrupt(scanner.nextHeight, `${name.path} is damaged at byte ${position}`, 'headers', header.lastHeight)
  }
  if (step.kind === 'end' && isZeroFrom(file, position)) {
    return { ...end, position, size: scanner.size, cutFrom: undefined }
  }
  const height = scanner.nextHeight
  const witness = findWitness(file, header, position)
  if (witness >= height) {
    const what = step.kind === 'bad' ? step.what : step.kind
    throw corrupt(height, `the journal is damaged here (${what}), and height ${witness} was durable`, what, witness)
  }
  return { ...end, sealed: false, position, size: scanner.size, cutFrom: position }
}

function isFooterOf(footer: SegmentFooter, header: SegmentHeader, scanner: SegmentScanner, chain: ChainCheck): boolean {
  return (
    footer.firstHeight === header.firstHeight &&
    footer.lastHeight === scanner.nextHeight - 1 &&
    footer.log.size === scanner.nextHeight &&
    equalBytes(footer.fileGroup ?? footer.lastGroup, scanner.lastGroup) &&
    equalBytes(footer.leaf, chain.leaf)
  )
}

/** Checks the headers of the tail: each entry names its height and the leaf before it. */
class ChainCheck {
  readonly #hasher = new LeafHasher()
  #height: number
  #leaf: HashBytes

  constructor(firstHeight: number, leafBefore: HashBytes) {
    this.#height = firstHeight
    this.#leaf = leafBefore
  }

  get leaf(): HashBytes {
    return this.#leaf
  }

  get head(): JournalHead | undefined {
    return this.#height === 0 ? undefined : { height: this.#height - 1, leaf: this.#leaf }
  }

  group(group: ScannedGroup, log: MerkleLog): void {
    const whole = forEachFrame(group, (height, entry) => {
      const header = findHeader(entry)
      if (header === undefined) throw corrupt(height, 'the entry has no readable header', 'header')
      if (!isLinked(entry, header, { height, prev: this.#leaf })) this.#checkFields(height, entry, header)
      this.#leaf = this.#hasher.hash(entry, header)
      this.#height = height + 1
      log.append(this.#leaf)
    })
    if (!whole) throw corrupt(this.#height, 'the frames do not fill their group', 'frame')
  }

  #checkFields(height: number, entry: Uint8Array, header: ByteRange): void {
    const fields = readChainFields(entry, header)
    if (fields === undefined) throw corrupt(height, 'the entry has no readable header', 'header')
    if (fields.height !== height) throw corrupt(height, `the entry calls itself ${fields.height}`, 'header.height')
    if (!equalBytes(fields.prev, this.#leaf)) {
      throw corrupt(height, 'the entry does not follow the one before', 'header.prev')
    }
  }
}

function sizeOf(disk: Disk, name: SegmentName): number {
  const file = disk.open(name.path, 'read')
  try {
    return file.size()
  } finally {
    file.close()
  }
}
