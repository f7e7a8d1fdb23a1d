/** What is known of a world while it sleeps, and the note that says so to the next host (spec/15-control.md, "Sleep"). */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { openingFile, readOpening } from '@aos/store'
import { isRecord } from '../config-file.ts'
import { writeWhole } from '../files.ts'
import type { HostWorld } from '../host-world.ts'
import type { WorldFolder } from '../world-folder.ts'

/** All that is kept in memory of a world that sleeps, beside its name. */
export interface WorldRest {
  readonly world: Hash | undefined
  readonly height: number | undefined
  /** Intents that somebody has to do something about. */
  readonly openWork: number
  /** Some of it waits for an adapter elsewhere, or for a key: another host may do it. */
  readonly isLeft: boolean
  /** Of the next timer or deadline, in logical time. */
  readonly nextDueNs: bigint | undefined
  /** Wall clock at which there is something to do; undefined: nothing by itself. */
  readonly wakeAtMs: number | undefined
}

/** Of a world with an empty journal. */
export const EMPTY_REST: WorldRest = {
  world: undefined,
  height: undefined,
  openWork: 0,
  isLeft: false,
  nextDueNs: undefined,
  wakeAtMs: undefined,
}

/** As an open world is now. `ticks` is whether somebody fires what is due. */
export function restOf(host: HostWorld, options: { readonly wallMs: number; readonly ticks: boolean }): WorldRest {
  const { kernel } = host
  const { wallMs, ticks } = options
  let openWork = 0
  let isLeft = !ticks && kernel.nextDueNs !== undefined
  for (const { status, dueNs } of kernel.listIntents()) {
    openWork += 1
    isLeft ||= status === 'open' && dueNs === undefined
  }
  return {
    world: kernel.id,
    height: kernel.head?.height,
    openWork,
    isLeft,
    nextDueNs: kernel.nextDueNs,
    wakeAtMs: ticks ? dueAtMs(host, wallMs) : undefined,
  }
}

/** When the next thing is due by the wall clock, as far as the world believes in it; undefined when only a `clock` entry can say. */
export function dueAtMs({ kernel, hostClock }: HostWorld, wallMs: number): number | undefined {
  const { nextDueNs: dueNs } = kernel
  if (dueNs === undefined) return undefined
  const { clock, logicalNowNs } = kernel.time
  if (dueNs <= logicalNowNs) return wallMs
  if (clock === 'virtual') return undefined
  const leftNs = dueNs - (hostClock?.nowNs() ?? BigInt(Math.floor(wallMs)) * NS_PER_MS)
  return leftNs <= 0n ? wallMs : wallMs + Number((leftNs + NS_PER_MS - 1n) / NS_PER_MS)
}

const NS_PER_MS = 1_000_000n

/**
 * Leaves a note for the next host, unless that has to look for itself. `opening` is the one that knew. Unsynced: without a note, or with
 * an old one, the world is looked at.
 */
export function writeNote(folder: WorldFolder, opening: string, rest: WorldRest): void {
  if (rest.isLeft) {
    rmSync(folder.sleepNote, { force: true })
    return
  }
  const { world, height, openWork, nextDueNs, wakeAtMs } = rest
  const note = {
    version: 1,
    opening,
    world: world ?? null,
    height: height ?? null,
    open_work: openWork,
    next_due_ns: nextDueNs === undefined ? null : String(nextDueNs),
    wake_at_ms: wakeAtMs ?? null,
  }
  writeWhole(folder.sleepNote, `${JSON.stringify(note)}\n`)
}

/** undefined when nobody knows: there is no note, another opening came after the one that wrote it, or the folder cannot be read. */
export function readRest(folder: WorldFolder): WorldRest | undefined {
  try {
    const opening = readOpening(folder.store)
    if (opening === undefined) return EMPTY_REST
    if (!existsSync(folder.sleepNote)) return undefined
    const note: unknown = JSON.parse(readFileSync(folder.sleepNote, 'utf8'))
    return isRecord(note) && note['version'] === 1 && note['opening'] === opening ? restOfNote(note) : undefined
  } catch {
    return undefined
  }
}

function restOfNote(note: Readonly<Record<string, unknown>>): WorldRest | undefined {
  const { world, height, open_work: openWork, next_due_ns: nextDueNs, wake_at_ms: wakeAtMs } = note
  if (typeof openWork !== 'number') return undefined
  return {
    world: isHash(world) ? world : undefined,
    height: typeof height === 'number' ? height : undefined,
    openWork,
    isLeft: false,
    nextDueNs: typeof nextDueNs === 'string' ? BigInt(nextDueNs) : undefined,
    wakeAtMs: typeof wakeAtMs === 'number' ? wakeAtMs : undefined,
  }
}

/** Changes when anybody opens the world for writing. Costs one look at a file. undefined when there is none that can be seen. */
export function openingStamp(folder: WorldFolder): string | undefined {
  try {
    const { ino, mtimeMs } = statSync(openingFile(folder.store))
    return `${ino}.${mtimeMs}`
  } catch {
    return undefined
  }
}
