/**
 * Content by hash: durable puts of several sizes, gets warm and after reopening, and each beside what it cannot go below: one
 * durable write a put, one SHA-256 a get.
 * Run: npx tsx --conditions=@aos/source bench/content-store.bench.ts [seconds per put row] [packs | level]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatHash, parseHash, sha256, type Hash } from '@aos/cbor'
import { nodeDisk, nodeSha256, openWorldStore, type WorldStore } from '@aos/store'
import { machineFacts, machineText } from './machine.ts'
import { median, now, percentile } from './measure.ts'

interface PutShape {
  readonly name: string
  readonly bytes: number
  readonly batch: number
  /** The caller has hashed the values. */
  readonly isHashed?: boolean
}

const SHAPES: readonly PutShape[] = [
  { name: 'put 200 B, one a batch', bytes: 200, batch: 1 },
  { name: 'put 200 B, 256 a batch', bytes: 200, batch: 256 },
  { name: 'put 4 KiB, 16 a batch', bytes: 4096, batch: 16 },
  { name: 'put 1 MB, one a batch', bytes: 1_000_000, batch: 1 },
  { name: 'put 100 B hashed, 5000', bytes: 100, batch: 5_000, isHashed: true },
  { name: 'put 900 B hashed, 5000', bytes: 900, batch: 5_000, isHashed: true },
]
const ABSENT = parseHash(`sha256:${'0'.repeat(64)}`)
const READS_MAX = 20_000
const READ_BYTES_MAX = 64_000_000

/** Values that differ in their first bytes and do not compress: what they hold does not matter to the store. */
function* distinctValues(bytes: number, seed: number): Generator<Uint8Array, never, undefined> {
  let state = seed
  const filling = Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
  for (let index = 0; ; index += 1) {
    const value = filling.slice()
    new DataView(value.buffer).setUint32(0, index)
    yield value
  }
}

/** Median milliseconds of a durable write of as many bytes at the end of a file. */
async function durableWriteMs(folder: string, bytes: number): Promise<number> {
  const file = nodeDisk.open(join(folder, `writes-${bytes}`), 'durable')
  const value = new Uint8Array(bytes).fill(1)
  const times: number[] = []
  for (let index = 0; index < 100; index += 1) {
    const start = now()
    await file.writeDurable(value, index * bytes)
    times.push(now() - start)
  }
  file.close()
  return median(times)
}

async function benchPut(folder: string, store: WorldStore, shape: PutShape, milliseconds: number): Promise<Hash[]> {
  const source = distinctValues(shape.bytes, shape.bytes + shape.batch)
  const limit = await durableWriteMs(folder, shape.bytes * shape.batch)
  const hashes: Hash[] = []
  const times: number[] = []
  const start = now()
  let cpu = 0
  while (now() - start < milliseconds) {
    const values = Array.from({ length: shape.batch }, () => source.next().value)
    const hashed = values.map((bytes) => ({ hash: sha256(nodeSha256, bytes), bytes }))
    const before = process.cpuUsage()
    const at = now()
    if (shape.isHashed === true) await store.content.putHashed(hashed)
    else await store.content.put(values)
    times.push(now() - at)
    cpu += cpuSince(before)
    hashes.push(...hashed.map(({ hash }) => formatHash(hash)))
  }
  cpu /= hashes.length
  const p50 = median(times)
  const perSecond = Math.round((times.length * shape.batch * 1000) / times.reduce((sum, time) => sum + time, 0))
  console.log(
    `${shape.name.padEnd(24)} ${String(perSecond).padStart(7)} values/s  p50 ${p50.toFixed(3)} ms  ` +
      `p99 ${percentile(times, 0.99).toFixed(3)} ms  ${(p50 / limit).toFixed(1)} x one durable write  ` +
      `cpu ${cpu.toFixed(1)} us each`,
  )
  return hashes
}

/** Not in the order in which they were put. */
function scattered(hashes: readonly Hash[], max: number): readonly Hash[] {
  const count = Math.min(READS_MAX, hashes.length, max)
  return Array.from({ length: count }, (_, index) => hashes[(index * 7919) % hashes.length]).filter(
    (hash) => hash !== undefined,
  )
}

/** Microseconds of the whole process, the threads of the database included: comparable on a machine that others use. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function microsecondsEach(hashes: readonly Hash[], read: (hash: Hash) => number): number {
  const start = now()
  let sum = 0
  for (const hash of hashes) sum += read(hash)
  if (sum <= 0) throw new Error('nothing was read')
  return (1000 * (now() - start)) / hashes.length
}

function benchGet(name: string, store: WorldStore, hashes: readonly Hash[], bytes: number): void {
  const before = process.cpuUsage()
  const each = microsecondsEach(hashes, (hash) => store.content.get(hash)?.length ?? 0)
  const cpu = cpuSince(before) / hashes.length
  const value = new Uint8Array(bytes).fill(1)
  const hashing = microsecondsEach(hashes, () => sha256(nodeSha256, value).length)
  const ratio = `${(each / hashing).toFixed(1)} x its SHA-256`
  console.log(`${name.padEnd(24)} ${each.toFixed(2).padStart(7)} us each  ${ratio}  cpu ${cpu.toFixed(1)} us each`)
}

async function benchDriver(content: 'packs' | 'level', milliseconds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aos-bench-'))
  try {
    const store = await openWorldStore(folder, { content })
    const kept: { readonly shape: PutShape; readonly hashes: readonly Hash[] }[] = []
    for (const shape of SHAPES) {
      const hashes = await benchPut(folder, store, shape, milliseconds)
      kept.push({ shape, hashes: scattered(hashes, Math.floor(READ_BYTES_MAX / shape.bytes)) })
    }
    await store.close()
    const start = now()
    const again = await openWorldStore(folder, { content })
    const opened = now()
    const { count, bytes } = await again.content.stat()
    const ms = `open ${Math.round(opened - start)} ms  count ${Math.round(now() - opened)} ms`
    console.log(`${ms}, ${count} values, ${Math.round(bytes / 1e6)} MB`)
    for (const { shape, hashes } of kept.filter(({ shape }) => shape.batch > 1 || shape.bytes > 200)) {
      const size = shape.name.slice(4, shape.name.indexOf(','))
      benchGet(`get ${size}, reopened`, again, hashes, shape.bytes)
      benchGet(`get ${size}, warm`, again, hashes, shape.bytes)
    }
    const search = now()
    again.content.get(ABSENT)
    console.log(`first miss ${Math.round(now() - search)} ms`)
    await again.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

console.log(machineText(machineFacts(join(import.meta.dirname, '..'))))
const milliseconds = Number(process.argv[2] ?? 2) * 1000
for (const driver of ['level', 'packs'] as const) {
  if (process.argv[3] !== undefined && process.argv[3] !== driver) continue
  console.log(`--- ${driver}`)
  await benchDriver(driver, milliseconds)
}
