/** What V8 is told in a process that holds worlds (docs/decisions/0031-what-an-idle-process-keeps.md). */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** So much more than what is alive may lie in memory before V8 collects: what it grows by unless told may be twice that. */
const GROWING_PERCENT = 20

/** For a process that holds worlds for long: garbage is collected sooner, so that less memory is taken. Some events cost more. */
export function collectSooner(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`)
}

/** Flags of the V8 of Node 20; a later one would complain of those that it lacks. */
const HAS_FLAGS = process.versions.v8.startsWith('11.')

/** Only what runs for long is compiled, so that a process which does nothing never touches the compilers, 6 MB. */
const SPARING = ['--no-sparkplug', '--max-bytecode-size-for-early-opt=0', '--ticks-before-optimization=100']
const EAGER = ['--sparkplug', '--max-bytecode-size-for-early-opt=81', '--ticks-before-optimization=3']

/** Until `compileEagerly`, little is compiled. Reaches all threads of the process. */
export function compileSparingly(): void {
  if (HAS_FLAGS) setFlags(SPARING)
}

/** There is work: V8 compiles as it always does. */
export function compileEagerly(): void {
  if (HAS_FLAGS) setFlags(EAGER)
}

/** Code that did not run since the last collection goes, and what stays is moved together. */
const DEEP = ['--bytecode-old-age=1', '--flush-baseline-code', '--compact-on-every-full-gc']
const SHALLOW = ['--bytecode-old-age=5', '--no-flush-baseline-code', '--no-compact-on-every-full-gc']
/** Code ages by one a collection, and young objects get less room only after a few. */
const DEEP_COLLECTIONS = 4
/** Moving more than that would hold up who comes in the meantime. */
const DEEP_BYTES_MAX = 64 * 1024 * 1024

/** What collects the garbage of this thread. Costs tens of milliseconds each time, deeply four times as much. */
export function findCollector(): (deeply: boolean) => void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  if (typeof gc !== 'function') return () => undefined
  const collect = (): void => {
    gc()
  }
  return (deeply) => {
    collect()
    if (!deeply || !HAS_FLAGS || process.memoryUsage().heapUsed > DEEP_BYTES_MAX) return
    setFlags(DEEP)
    for (let count = 1; count < DEEP_COLLECTIONS; count += 1) collect()
    setFlags(SHALLOW)
  }
}

function setFlags(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag)
}
