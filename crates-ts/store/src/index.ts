/** @aos/store: journal segments and content-addressed store (spec/07-journal.md). */
export type {
  AppendRequest,
  AppendResult,
  ContentStore,
  HashedValue,
  HeaderRecord,
  JournalHead,
  JournalPort,
  JournalRecord,
  StoredWatch,
  SweepOptions,
  SweepReport,
} from './port.ts'
export { STORE_ERRORS, type StoreErrorCode } from './errors.ts'
export { nodeSha256 } from './node-sha256.ts'
export { MerkleLog, merkleRoot, type MerklePeaks } from './merkle.ts'
export { placeInLog, rootOfPlace, type LogPlace } from './merkle-proof.ts'
export type { CompactOptions, CompactReport } from './compact.ts'
export { restoreHeaders, type RestoreHeadersOptions } from './restore-headers.ts'
export type { Pause } from './pause.ts'
export type { RootEntry } from './find-roots.ts'
export { SNAPSHOT_NOTES_MAX, type SnapshotNote, type SnapshotNotes } from './snapshot-notes.ts'
export type { LogHead } from './journal.ts'
export {
  SEGMENT_BYTES_DEFAULT,
  SEGMENT_BYTES_MIN,
  openWorldStore,
  type WorldStore,
  type WorldStoreOptions,
} from './world-store.ts'
export { lockFolder, openingFile, readOpening, type FolderLock } from './folder-lock.ts'
export type { ContentDriver } from './packs/open-content.ts'
export { makeMemoryDisk, openMemoryStore, type MemoryDisk } from './memory.ts'
export { nodeDisk, type Disk, type DiskFile, type DiskMode } from './disk.ts'
export { verifyJournal, type JournalDifference, type JournalVerdict } from './verify.ts'
export { verifyArchive, type ArchiveVerdict, type VerifyArchiveOptions } from './verify-archive.ts'
export {
  listAnchors,
  openAnchor,
  removeAnchor,
  verifyAnchor,
  writeAnchor,
  type AnchorOptions,
  type AnchorReport,
  type AnchorVerdict,
  type OpenedAnchor,
} from './anchor.ts'
export { verifyContent, type ContentProblem, type ContentVerdict, type VerifyContentOptions } from './verify-content.ts'
export { makeEntries, makeEntry, headOf, worldOf, type EntriesOptions, type EntryOptions } from './kit/entries.ts'
export { compactionSuite } from './kit/compaction-suite.ts'
export { contentSuite } from './kit/content-suite.ts'
export { journalSuite } from './kit/journal-suite.ts'
export { sweepSuite } from './kit/sweep-suite.ts'
export { snapshotNotesSuite } from './kit/snapshot-notes-suite.ts'
export { Random } from './kit/machine/random.ts'
export { SimulatedMachine, type CrashKind, type MachinePorts } from './kit/machine/machine.ts'
export type { Crash, Outcome } from './kit/machine/scheduler.ts'
export {
  SIMULATED_WORLD,
  openSimulated,
  type OpenSimulated,
  type SimulatedOptions,
} from './kit/crash/open-simulated.ts'
export { runCrash, type CrashReport } from './kit/crash/crash-run.ts'
export { catchMutant, crashSuite, type CrashDriver, type CrashTotals, type SeedRange } from './kit/crash/crash-suite.ts'
export { MUTANTS, type Mutant } from './kit/crash/mutants.ts'
export { makeFlipWorld, type FlipTarget, type FlipWorld, type FlipWorldOptions } from './kit/crash/bit-flips.ts'
export type { RotVerdict } from './kit/crash/rot.ts'
export type { Expectation, StoreDriver, StorePlace, TestApi } from './kit/kit.ts'
