/** Files in which a host notes what two sides had in common (spec/22-sync.md, "State"). */
import { AosError } from '@aos/cbor'
import { isRecord } from '../config-file.ts'
import { readText } from '../files.ts'

/** The document of version 1 in the file. Throws `sync.bad_state`, `host.file`. */
export function readStateFile(file: string): Readonly<Record<string, unknown>> {
  const text = readText(file)
  try {
    const state: unknown = JSON.parse(text)
    if (isRecord(state) && state['version'] === 1) return state
  } catch (cause) {
    throw badState(file, cause)
  }
  throw badState(file)
}

/** `sync.bad_state`. */
export function badState(file: string, cause?: unknown): AosError {
  return new AosError('sync.bad_state', `${file} is not as it was written`, {
    cause,
    details: { file },
    hint: 'remove it: then the host does not know what it said, and whatever differs on both sides may be a conflict once',
  })
}
