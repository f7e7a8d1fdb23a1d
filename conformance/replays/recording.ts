/**
 * Recorded journals: everything a world needs to be derived again, in one file.
 *
 * Recordings under `format-N/` are replayed by every later version and never made anew: one that no longer replays is a
 * change of meaning, which needs a new engine.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { MODULE_PROFILE, nodeSha256, openFolder, worldFolderAt } from '@aos/host'
import { formatHash, parseHash, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { createWorld, decodeEntry } from '@aos/kernel'
import type { ModuleRuntime, World } from '@aos/kernel'
import { MerkleLog } from '@aos/store'
import { createModuleRuntime } from '@aos/wasm'

export interface Recording {
  readonly about: string
  readonly world: string
  readonly engine: string
  readonly root: string
  /** Base64 by hash: definitions and modules. */
  readonly content: Readonly<Record<string, string>>
  /** Base64, by height. */
  readonly entries: readonly string[]
  /** State bytes in hexadecimal, by reducer and by key bytes in hexadecimal. */
  readonly cells: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export interface Replayed {
  readonly world: World
  readonly root: Hash
}

export function readRecording(file: string): Recording {
  return JSON.parse(readFileSync(file, 'utf8')) as Recording // written by `record`, and compared field by field
}

/** Derives and verifies every entry, with the modules run by `modules`. Throws with the first difference. */
export function replayRecording(
  recording: Recording,
  change?: (entry: Uint8Array, height: number) => Uint8Array,
  modules: ModuleRuntime = createModuleRuntime({ sha256: nodeSha256 }),
): Replayed {
  const world = createWorld({
    sha256: nodeSha256,
    profile: MODULE_PROFILE,
    modules,
    content: {
      get(hash) {
        const text = recording.content[hash]
        if (text === undefined) throw new Error(`the recording lacks ${hash}`)
        return new Uint8Array(Buffer.from(text, 'base64'))
      },
    },
  })
  const log = new MerkleLog()
  recording.entries.forEach((text, height) => {
    const entry = new Uint8Array(Buffer.from(text, 'base64'))
    const difference = world.replay(change === undefined ? entry : change(entry, height), { verify: true })
    if (difference !== undefined) throw new Error(`height ${height}: ${difference.path}: ${difference.found}`)
    if (world.head !== undefined) log.append(world.head.leaf)
  })
  return { world, root: formatHash(log.root()) }
}

/** State of the cells of these reducers, as a recording has it. */
export function cellsOf(world: World, reducers: readonly string[]): Recording['cells'] {
  return Object.fromEntries(
    reducers.map((reducer) => [
      reducer,
      Object.fromEntries([...world.listCells(reducer)].map(({ key, state }) => [toHex(key), toHex(state)])),
    ]),
  )
}

/** Records a world folder. Its journal and content are read; nothing is written there. */
export async function record(given: {
  readonly folder: string
  readonly about: string
  readonly file: string
}): Promise<void> {
  const opened = await openFolder(worldFolderAt(given.folder), { environment: process.env })
  try {
    const entries: string[] = []
    const content: Record<string, string> = {}
    const reducers = new Set<string>()
    for (const batch of opened.store.journal.read({ from: 0 })) {
      for (const { bytes } of batch) {
        entries.push(Buffer.from(bytes).toString('base64'))
        const entry = decodeEntry(bytes)
        for (const { fields } of entry.derived) if (fields.get(0) === 0) reducers.add(String(fields.get(1)))
        const blobs = entry.ingress.get(6)
        for (const blob of Array.isArray(blobs) ? (blobs as readonly unknown[]) : []) {
          if (!(blob instanceof Uint8Array)) continue
          const hash = formatHash(blob)
          content[hash] = Buffer.from(opened.readContent(parseHash(hash))).toString('base64')
        }
      }
    }
    const draft = { about: given.about, world: '', engine: '', root: '', content, entries, cells: {} }
    const { world, root } = replayRecording(draft)
    const recording: Recording = {
      ...draft,
      world: String(world.id),
      engine: world.engineDigest,
      root,
      cells: cellsOf(world, [...reducers]),
    }
    writeFileSync(given.file, `${JSON.stringify(recording, null, 1)}\n`)
  } finally {
    await opened.store.close()
  }
}
