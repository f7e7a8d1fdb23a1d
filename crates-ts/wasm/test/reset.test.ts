import { beforeAll, describe, expect, it } from 'vitest'
import { callGuest, compileGuest, makeGuest, rewriteModule, type RewrittenModule } from '../src/index.ts'
import { makeRandom, SEED } from './_guests.ts'
import { loadAssembler } from './_wat.ts'

/** Interprets its input: records of 16 bytes, what to do, where, with what, how much. */
const TEXT = `(module
  (memory (export "memory") 3)
  (global $a (mut i32) (i32.const 5)) (global $b (mut i64) (i64.const -1)) (global $c (mut f64) (f64.const 0.5))
  (global $heap (mut i32) (i32.const 100000))
  (data (i32.const 1020) "somewhere across a border") (data (i32.const 40000) "here") (data (i32.const 196600) "end.....")
  (func (export "alloc") (param i32) (result i32) (global.get $heap))
  (func (export "step") (param $p i32) (param $n i32) (result i32 i32)
    (local $end i32) (local $at i32) (local $v i64) (local $m i32)
    (local.set $end (i32.add (local.get $p) (local.get $n)))
    (loop $next
      (if (i32.lt_u (local.get $p) (local.get $end))
        (then
          (local.set $at (i32.load offset=4 (local.get $p)))
          (local.set $v (i64.load32_u offset=8 (local.get $p)))
          (local.set $m (i32.load offset=12 (local.get $p)))
          (block $done
          (block $global (block $grow (block $copy (block $fill (block $f64 (block $i64 (block $i32 (block $i8
            (br_table $i8 $i32 $i64 $f64 $fill $copy $grow $global (i32.load (local.get $p))))
            (i32.store8 (local.get $at) (i32.const 255)) (br $done))
            (i32.store offset=3 (local.get $at) (i32.const -1)) (br $done))
            (i64.store (local.get $at) (i64.const -1)) (br $done))
            (f64.store offset=1025 (local.get $at) (f64.const -1)) (br $done))
            (memory.fill (local.get $at) (i32.const 170) (local.get $m)) (br $done))
            (memory.copy (local.get $at) (i32.wrap_i64 (local.get $v)) (local.get $m)) (br $done))
            (drop (memory.grow (i32.and (local.get $m) (i32.const 31)))) (br $done))
            (global.set $a (local.get $m)) (global.set $b (local.get $v)) (global.set $c (f64.const 9)))
          (local.set $p (i32.add (local.get $p) (i32.const 16)))
          (br $next))))
    (i32.store (i32.const 0) (global.get $a))
    (i64.store (i32.const 4) (global.get $b))
    (f64.store (i32.const 12) (global.get $c))
    (i32.store (i32.const 20) (memory.size))
    (i32.const 0) (i32.const 24)))`

const BORDERS = [1024, 2048, 3072, 4096, 5120, 8192, 65_536, 98_304, 131_072, 196_608, 1_048_576, 5_242_880, 16_777_216]

function randomInput(random: (below: number) => number): Uint8Array {
  const records = 1 + random(6)
  const input = new DataView(new ArrayBuffer(records * 16))
  for (let at = 0; at < records * 16; at += 16) {
    const border = (BORDERS[random(BORDERS.length)] ?? 0) - 12 + random(16)
    const place = random(3) === 0 ? random(2 ** 24) : border
    input.setUint32(at, random(8), true)
    input.setUint32(at + 4, random(20) === 0 ? 2 ** 32 - random(9) : place, true)
    input.setUint32(at + 8, random(2 ** 20), true)
    input.setUint32(at + 12, random(4) === 0 ? random(3_000_000) : random(2_000), true)
  }
  return new Uint8Array(input.buffer)
}

describe('reset', () => {
  let rewritten: RewrittenModule
  beforeAll(async () => {
    rewritten = rewriteModule((await loadAssembler()).assemble('reset', TEXT))
  })

  it('gives back the initial image, globals and size after any call', () => {
    const random = makeRandom(SEED)
    const guest = makeGuest(rewritten, compileGuest(rewritten))
    guest.exports.__reset(0, 0)
    const image = Buffer.from(guest.memory)
    const call = (input: Uint8Array): string => {
      const { outcome, output } = callGuest(guest, { entry: 'step', input, fuelLimit: 1_000_000 })
      return `${outcome} ${Buffer.from(output).toString('hex')}`
    }
    const quiet = call(new Uint8Array(0))
    const outcomes = new Set<string>()
    for (let round = 0; round < 200; round += 1) {
      outcomes.add(call(randomInput(random)).split(' ')[0] ?? '')
      guest.exports.__reset(0, 0)
      if (!image.equals(guest.memory)) expect.fail(`seed ${SEED}, round ${round}: memory differs after reset`)
      if (call(new Uint8Array(0)) !== quiet) expect.fail(`seed ${SEED}, round ${round}: globals or size differ`)
    }
    expect([...outcomes].toSorted()).toEqual(['ok', 'trap'])
  })

  it('marks what the host writes', () => {
    const guest = makeGuest(rewritten, compileGuest(rewritten))
    const random = makeRandom(SEED)
    guest.exports.__reset(0, 0)
    const image = Buffer.from(guest.memory)
    for (let round = 0; round < 200; round += 1) {
      const start = random(2 ** 24)
      const length = Math.min(random(round % 10 === 0 ? 2_000_000 : 5_000), 2 ** 24 - start)
      guest.exports.__mark(start, length)
      guest.memory.fill(255, start, start + length)
      guest.exports.__reset(0, 0)
      if (!image.equals(guest.memory)) expect.fail(`seed ${SEED}, round ${round}: ${start} + ${length}`)
    }
  })
})
