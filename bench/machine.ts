/** What the figures were taken on: without it they say nothing. */
import { readFileSync } from 'node:fs'
import { availableParallelism, arch, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'

/** As JSON it stands under `meta.machine` of `aos bench --json`. */
export interface MachineFacts {
  readonly cpu: string
  readonly cores: number
  readonly memory_gib: number
  /** Kind, release and architecture. */
  readonly system: string
  readonly node: string
  /** Of AgentOS. */
  readonly version: string
  /** Processes that wanted to run, mean of the minute before the run. 0 where the system does not say (Windows). */
  readonly load_before: number
  /** RFC 3339. */
  readonly at: string
}

/** Above it something else was running, and figures of this run cannot be set beside those of another. */
export const LOAD_MAX = 0.5

/** Reads them now: before a run, because a run is load. `root` is the checkout. */
export function machineFacts(root: string): MachineFacts {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string } // npm's shape
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_gib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${/^\d+\.\d+/.exec(release())?.[0] ?? release()} ${arch()}`,
    node: process.versions.node,
    version: manifest.version,
    load_before: Number((loadavg()[0] ?? 0).toFixed(2)),
    at: new Date().toISOString(),
  }
}

/** One line. */
export function machineLine(machine: MachineFacts): string {
  const { cpu, cores, memory_gib: memory, system, node, version, load_before: load, at } = machine
  const day = at.slice(0, 10)
  return `${cpu}, ${cores} cores, ${memory} GiB, ${system}, Node ${node}, AgentOS ${version}, ${day}, load ${load} before the run`
}

/** What is wrong with the machine as a place to measure; undefined when nothing is. */
export function loadWarning({ load_before: load }: Pick<MachineFacts, 'load_before'>): string | undefined {
  if (load <= LOAD_MAX) return undefined
  return `the load was ${load} before the run (above ${LOAD_MAX}): figures are not comparable with those of other runs; of ratios within this run see the spread`
}

/** The line, and below it what is wrong with the machine. */
export function machineText(machine: MachineFacts): string {
  const warning = loadWarning(machine)
  return warning === undefined ? machineLine(machine) : `${machineLine(machine)}\n${warning}`
}

/** What differs between the machines of two runs; empty when figures may be set beside each other. */
export function machineDifferences(left: MachineFacts, right: MachineFacts): readonly string[] {
  const members = ['cpu', 'cores', 'memory_gib', 'system', 'node'] as const
  return members
    .filter((member) => left[member] !== right[member])
    .map((member) => `${member}: ${left[member]}, now ${right[member]}`)
}
