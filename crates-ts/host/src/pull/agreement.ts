/** What a folder and a world last had in common, definition by definition (spec/22-sync.md, "Definitions"). */
import { isAosError, isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../config-file.ts'
import type { SigningWorld, WorldFacts } from '../daemon/signing-world.ts'
import { writeDurably } from '../files.ts'
import { badState, readStateFile } from '../sync/state-file.ts'
import type { WorldFolder } from '../world-folder.ts'
import type { Items } from './items.ts'

/** What was alike on both sides, and what may have become so since. */
export interface Agreement {
  /** By which entry the world began: notes of another world do not count. */
  readonly world: Hash
  /** undefined: the folder was never compared, but something was brought that may be in force by now. */
  readonly items: Items | undefined
  readonly pending: readonly Pending[]
}

/** What a folder said when it was brought to a world in which it was not in force at once. */
export interface Pending {
  readonly manifest: Hash
  /** undefined: an entry that should have put it in force, unless something came between. */
  readonly proposal: number | undefined
  readonly items: Items
}

/**
 * The notes, with what became of pending changes: what was put in force was alike on both sides then. undefined: there are none. Throws
 * `sync.bad_state`, `host.file`.
 */
export async function readAgreement(host: SigningWorld, facts: WorldFacts): Promise<Agreement | undefined> {
  const noted = readNotes(host.folder)
  if (noted === undefined || noted.world !== facts.id) return undefined
  let { items } = noted
  const open: Pending[] = []
  for (const pending of noted.pending) {
    const state = await stateOf(host, facts, pending)
    if (state === 'done') items = pending.items
    else if (state === 'open') open.push(pending)
  }
  return { world: noted.world, items, pending: open }
}

/** Throws `host.file`. */
export function writeAgreement(folder: WorldFolder, agreement: Agreement): void {
  writeAgreementDocument(folder, agreementDocument(agreement))
}

/** What `agreementDocument` gave. Throws `host.file`. */
export function writeAgreementDocument(folder: WorldFolder, document: unknown): void {
  writeDurably(notesFile(folder), `${JSON.stringify(document)}\n`)
}

/** As it is written. */
export function agreementDocument({ world, items, pending }: Agreement): unknown {
  return {
    version: 1,
    world,
    ...(items === undefined ? {} : { items: Object.fromEntries(items) }),
    pending: pending.map(({ manifest, proposal, items: of }) => ({
      manifest,
      ...(proposal === undefined ? {} : { proposal }),
      items: Object.fromEntries(of),
    })),
  }
}

function notesFile({ hidden }: WorldFolder): string {
  return join(hidden, 'definitions.json')
}

async function stateOf(
  host: SigningWorld,
  { manifestHash }: WorldFacts,
  { manifest, proposal }: Pending,
): Promise<'done' | 'open' | 'gone'> {
  if (manifestHash === manifest) return 'done'
  if (proposal === undefined) return 'gone'
  try {
    const { status, manifest: proposed } = await host.proposal({ number: proposal })
    if (proposed !== manifest) return 'gone'
    if (status === 'open') return 'open'
    // What was taken back since was in force before.
    return status === 'applied' || status === 'reverted' ? 'done' : 'gone'
  } catch (error) {
    if (isAosError(error) && error.code === 'gov.unknown_proposal') return 'gone'
    throw error
  }
}

function readNotes(folder: WorldFolder): Agreement | undefined {
  const file = notesFile(folder)
  if (!existsSync(file)) return undefined
  const record = readStateFile(file)
  const { world, pending = [] } = record
  if (!isHash(world) || !Array.isArray(pending)) throw badState(file)
  return {
    world,
    items: record['items'] === undefined ? undefined : readItems(file, record['items']),
    pending: pending.map((entry: unknown) => readPending(file, entry)),
  }
}

function readPending(file: string, entry: unknown): Pending {
  if (!isRecord(entry) || !isHash(entry['manifest'])) throw badState(file)
  const { manifest, proposal } = entry
  if (proposal !== undefined && (typeof proposal !== 'number' || !Number.isSafeInteger(proposal))) throw badState(file)
  return { manifest, proposal, items: readItems(file, entry['items']) }
}

function readItems(file: string, value: unknown): Items {
  if (!isRecord(value)) throw badState(file)
  return new Map(
    Object.entries(value).map(([item, hash]) => {
      if (!isHash(hash)) throw badState(file)
      return [item, hash] as const
    }),
  )
}
