/** The codes this package can produce (spec/08-errors.md). */
export const STORE_ERRORS = {
  'store.archive_exists': 'There is a file already where an archive or an anchor is to be written.',
  'store.bad_archive': 'A file is no archive or anchor of this format, or cut off.',
  'store.bad_option': 'An option is out of its range, for example a segment size that is no multiple of 4096.',
  'store.bad_request':
    'An append request breaks the port: heights not dense, another world, too many bytes, three calls in flight.',
  'store.bad_proof': 'The place of an entry in a log does not lead to a root.',
  'store.closed': 'The store has been closed.',
  'store.corrupt': 'Journal bytes that were durable are damaged; details name the first bad height.',
  'store.corrupt_blob': 'Stored content does not have the hash it is stored under.',
  'store.failed': 'Reading or writing failed, now or earlier; the port is dead and the world must be reopened.',
  'store.fenced': 'Another opening of the world is in force; this one has lost the lock and may not write.',
  'store.locked': 'Another process, or another opening in this one, holds the world.',
  'store.no_space': 'The disk is full; nothing that was acknowledged is lost.',
  'store.not_found': 'There is no store in this folder, and it was opened only for reading.',
  'store.read_only': 'The store was opened only for reading.',
  'store.unsupported': 'The journal was written in a format version that this release does not read.',
  'journal.compacted': 'Entries below a height have only their headers; details name the lowest height that is whole.',
  'journal.missing': 'The journal ends below what was acknowledged; details name the missing heights.',
} as const

/** Codes of this package: of the journal, of content and of the folder both lie in. */
export type StoreErrorCode = keyof typeof STORE_ERRORS
