/** The crash runs as a suite, for any driver whose media can be simulated (spec/07-journal.md, "Conformance of a driver"). */
import type { TestApi } from '../kit.ts'
import { runCrash, type CrashReport } from './crash-run.ts'
import type { Mutant } from './mutants.ts'
import { openSimulated, type OpenSimulated } from './open-simulated.ts'

/** A store to be crashed. */
export interface CrashDriver {
  readonly name: string
  readonly open: OpenSimulated
  /** Repeats a seed when it is put before the seed's number; stands in the report of a failure. */
  readonly command: string
}

/** Seeds that follow one another. */
export interface SeedRange {
  /** The first seed. */
  readonly from: number
  /** Seeds in all. */
  readonly count: number
}

/** Sums over a range of seeds. */
export interface CrashTotals {
  readonly crashes: number
  readonly faults: number
  readonly entries: number
  readonly failures: readonly CrashReport[]
}

/** Runs all seeds, whatever fails. */
export async function runCrashes(seeds: SeedRange, open: OpenSimulated = openSimulated): Promise<CrashTotals> {
  let [crashes, faults, entries] = [0, 0, 0]
  const failures: CrashReport[] = []
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed += 1) {
    const report = await runCrash(seed, open)
    crashes += report.crashes
    faults += report.faults
    entries += report.entries
    if (report.failure !== undefined) failures.push(report)
  }
  return { crashes, faults, entries, failures }
}

/** Registers the suite with the caller's runner. */
export function crashSuite({ describe, it, expect }: TestApi, driver: CrashDriver, seeds: SeedRange): void {
  describe(`crashes of ${driver.name}`, () => {
    it(`leave everything promised, seeds ${seeds.from} to ${seeds.from + seeds.count - 1}`, async () => {
      const { crashes, faults, entries, failures } = await runCrashes(seeds, driver.open)
      expect(failures.map((report) => describeFailure(report, driver.command))).toEqual([])
      // Runs in which nothing happens would prove nothing.
      expect([crashes > seeds.count, faults > seeds.count / 10, entries > 5 * seeds.count]).toEqual([true, true, true])
    })

    it('come out the same from the same seed', async () => {
      const reports = [await runCrash(seeds.from, driver.open), await runCrash(seeds.from, driver.open)]
      expect(reports[1]).toEqual(reports[0])
    })
  })
}

/** The first seed that notices a mutant, and what it says; undefined when none does. */
export async function catchMutant(
  mutant: Mutant,
  seeds: SeedRange,
): Promise<{ readonly seed: number; readonly what: string } | undefined> {
  const open = mutant.breaks(openSimulated)
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed += 1) {
    const { failure } = await runCrash(seed, open)
    if (failure !== undefined) return { seed, what: failure.what }
  }
  return undefined
}

function describeFailure({ seed, failure }: CrashReport, command: string): string {
  const trace = failure?.trace.slice(-40).join('\n  ') ?? ''
  return `seed ${seed}: ${failure?.what ?? ''}\nrepeat: AOS_SEED=${seed} ${command}\n  ${trace}`
}
