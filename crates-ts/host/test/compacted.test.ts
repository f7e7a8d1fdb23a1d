/** A world of which old entries have only their headers, as verification sees it. */
import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KIND_NUMBER } from '@aos/kernel'
import { openWorldStore } from '@aos/store'
import { valueFromText, verifyWorldJournal } from '../src/index.ts'
import { EVENT, makeTestWorld, openPushed } from './_world.ts'

const KEPT: ReadonlySet<number> = new Set([KIND_NUMBER.genesis, KIND_NUMBER.manifest, KIND_NUMBER.key])

test('a compacted journal verifies, and says below which height there are only headers', async () => {
  const world = makeTestWorld()
  try {
    writeFileSync(world.folder.settingsFile, '{"version":1,"segment_bytes":65536}')
    const host = await openPushed(world)
    for (let n = 0; n < 60; n += 1) {
      const value = valueFromText(host.definitions, EVENT, JSON.stringify({ n }))
      await host.send({ kind: 'event', principal: 'local:test', schema: EVENT, value })
    }
    await host.close()
    const store = await openWorldStore(world.folder.store)
    const { root, size: entries } = store.logHead()
    const report = await store.compact({ before: 50, keep: (kind) => KEPT.has(kind) })
    expect(report.segments).toBeGreaterThan(2)
    const compactedBelow = store.journal.firstWhole
    await store.close()
    const verify = { environment: { AOS_KEY_DIR: world.keys }, onProgress: () => undefined }
    const verified = { ok: true, entries, compactedBelow, root }
    expect(await verifyWorldJournal(world.folder, verify)).toMatchObject(verified)
  } finally {
    world.remove()
  }
})
