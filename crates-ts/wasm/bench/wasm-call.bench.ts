/** One call of a pooled module, whole and in parts: `npx tsx --conditions=@aos/source crates-ts/wasm/bench/wasm-call.bench.ts`. */
import { callFresh, callGuest, compileGuest, inspectModule, makeFresh, makeGuest } from '../src/index.ts'
import { compileTrivial, compileWordCount } from '../test/_assemblyscript.ts'

const INPUT = Uint8Array.from({ length: 200 }, (_, at) => (at % 7 === 6 ? 32 : 97 + (at % 5)))
const FUEL = 10_000_000

/** Median of 7 runs, nanoseconds a round. */
function measure(rounds: number, body: () => unknown): number {
  const times = Array.from({ length: 7 }, () => {
    const start = process.hrtime.bigint()
    for (let round = 0; round < rounds; round += 1) body()
    return Number(process.hrtime.bigint() - start) / rounds
  })
  return times.toSorted((left, right) => left - right)[3] ?? 0
}

function row(name: string, nanoseconds: number): void {
  process.stdout.write(`${name.padEnd(44)} ${nanoseconds.toFixed(0).padStart(9)} ns\n`)
}

for (const [name, bytes] of [
  ['trivial AssemblyScript', await compileTrivial()],
  ['word count', await compileWordCount()],
] as const) {
  const fresh = makeFresh(bytes)
  const guest = makeGuest(fresh.rewritten, fresh.compiled)
  const call = { entry: 'step', input: INPUT, fuelLimit: FUEL } as const
  const { outcome, fuel } = callGuest(guest, call)
  process.stdout.write(`${name}: ${bytes.length} -> ${fresh.rewritten.bytes.length} bytes, ${outcome}, ${fuel} fuel\n`)
  measure(20_000, () => callGuest(guest, call))
  row(
    '  call, pooled',
    measure(100_000, () => callGuest(guest, call)),
  )
  row(
    '  of that: reset, nothing dirty',
    measure(100_000, () => {
      guest.exports.__reset(FUEL, 1000)
    }),
  )
  row(
    '  call, fresh instance',
    measure(300, () => callFresh(fresh, call)),
  )
  row(
    '  admission (read, check, rewrite)',
    measure(20, () => inspectModule(bytes)),
  )
  row(
    '  compile and instantiate',
    measure(20, () => makeGuest(fresh.rewritten, compileGuest(fresh.rewritten))),
  )
}
