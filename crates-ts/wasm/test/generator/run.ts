/** Checks many generated modules: what the command and the suites run. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hashText, type Sha256Port } from '@aos/cbor'
import { createModuleRuntime, POOL_MODULES_MAX, rewriteModule } from '../../src/index.ts'
import { checkSample, Disagreement, ENVELOPES, FUEL_LIMIT, type Outcome, type Rewrite } from './checks.ts'
import { Choices, moduleSeed } from './choices.ts'
import { checkFlipped, flipBytes } from './flipped.ts'
import { makeSample, type Sample } from './sample.ts'
import { judgeBy, shrinkChoices, type Judge } from './shrink.ts'

export interface RunOptions {
  readonly seed: number
  /** Number of the first module. */
  readonly first?: number
  readonly count: number
  /** For tests that plant defects. */
  readonly rewrite?: Rewrite
  /** Called before every module. */
  readonly progress?: (index: number, report: RunReport) => void
}

export interface RunReport {
  modules: number
  calls: number
  /** Calls that were compared with the original bytes as well. */
  originals: number
  readonly outcomes: Record<Outcome, number>
  /** Modules by their floats. */
  readonly floats: Record<Sample['floats'], number>
  flipped: number
  flippedAdmitted: number
  /** SHA-256 over the results of all calls so far: the same in every tier and on every machine. */
  digest: string
  /** Largest resident size that was seen, bytes. */
  residentMax: number
}

export interface Failure {
  readonly index: number
  readonly rule: string
  readonly message: string
  /** What fails by the same rule, made small. */
  readonly sample: Sample
}

/** Every so many modules one goes through a runtime that lives as long as the run, so that it is evicted again. */
const RUNTIME_EVERY = 16
const FLIPS = 1

const SHA256: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}

/** Stops at the first failure. */
export function runModules(options: RunOptions): { readonly report: RunReport; readonly failure: Failure | undefined } {
  const { seed, first = 0, count, progress, rewrite = rewriteModule } = options
  const report = emptyReport()
  const runtime = createModuleRuntime({ sha256: SHA256 })
  for (let index = first; index < first + count; index += 1) {
    progress?.(index, report)
    const modules = moduleSeed(seed, index)
    const check = (sample: Sample, into: RunReport): void => {
      checkOne(sample, into, rewrite)
      for (let flip = 0; flip < FLIPS; flip += 1) {
        into.flipped += 1
        if (checkFlipped(flipBytes(sample.bytes, modules + flip))) into.flippedAdmitted += 1
      }
      if (index % RUNTIME_EVERY === 0) checkRuntime(runtime, sample)
    }
    const sample = makeSample(Choices.fromSeed(modules))
    try {
      check(sample, report)
    } catch (error) {
      const judge = judgeBy((list) => check(makeSample(Choices.fromList(list)), emptyReport()))
      return { report, failure: shrinkFailure(index, error, sample, judge) }
    }
    report.modules += 1
    if (index % 64 === 0) report.residentMax = Math.max(report.residentMax, process.memoryUsage.rss())
  }
  return { report, failure: undefined }
}

function emptyReport(): RunReport {
  return {
    modules: 0,
    calls: 0,
    originals: 0,
    outcomes: { ok: 0, out_of_fuel: 0, stack_overflow: 0, trap: 0, bad_output: 0 },
    floats: { none: 0, hidden: 0, seen: 0 },
    flipped: 0,
    flippedAdmitted: 0,
    digest: '',
    residentMax: 0,
  }
}

function checkOne(sample: Sample, report: RunReport, rewrite: Rewrite): void {
  const { outcomes, results, originals } = checkSample(sample, rewrite)
  report.digest = createHash('sha256')
    .update([report.digest, ...results].join('\n'))
    .digest('hex')
  for (const outcome of outcomes) report.outcomes[outcome] += 1
  report.calls += outcomes.length
  report.originals += originals
  report.floats[sample.floats] += 1
}

/** The way that a world calls modules: by hash, pooled, evicted. */
function checkRuntime(runtime: ReturnType<typeof createModuleRuntime>, sample: Sample): void {
  const [entry = 'step'] = sample.entries
  const loaded = runtime.load({ wasmHash: hashText(SHA256, sample.bytes), bytes: sample.bytes, entry })
  const [first, again] = [0, 0].map(() =>
    ENVELOPES.map((input) => {
      const { outcome, fuel, output } = loaded.call(input, FUEL_LIMIT)
      return `${outcome} ${fuel} ${Buffer.from(output).toString('hex')}`
    }).join(),
  )
  if (first !== again) throw new Disagreement('runtime', `expected ${first ?? ''}; found ${again ?? ''}`)
}

function shrinkFailure(index: number, error: unknown, sample: Sample, judge: Judge): Failure {
  const rule = error instanceof Disagreement ? error.rule : 'escaped'
  const message = error instanceof Error ? error.message : String(error)
  // A failure that depends on more than the choices (bytes changed at a place, memory of the process) may not repeat.
  if (judge(sample.choices) !== rule) return { index, rule, message, sample }
  const small = makeSample(Choices.fromList(shrinkChoices(sample.choices, judge)))
  return { index, rule, message, sample: small }
}

/** Instances that are alive, by the address space that their guard pages reserve (10 GiB each); undefined elsewhere. */
export function countLiveMemories(): number | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const kilobytes = Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  return Math.floor(kilobytes / (10 * 2 ** 20))
}

/** How many instances may be left when everything unreachable was collected: those of one runtime, and the last few. */
export const LIVE_MEMORIES_MAX: number = POOL_MODULES_MAX + 32

/** What a process may hold resident, however many modules it has seen; it needs about a sixth. */
export const RESIDENT_BYTES_MAX: number = 2 ** 30
