/**
 * Generates modules and holds the rewriter to its promises (spec/05-determinism.md, "Proof"):
 * `npx tsx --conditions=@aos/source crates-ts/wasm/test/fuzz.ts --seed 1 --count 100000`. `--first N` begins
 * with module N, `--tier liftoff|turbofan|default` picks the compiler (default liftoff: the quickest), `--wat N` prints
 * module N. The last line is the verdict; exit 1 when oracles disagree or instances are left over.
 */
import { setFlagsFromString } from 'node:v8'
import { parseArgs } from 'node:util'
import { runInNewContext } from 'node:vm'
import { loadDisassembler } from './_wat.ts'
import { Choices, moduleSeed } from './generator/choices.ts'
import {
  countLiveMemories,
  LIVE_MEMORIES_MAX,
  RESIDENT_BYTES_MAX,
  runModules,
  type Failure,
  type RunReport,
} from './generator/run.ts'
import { makeSample } from './generator/sample.ts'
import { startWatchdog } from './generator/watchdog.ts'

const TIER_FLAGS = new Map([
  ['liftoff', ['--liftoff-only']],
  ['turbofan', ['--no-liftoff']],
  ['default', []],
])

const COMMAND = 'npx tsx --conditions=@aos/source crates-ts/wasm/test/fuzz.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: process.env['AOS_SEED'] ?? '1' },
    count: { type: 'string', default: '1000' },
    first: { type: 'string', default: '0' },
    tier: { type: 'string', default: 'liftoff' },
    wat: { type: 'string' },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function summary({ modules, calls, originals, outcomes, floats, flipped, flippedAdmitted }: RunReport): string {
  const ended = Object.entries(outcomes).map(([name, count]) => `${name} ${count}`)
  return (
    `${modules} modules (${Object.entries(floats)
      .map(([name, count]) => `floats ${name} ${count}`)
      .join(', ')}); ` +
    `${calls} calls: ${ended.join(', ')}; ${originals} against the original; ` +
    `${flipped} changed binaries, ${flippedAdmitted} admitted`
  )
}

async function printFailure({ index, rule, message, sample }: Failure, seed: number): Promise<void> {
  const { disassemble } = await loadDisassembler()
  say(`DISAGREEMENT in module ${index}: ${message}`)
  say(`the smallest module found that breaks the rule "${rule}" (${sample.choices.length} choices):`)
  say(disassemble(sample.bytes))
  say(`choices: ${JSON.stringify(sample.choices)}`)
  say(`again: ${COMMAND} --seed ${seed} --first ${index} --count 1 --tier ${values.tier}`)
}

/** Collects what nothing holds, and counts the instances that are left. */
function countLeft(): number | undefined {
  setFlagsFromString('--expose-gc')
  // The function that the flag adds to new contexts.
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 4; round += 1) collect()
  return countLiveMemories()
}

async function main(): Promise<void> {
  const [seed, count, first] = [values.seed, values.count, values.first].map(Number)
  const flags = TIER_FLAGS.get(values.tier)
  if (seed === undefined || count === undefined || first === undefined || flags === undefined) throw new Error('usage')
  for (const flag of flags) setFlagsFromString(flag)
  // Traps are thrown by the million; nobody reads their stacks.
  Error.stackTraceLimit = 0
  if (values.wat !== undefined) {
    const { disassemble } = await loadDisassembler()
    say(disassemble(makeSample(Choices.fromSeed(moduleSeed(seed, Number(values.wat)))).bytes))
    return
  }
  const watchdog = startWatchdog(seed)
  const start = performance.now()
  let shown = start
  const { report, failure } = runModules({
    seed,
    first,
    count,
    progress(index, soFar) {
      watchdog.progress(index)
      const now = performance.now()
      if (now - shown < 10_000) return
      shown = now
      say(`${((soFar.modules / (now - start)) * 1000).toFixed(0)} modules/s; ${summary(soFar)}`)
    },
  })
  await watchdog.stop()
  const seconds = (performance.now() - start) / 1000
  say(summary(report))
  if (failure !== undefined) await printFailure(failure, seed)
  const live = countLeft()
  const leaked = (live !== undefined && live > LIVE_MEMORIES_MAX) || report.residentMax > RESIDENT_BYTES_MAX
  // So many calls end in every way, or the generator has lost one.
  const missing = count < 1000 ? [] : Object.entries(report.outcomes).filter(([, times]) => times === 0)
  const verdict = failure !== undefined ? 'DISAGREEMENT' : leaked ? 'LEAK' : missing.length > 0 ? 'LOPSIDED' : 'agreed'
  say(`resident at most ${(report.residentMax / 2 ** 20).toFixed(0)} MiB; instances left ${live ?? 'unknown'}`)
  if (failure === undefined && missing.length > 0) say(`no call ended ${missing.map(([name]) => name).join(', ')}`)
  say(`digest ${report.digest}`)
  say(`${verdict}: seed ${seed}, ${report.modules} modules from ${first}, ${seconds.toFixed(0)} s, tier ${values.tier}`)
  process.exitCode = verdict === 'agreed' ? 0 : 1
}

await main()
