/** Pack files under damage and loss of power, on ports in memory (spec/07-journal.md, "Content"). */
import { equalBytes, formatHash, hashBytes, isAosError, sha256, toHex, type Hash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { nodeSha256, verifyContent } from '../src/index.ts'
import { openContent, type ClosableContent } from '../src/packs/open-content.ts'
import { keyOf } from './_content.ts'
import { MemoryMachine } from './_memory-ports.ts'

const FOLDER = '/store'
const PACK = `${FOLDER}/packs/00000001.pack`

interface Opening {
  readonly readOnly?: boolean
  readonly packBytes?: number
}

function open(
  machine: MemoryMachine,
  { readOnly = false, packBytes = 1 << 26 }: Opening = {},
): Promise<ClosableContent> {
  const { disk, openKeyValue } = machine
  return openContent({ folder: FOLDER, disk, openKeyValue, readOnly, packBytes, driver: 'packs' })
}

function verify(machine: MemoryMachine): ReturnType<typeof verifyContent> {
  return verifyContent(FOLDER, { disk: machine.disk, openKeyValue: machine.openKeyValue })
}

function valueOf(number: number, length = 40): Uint8Array {
  return new Uint8Array(length).map((_, index) => (number * 37 + index) % 251)
}

function hashOf(value: Uint8Array): Hash {
  return formatHash(sha256(nodeSha256, value))
}

/** `right`, `absent`, `damaged`; anything else fails the test. */
function ask(content: ClosableContent, value: Uint8Array): string {
  try {
    const found = content.get(hashOf(value))
    if (found !== undefined && !equalBytes(found, value)) throw new Error('other bytes than those of the hash')
    return found === undefined ? 'absent' : 'right'
  } catch (error) {
    expect(isAosError(error) ? error.code : error).toBe('store.corrupt_blob')
    return 'damaged'
  }
}

const VALUES = [valueOf(1, 9), valueOf(2, 0), valueOf(3, 30), valueOf(4, 12), valueOf(5, 1)]
/** Every place is tried; whether all heals is tried at each of these. */
const HEALED_EACH = 6

/** Each a write of its own but the last two. */
async function filled(): Promise<MemoryMachine> {
  const machine = new MemoryMachine()
  const content = await open(machine)
  for (const value of VALUES.slice(0, 3)) await content.put([value])
  await content.put(VALUES.slice(3))
  await content.close()
  return machine
}

function packOf(machine: MemoryMachine): Uint8Array {
  return machine.files.get(PACK) ?? new Uint8Array(0)
}

/** Whatever was lost can be stored again, and then everything is there, also after reopening. */
async function expectHeals(machine: MemoryMachine, content: ClosableContent): Promise<void> {
  await content.put(VALUES)
  expect(VALUES.map((value) => ask(content, value))).toEqual(VALUES.map(() => 'right'))
  await content.close()
  const again = await open(machine)
  expect(VALUES.map((value) => ask(again, value))).toEqual(VALUES.map(() => 'right'))
  expect(await again.stat()).toEqual({ count: 5, bytes: VALUES.reduce((sum, { length }) => sum + length, 0) })
  await again.close()
  expect((await verify(machine)).count).toBe(5)
  expect(machine.openFiles).toBe(0)
}

describe('one changed byte of a pack', () => {
  it.each(['kept', 'lost'])('costs at most its own value, which is told of, with the index %s', async (index) => {
    const whole = await filled()
    for (let at = 0; at < packOf(whole).length; at += 1) {
      const machine = whole.copy()
      packOf(machine)[at] = (packOf(machine)[at] ?? 0) ^ 0x40
      expect((await verify(machine)).ok).toBe(false)
      if (index === 'lost') machine.loseDatabase()
      const reading = await open(machine, { readOnly: true })
      const found = VALUES.map((value) => ask(reading, value))
      await reading.close()
      expect(found.filter((answer) => answer === 'right').length, `byte ${at}`).toBeGreaterThanOrEqual(4)
      if (index === 'kept') expect(found).not.toContain('absent')
      if (at % HEALED_EACH !== 0) continue
      const content = await open(machine)
      expect(VALUES.map((value) => ask(content, value))).toEqual(found)
      await expectHeals(machine, content)
    }
  })
})

describe('a pack that ends early', () => {
  it.each(['kept', 'lost'])('keeps what is whole, with the index %s', async (index) => {
    const whole = await filled()
    const ends = VALUES.map((value) => Buffer.from(packOf(whole)).indexOf(hashBytes(hashOf(value))) + 40 + value.length)
    for (let size = 0; size < packOf(whole).length; size += 1) {
      const machine = whole.copy()
      machine.files.set(PACK, packOf(machine).slice(0, size))
      if (index === 'lost') machine.loseDatabase()
      const content = await open(machine)
      const found = VALUES.map((value) => ask(content, value) === 'right')
      expect(found, `cut at ${size}`).toEqual(ends.map((end) => end <= size))
      if (size % HEALED_EACH === 0) await expectHeals(machine, content)
      else await content.close()
    }
  })
})

describe('the index', () => {
  it('may be gone', async () => {
    const machine = await filled()
    machine.loseDatabase()
    expect(await verify(machine)).toMatchObject({ ok: false, count: 5, problems: [{ path: 'cas' }] })
    const before = machine.copy()
    const reading = await open(machine, { readOnly: true })
    expect(VALUES.map((value) => ask(reading, value))).toEqual(VALUES.map(() => 'right'))
    expect((await reading.stat()).count).toBe(5)
    await reading.close()
    expect(machine.files).toEqual(before.files)
    expect(machine.hasDatabase).toBe(false)
    const content = await open(machine)
    expect((await content.stat()).count).toBe(5)
    await content.put([valueOf(9)])
    await content.close()
    expect(await verify(machine)).toMatchObject({ ok: true, count: 6 })
  })

  it('may have holes', async () => {
    const whole = await filled()
    for (const missing of VALUES) {
      const machine = whole.copy()
      machine.pairs.delete(toHex(keyOf('p', hashOf(missing))))
      expect(await verify(machine)).toMatchObject({ ok: false, count: 5, problems: [{ hash: hashOf(missing) }] })
      const reading = await open(machine, { readOnly: true })
      expect(reading.has(hashOf(missing))).toBe(true)
      expect(ask(reading, missing)).toBe('right')
      await reading.close()
      const content = await open(machine)
      expect(ask(content, missing)).toBe('right')
      await content.close()
      expect(await verify(machine)).toMatchObject({ ok: true, count: 5 })
    }
  })

  it('may name wrong places', async () => {
    const machine = await filled()
    const [first, , second] = VALUES.map((value) => toHex(keyOf('p', hashOf(value))))
    const [one, two] = [machine.pairs.get(first ?? ''), machine.pairs.get(second ?? '')]
    if (one === undefined || two === undefined) throw new Error('the index lacks a value')
    machine.pairs.set(first ?? '', [one[0], two[1]])
    machine.pairs.set(second ?? '', [two[0], new Uint8Array(25).fill(0xff)])
    expect((await verify(machine)).problems.map(({ path }) => path)).toEqual(['cas', 'cas'])
    const content = await open(machine)
    expect(VALUES.map((value) => ask(content, value))).toEqual(VALUES.map(() => 'right'))
    await content.close()
  })

  it('follows when the process ended before it was written', async () => {
    const machine = new MemoryMachine()
    const content = await open(machine)
    await content.put(VALUES)
    const ended = machine.copy()
    expect(ended.pairs.size).toBe(0)
    const again = await open(ended)
    expect(VALUES.map((value) => ask(again, value))).toEqual(VALUES.map(() => 'right'))
    expect((await again.stat()).count).toBe(5)
    await again.close()
    expect(await verify(ended)).toMatchObject({ ok: true, count: 5 })
    await content.close()
  })
})

describe('power that fails', () => {
  const SEED = Number(process.env['AOS_SEED'] ?? 7)

  /** Numbers from 0 to 1, the same for a seed. */
  function chance(seed: number): () => number {
    let state = seed
    return () => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
      return (state >>> 0) / 2 ** 32
    }
  }

  /** Puts until power fails; what was acknowledged goes to `acknowledged`. */
  async function work(machine: MemoryMachine, from: number, acknowledged: Uint8Array[]): Promise<boolean> {
    try {
      const content = await open(machine, { packBytes: 3000 })
      for (let round = from; round < from + 6; round += 1) {
        const values = [valueOf(round, 30), valueOf(round + 1000, 600), valueOf(round, round % 3 === 0 ? 262_200 : 10)]
        await Promise.all([content.put(values), content.put([valueOf(round + 2000, 520)])])
        acknowledged.push(...values, valueOf(round + 2000, 520))
      }
      await content.close()
      return true
    } catch (error) {
      if (machine.hasPower) throw error
      return false
    }
  }

  it('at any step, twice, loses nothing that was acknowledged and leaves no damage', async () => {
    const seed = `seed ${SEED}`
    let isDone = false
    for (let steps = 0; !isDone; steps += 1) {
      const acknowledged: Uint8Array[] = []
      let machine = new MemoryMachine()
      isDone = true
      for (const life of [0, 1]) {
        machine.stepsLeft = steps + life
        machine.random = chance(SEED + 2 * steps + life)
        isDone = (await work(machine, 10 * life, acknowledged)) && isDone
        machine = machine.copy()
      }
      const content = await open(machine)
      const found = new Set(acknowledged.map((value) => ask(content, value)))
      expect(
        [...found].filter((answer) => answer !== 'right'),
        `${seed}, step ${steps}`,
      ).toEqual([])
      await content.close()
      const { ok, problems } = await verify(machine)
      expect(problems, `${seed}, step ${steps}`).toEqual([])
      expect(ok).toBe(true)
    }
  })
})

describe('packs', () => {
  it('are gone on with only when who wrote them closed them', async () => {
    const machine = new MemoryMachine()
    for (const number of [1, 2, 3]) {
      const content = await open(machine)
      await content.put([valueOf(number)])
      await content.close()
    }
    expect(machine.disk.list(`${FOLDER}/packs`)).toEqual(['00000001.pack'])
    const abandoned = await open(machine)
    await abandoned.put([valueOf(4)])
    const next = await open(machine)
    await next.put([valueOf(5)])
    expect(machine.disk.list(`${FOLDER}/packs`)).toEqual(['00000001.pack', '00000002.pack'])
    await abandoned.put([valueOf(6)])
    await next.close()
    const last = await open(machine)
    expect([1, 2, 3, 4, 5, 6].map((number) => ask(last, valueOf(number)))).toEqual(Array(6).fill('right'))
    await last.close()
  })

  it('keep descriptors bounded', async () => {
    const machine = new MemoryMachine()
    const content = await open(machine, { packBytes: 200 })
    const values = Array.from({ length: 40 }, (_, index) => valueOf(index, 100))
    for (const value of values) await content.put([value])
    expect(machine.disk.list(`${FOLDER}/packs`).length).toBe(40)
    for (const value of values) expect(ask(content, value)).toBe('right')
    expect(machine.openFiles).toBeLessThan(12)
    await content.close()
    expect(machine.openFiles).toBe(0)
    expect(await verify(machine)).toMatchObject({ ok: true, count: 40 })
    expect(machine.openFiles).toBe(0)
  })

  it('take no record out of a value', async () => {
    const machine = await filled()
    const hostile = packOf(machine).slice()
    const content = await open(machine)
    await content.put([hostile, valueOf(6)])
    await content.close()
    const at = Buffer.from(packOf(machine)).indexOf(hashBytes(hashOf(hostile)))
    packOf(machine)[at - 20] = 0x77
    machine.loseDatabase()
    const again = await open(machine)
    expect([...VALUES, valueOf(6)].map((value) => ask(again, value))).toEqual(Array(6).fill('right'))
    expect(ask(again, hostile)).toBe('absent')
    expect((await again.stat()).count).toBe(6)
    await again.close()
  })

  it('of a later format version are refused', async () => {
    const machine = await filled()
    const head = packOf(machine)
    head[7] = 2
    head.set(sha256(nodeSha256, head.slice(0, 24)).subarray(0, 8), 24)
    machine.loseDatabase()
    await expect(open(machine)).rejects.toMatchObject({ code: 'store.unsupported' })
    expect((await verify(machine)).ok).toBe(false)
  })
})

describe('a value in a file of its own', () => {
  const LONG = valueOf(1, 300_000)
  const PATH = `${FOLDER}/blobs/${toHex(hashBytes(hashOf(LONG))).slice(0, 2)}/${toHex(hashBytes(hashOf(LONG)))}`

  async function withLong(): Promise<MemoryMachine> {
    const machine = new MemoryMachine()
    const content = await open(machine)
    await content.put([LONG, valueOf(2)])
    await content.close()
    expect(machine.files.get(PATH)?.length).toBe(LONG.length)
    expect(await verify(machine)).toMatchObject({ ok: true, count: 2, bytes: 300_040 })
    return machine
  }

  it.each([
    ['damaged', (bytes: Uint8Array) => bytes.map((byte, index) => (index === 77 ? byte ^ 1 : byte))],
    ['damaged', (bytes: Uint8Array) => bytes.slice(0, 1000)],
    ['absent', () => undefined],
  ])('may be %s', async (answer, change) => {
    const machine = await withLong()
    const changed = change(LONG)
    if (changed === undefined) machine.files.delete(PATH)
    else machine.files.set(PATH, changed)
    expect(await verify(machine)).toMatchObject({ ok: false, count: 1, problems: [{ hash: hashOf(LONG) }] })
    const content = await open(machine)
    expect(ask(content, LONG)).toBe(answer)
    await content.put([LONG])
    expect(ask(content, LONG)).toBe('right')
    expect((await content.stat()).count).toBe(2)
    await content.close()
    expect(await verify(machine)).toMatchObject({ ok: true, count: 2 })
  })

  it('is found without a record, and unfinished files are removed', async () => {
    const machine = await withLong()
    machine.files.delete(PACK)
    machine.loseDatabase()
    machine.files.set(`${PATH}.tmp`, new Uint8Array(5))
    const reading = await open(machine, { readOnly: true }).catch((error: unknown) => error)
    expect(reading).toMatchObject({ code: 'store.not_found' })
    const content = await open(machine)
    expect(ask(content, LONG)).toBe('right')
    expect(machine.files.has(`${PATH}.tmp`)).toBe(false)
    await content.close()
  })
})
