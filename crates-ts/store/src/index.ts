/** @aos/store: journal segments and content-addressed store (spec/07-journal.md). */
export type { AppendRequest, AppendResult, ContentStore, JournalHead, JournalPort, JournalRecord } from './port.ts'
export { STORE_ERRORS, type StoreErrorCode } from './errors.ts'
export { nodeSha256 } from './node-sha256.ts'
export { MerkleLog, merkleRoot, type MerklePeaks } from './merkle.ts'
export type { LogHead } from './journal.ts'
export {
  SEGMENT_BYTES_DEFAULT,
  SEGMENT_BYTES_MIN,
  openWorldStore,
  type WorldStore,
  type WorldStoreOptions,
} from './world-store.ts'
export type { ContentDriver } from './packs/open-content.ts'
export { makeMemoryDisk, openMemoryStore, type MemoryDisk } from './memory.ts'
export { nodeDisk, type Disk, type DiskFile, type DiskMode } from './disk.ts'
export { verifyJournal, type JournalDifference, type JournalVerdict } from './verify.ts'
export { verifyContent, type ContentProblem, type ContentVerdict, type VerifyContentOptions } from './verify-content.ts'
export { makeEntries, makeEntry, headOf, worldOf, type EntryOptions } from './kit/entries.ts'
export { contentSuite } from './kit/content-suite.ts'
export { journalSuite } from './kit/journal-suite.ts'
export type { Expectation, StoreDriver, StorePlace, TestApi } from './kit/kit.ts'
