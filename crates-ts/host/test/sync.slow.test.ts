/** A folder of 50,000 files. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { push, pushWorkspace } from '../src/index.ts'
import type { SyncReport } from '../src/index.ts'
import { answeringDefinitions } from './_answers.ts'
import { makeLastEventModule } from './_module.ts'
import { PUSH, makeTestWorld } from './_world.ts'

test('50,000 files are pushed within a minute, one that changed within two seconds', { timeout: 180_000 }, async () => {
  const world = makeTestWorld()
  writeFileSync(join(world.folder.root, 'air', 'all.json'), JSON.stringify(answeringDefinitions()))
  const host = await world.open()
  try {
    await host.store.content.put([makeLastEventModule()])
    await push(host, PUSH)
    const folder = join(world.folder.root, 'many')
    for (let group = 0; group < 500; group += 1) {
      mkdirSync(join(folder, `g${group}`), { recursive: true })
      for (let at = 0; at < 100; at += 1) writeFileSync(join(folder, `g${group}`, `f${at}.txt`), `${group} ${at}\n`)
    }
    const timed = async (): Promise<{ readonly report: SyncReport; readonly seconds: number }> => {
      const from = performance.now()
      const ref = { workspace: 'many', version: undefined, path: undefined }
      const rules = { ignore: [], annotations: new Map() }
      const request = { ref, folder, ...rules, prune: false, dryRun: false, message: undefined }
      const report = await pushWorkspace(host, request)
      return { report, seconds: (performance.now() - from) / 1000 }
    }
    const first = await timed()
    writeFileSync(join(folder, 'g7', 'f7.txt'), 'changed')
    const second = await timed()
    console.log(`first ${first.seconds.toFixed(2)} s, one file ${second.seconds.toFixed(2)} s`)
    expect(first.report.plan.write).toHaveLength(50_000)
    expect(second.report.plan).toMatchObject({ write: ['g7/f7.txt'], remove: [], kept: [] })
    expect(first.seconds).toBeLessThan(60)
    expect(second.seconds).toBeLessThan(2)
  } finally {
    await host.close()
    world.remove()
  }
})
