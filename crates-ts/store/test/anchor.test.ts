/** Anchors: copies that are read when everything else fails (spec/07-journal.md, "Anchors"). */
import { existsSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { equalBytes, formatHash, sha256, type Hash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import {
  SIMULATED_WORLD,
  listAnchors,
  nodeSha256,
  openAnchor,
  openWorldStore,
  removeAnchor,
  verifyAnchor,
  writeAnchor,
  type ContentStore,
  type HashedValue,
} from '../src/index.ts'
import { blobPath, damageValue, packPaths } from './_content.ts'
import { withFolder } from './_folder.ts'
import { overwrite } from './_journal.ts'
import { closeOn, makeMachine, openOn, runOn } from './_simulated.ts'

function valueOf(mark: number, length: number): HashedValue {
  const bytes = new Uint8Array(length).map((_, index) => (mark * 31 + index * 7) % 253)
  return { hash: sha256(nodeSha256, bytes), bytes }
}

function textOf({ hash }: HashedValue): Hash {
  return formatHash(hash)
}

const SMALL = Array.from({ length: 30 }, (_, mark) => valueOf(mark, 10 + mark))
const LONG = [valueOf(100, 300_000), valueOf(101, 2_500_000)]
const VALUES = [...SMALL, ...LONG, valueOf(0, 0)]

function missing(content: Pick<ContentStore, 'get'>, values: readonly HashedValue[]): number {
  return values.filter((value) => {
    const found = content.get(textOf(value))
    return found === undefined || !equalBytes(found, value.bytes)
  }).length
}

function pathOf(folder: string, name = 'one.pack'): string {
  return join(folder, 'anchors', name)
}

describe('an anchor', () => {
  it('holds values of any length, and is read with no store around it', () =>
    withFolder(async (folder) => {
      const path = pathOf(folder)
      const report = await writeAnchor(path, VALUES)
      const bytes = VALUES.reduce((sum, value) => sum + value.bytes.length, 0)
      expect(report).toEqual({ count: VALUES.length, bytes: statSync(path).size })
      expect(verifyAnchor(path)).toEqual({ ok: true, count: VALUES.length, bytes, problem: undefined })
      const anchor = openAnchor(path)
      expect([anchor.count, missing(anchor, VALUES), anchor.has(textOf(valueOf(7, 5)))]).toEqual([
        VALUES.length,
        0,
        false,
      ])
      anchor.close()
      async function* slowly(): AsyncGenerator<HashedValue> {
        yield* SMALL
      }
      await writeAnchor(pathOf(folder, 'two.pack'), slowly())
      expect(listAnchors(folder)).toEqual([path, pathOf(folder, 'two.pack')])
      await removeAnchor(path)
      await removeAnchor(path)
      expect(listAnchors(folder)).toEqual([pathOf(folder, 'two.pack')])
      await writeAnchor(pathOf(folder, 'none.pack'), [])
      expect(verifyAnchor(pathOf(folder, 'none.pack'))).toMatchObject({ ok: true, count: 0 })
    }))

  it('is refused where a file is, and for a value that has another hash; nothing is left behind', () =>
    withFolder(async (folder) => {
      const path = pathOf(folder)
      await writeAnchor(path, SMALL)
      const before = readFileSync(path)
      await expect(writeAnchor(path, VALUES)).rejects.toMatchObject({ code: 'store.archive_exists', details: { path } })
      expect(readFileSync(path).equals(before)).toBe(true)
      const wrong = { hash: valueOf(1, 9).hash, bytes: new Uint8Array(9) }
      const other = pathOf(folder, 'wrong.pack')
      await expect(writeAnchor(other, [...SMALL, wrong])).rejects.toMatchObject({ code: 'store.corrupt_blob' })
      function* failing(): Generator<HashedValue> {
        yield* SMALL
        throw new Error('out of values')
      }
      await expect(writeAnchor(other, failing())).rejects.toMatchObject({ code: 'store.failed' })
      expect(readdirSync(join(folder, 'anchors'))).toEqual(['one.pack'])
      expect(() => verifyAnchor(other)).toThrow(expect.objectContaining({ code: 'store.not_found' }))
    }))

  it('is found to be damaged in any byte, or cut', () =>
    withFolder(async (folder) => {
      const path = pathOf(folder)
      await writeAnchor(path, SMALL.slice(0, 8))
      const bytes = readFileSync(path)
      const unnoticed: number[] = []
      for (let position = 0; position < bytes.length; position += 1) {
        overwrite(path, position, Uint8Array.of((bytes[position] ?? 0) ^ 0x20))
        if (verifyAnchor(path).ok) unnoticed.push(position)
        overwrite(path, position, bytes.subarray(position, position + 1))
      }
      expect(unnoticed).toEqual([])
      for (let size = 0; size < bytes.length; size += 7) {
        writeFileSync(path, bytes.subarray(0, size))
        expect(verifyAnchor(path).ok, `cut at ${size}`).toBe(false)
      }
      writeFileSync(path, Buffer.concat([bytes, Buffer.of(0)]))
      expect(verifyAnchor(path).ok).toBe(false)
    }))
})

describe('a store with anchors', () => {
  it('reads from them what is missing or damaged in its packs, and nothing else', () =>
    withFolder(async (folder) => {
      const store = await openWorldStore(folder)
      await store.content.putHashed(VALUES)
      await store.close()
      // Damaged here, and of use for one value only.
      await writeAnchor(pathOf(folder, 'b.pack'), [...SMALL.slice(0, 2), ...LONG])
      await writeAnchor(pathOf(folder, 'a.pack'), SMALL.slice(0, 3))
      const path = pathOf(folder, 'b.pack')
      const at = readFileSync(path).indexOf(SMALL[1]?.bytes ?? '')
      overwrite(path, at, Uint8Array.of(0xff))
      for (const value of [...SMALL.slice(0, 5), ...LONG.slice(0, 1)]) damageValue(folder, textOf(value))
      rmSync(blobPath(folder, textOf(LONG[1] ?? valueOf(0, 0))))
      for (const readOnly of [true, false]) {
        const again = await openWorldStore(folder, { readOnly })
        expect(missing(again.content, [...SMALL.slice(0, 3), ...LONG, ...SMALL.slice(5)])).toBe(0)
        for (const value of SMALL.slice(3, 5)) expect(() => again.content.get(textOf(value))).toThrow('another hash')
        await again.close()
      }
    }))

  it('stands without its packs, also when an anchor is written or removed while it is open', () =>
    withFolder(async (folder) => {
      const store = await openWorldStore(folder)
      await store.content.putHashed(SMALL)
      await store.close()
      for (const path of packPaths(folder)) rmSync(path)
      rmSync(join(folder, 'cas'), { recursive: true })
      const again = await openWorldStore(folder)
      expect(missing(again.content, SMALL)).toBe(SMALL.length)
      await writeAnchor(pathOf(folder), SMALL)
      expect([missing(again.content, SMALL), again.content.has(textOf(SMALL[3] ?? valueOf(0, 0)))]).toEqual([0, true])
      // What is only in an anchor is not there for who stores it.
      await again.content.put(SMALL.slice(0, 10).map(({ bytes }) => bytes))
      expect((await again.content.stat()).count).toBe(10)
      await removeAnchor(pathOf(folder))
      expect(missing(again.content, SMALL)).toBe(SMALL.length - 10)
      await again.close()
    }))

  it('removes what a writer of an anchor has left unfinished', () =>
    withFolder(async (folder) => {
      await writeAnchor(pathOf(folder), SMALL)
      writeFileSync(`${pathOf(folder, 'two.pack')}.tmp`, 'half')
      truncateSync(`${pathOf(folder, 'two.pack')}.tmp`, 2)
      await (await openWorldStore(folder)).close()
      expect(existsSync(`${pathOf(folder, 'two.pack')}.tmp`)).toBe(false)
      expect(listAnchors(folder)).toEqual([pathOf(folder)])
    }))
})

describe('writing an anchor on the simulated machine', () => {
  it.each(['power', 'kill'] as const)('is whole or absent after a crash at any step by %s', async (kind) => {
    const path = pathOf(SIMULATED_WORLD)
    const values = SMALL.slice(0, 10)
    let found = 0
    let steps = 0
    for (let isDone = false; !isDone;) {
      steps += 1
      for (const seed of [1, 2, 3]) {
        const machine = makeMachine(seed)
        await closeOn(machine, await openOn(machine))
        machine.crashIn(steps, { kind, counts: /./ })
        const { disk, pause } = machine.ports()
        const outcome = await machine.run(() => writeAnchor(path, values, { disk, pause }))
        machine.crashNever()
        isDone = outcome.kind === 'done'
        if (isDone) machine.crash(kind)
        const isThere = listAnchors(SIMULATED_WORLD, { disk: machine.inspect() }).length > 0
        if (isDone) expect(isThere).toBe(true)
        if (!isThere) continue
        found += 1
        expect(verifyAnchor(path, { disk: machine.inspect() })).toMatchObject({ ok: true, count: 10 })
        const store = await openOn(machine)
        expect(await runOn(machine, async () => missing(store.content, values))).toBe(0)
        await closeOn(machine, store)
      }
    }
    expect([steps > 30, found > 5]).toEqual([true, true])
  })
})
