import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAosError } from '@aos/cbor'
import {
  createEffectsHost,
  exportWorld,
  importWorld,
  openWorld,
  replayJournal,
  verifyWorldJournal,
  worldFolderAt,
} from '../src/index.ts'
import type { HostWorld } from '../src/index.ts'
import { doing, pushedEffectWorld } from './_effect-world.ts'
import type { EffectWorld } from './_effect-world.ts'

let world: EffectWorld
let place: string
let archive: string
let bytes: Buffer

beforeAll(async () => {
  world = await pushedEffectWorld()
  place = mkdtempSync(join(tmpdir(), 'aos-archive-'))
  archive = join(place, 'first')
  const host = await world.open()
  for (let n = 1; n <= 5; n += 1) await host.send(doing('again', n))
  host.vault.set('test/key', 'a secret of this world')
  await host.createSnapshot()
  await host.store.content.put([Buffer.from('some value'), Buffer.from('another value')])
  await exportWorld(host, archive)
  await host.close()
  bytes = readFileSync(archive)
})

afterAll(() => {
  world.remove()
  rmSync(place, { recursive: true, force: true })
})

const environment = (): { readonly AOS_KEY_DIR: string } => ({ AOS_KEY_DIR: world.keys })

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isAosError(error)) return error.code
    throw error
  }
  return 'none'
}

async function withImported<T>(name: string, run: (host: HostWorld) => Promise<T>): Promise<T> {
  const host = await openWorld(worldFolderAt(join(place, name)), { environment: environment() })
  try {
    return await run(host)
  } finally {
    await host.close()
  }
}

/** What the file says of itself, said of other bytes. */
function resealed(body: Uint8Array): Buffer {
  const head = Buffer.from([4, 0, 0, 0, 32])
  return Buffer.concat([body, head, createHash('sha256').update(body).digest()])
}

/** Everything before the last frame. */
function body(): Buffer {
  return bytes.subarray(0, bytes.length - 37)
}

test('the world that comes of it is the same, and gives the same archive', async () => {
  const report = await importWorld(archive, join(place, 'copy'), { environment: environment() })
  const folder = worldFolderAt(join(place, 'copy'))
  expect(await verifyWorldJournal(folder, { environment: environment(), onProgress: () => undefined })).toMatchObject({
    ok: true,
    entries: report.entries,
  })
  await withImported('copy', async (host) => {
    expect(host.snapshot).toBeDefined()
    const replayed = replayJournal(host, { to: undefined, verify: true, onProgress: () => undefined })
    expect(replayed).toMatchObject({ ok: true })
    await exportWorld(host, join(place, 'second'))
  })
  expect(readFileSync(join(place, 'second'))).toEqual(bytes)
})

test('neither keys nor secrets are in it, and an imported world performs nothing before it is adopted', async () => {
  await importWorld(archive, join(place, 'quiet'), { environment: environment() })
  expect(readdirSync(join(place, 'quiet', '.aos')).toSorted()).toEqual(['imported', 'world'])
  for (const text of ['a secret of this world', 'AOSVAULT', 'PRIVATE KEY']) expect(bytes.includes(text)).toBe(false)
  await withImported('quiet', async (host) => {
    expect(host.vault.values()).toEqual([])
    const effects = createEffectsHost(host, { adapters: [], environment: {} })
    expect(await codeOf(effects.start())).toBe('transfer.imported')
    rmSync(host.folder.imported)
    await effects.start()
    await effects.stop()
  })
})

test('a world in use is exported as it was at one height', async () => {
  const host = await world.open()
  const before = host.kernel.head?.height ?? 0
  const exporting = exportWorld(host, join(place, 'used'))
  for (let n = 10; n < 20; n += 1) await host.send(doing('again', n))
  const { entries } = await exporting
  expect(entries).toBe(before + 1)
  await host.close()
  expect(
    (await importWorld(join(place, 'used'), join(place, 'used copy'), { environment: environment() })).entries,
  ).toBe(entries)
})

test('what was cut off or altered is refused, and nothing is left behind', { timeout: 60_000 }, async () => {
  const file = join(place, 'bad')
  const target = join(place, 'target')
  const refuse = async (bad: Uint8Array, code = 'transfer.damaged'): Promise<void> => {
    writeFileSync(file, bad)
    expect(await codeOf(importWorld(file, target, { environment: environment() }))).toBe(code)
    expect(readdirSync(place).filter((name) => name.includes('target'))).toEqual([])
  }
  const step = Math.max(1, Math.floor(bytes.length / 60))
  for (let at = 0; at < bytes.length; at += step) {
    await refuse(bytes.subarray(0, at))
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] ?? 0) ^ 0x04
    await refuse(flipped, at === 8 ? 'transfer.unsupported' : 'transfer.damaged')
  }
  await refuse(Buffer.concat([bytes, Buffer.from([0])]))
  await refuse(resealed(body().subarray(0, -1)))
  // A frame that claims more than there is, and one that no archive has.
  await refuse(resealed(Buffer.concat([body(), Buffer.from([3, 0x3f, 0xff, 0xff, 0xff])])))
  await refuse(resealed(Buffer.concat([body(), Buffer.from([9, 0, 0, 0, 0])])))
  // A value too many, and one in the wrong place.
  await refuse(resealed(Buffer.concat([body(), Buffer.from([3, 0, 0, 0, 1, 0x61])])))
  await refuse(Buffer.from('AOSWORLD'))
})

test('an entry that was altered with a right hash of the file is refused by what the chain says', async () => {
  const altered = Buffer.from(body())
  // The last part of the second entry: what it holds is named by its header.
  const first = 9 + 5 + altered.readUInt32BE(10)
  const second = first + 5 + altered.readUInt32BE(first + 1)
  const end = second + 5 + altered.readUInt32BE(second + 1) - 1
  altered[end] = (altered[end] ?? 0) ^ 1
  writeFileSync(join(place, 'forged'), resealed(altered))
  const target = join(place, 'forged target')
  expect(await codeOf(importWorld(join(place, 'forged'), target, { environment: environment() }))).toBe(
    'transfer.damaged',
  )
  expect([existsSync(target), existsSync(join(place, '.forged target.importing'))]).toEqual([false, false])
})

test('a place that is taken is left alone', async () => {
  const used = join(place, 'taken')
  mkdirSync(used)
  writeFileSync(join(used, 'mine'), 'mine')
  expect(await codeOf(importWorld(archive, used, { environment: environment() }))).toBe('host.not_empty')
  expect(readdirSync(used)).toEqual(['mine'])
  expect(await codeOf(importWorld(archive, join(place, 'no', 'folder'), { environment: environment() }))).toBe(
    'host.file',
  )
  expect(await codeOf(importWorld(join(place, 'none'), join(place, 'new'), { environment: environment() }))).toBe(
    'host.file',
  )
  const host = await world.open()
  expect(await codeOf(exportWorld(host, archive))).toBe('transfer.exists')
  expect(await codeOf(exportWorld(host, join(place, 'no', 'file')))).toBe('host.file')
  await host.close()
  expect(readFileSync(archive)).toEqual(bytes)
  mkdirSync(join(place, 'empty'))
  expect(await codeOf(importWorld(archive, join(place, 'empty'), { environment: environment() }))).toBe('none')
})
