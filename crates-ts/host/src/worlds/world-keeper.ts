/**
 * The worlds of a folder as one thread keeps them: woken when there is something to do, asleep otherwise (spec/15-control.md,
 * "Sleep").
 */
import { AosError } from '@aos/cbor'
import { OS_TIMERS } from '../dispatch/timers.ts'
import type { Cancel, Timers } from '../dispatch/timers.ts'
import type { GarbageCollector } from './give-back.ts'
import { WakeQueue } from './wake-queue.ts'
import { WorldSlot } from './world-slot.ts'
import type { HeldWorld, SlotEvent, SlotPorts, SlotState, WakeRequest, WorldReport } from './world-slot.ts'
import { listWorldNames, worldFolderIn } from './worlds-folder.ts'
import type { WorldsFolder } from './worlds-folder.ts'

/** What a keeper may use of the machine. */
export interface KeeperBounds {
  /** A world of which nothing is under way is put to sleep after this time. */
  readonly idleMs: number
  /** Worlds that are awake at a time. */
  readonly awakeMax: number
  /** Memory beyond which idle worlds are put to sleep at once. */
  readonly memoryBytes: number
}

/** The folder, its bounds, and how worlds in it are opened. */
export interface KeeperOptions {
  readonly folder: WorldsFolder
  readonly bounds: KeeperBounds
  /** Opens a world and begins to perform its effects. */
  readonly open: (request: WakeRequest) => Promise<HeldWorld>
  readonly onEvent: (name: string, event: SlotEvent) => void
  /** Worlds that another thread keeps are passed over; all are kept unless given. */
  readonly isMine?: (name: string) => boolean
  readonly timers?: Timers
  /** Memory of this thread in bytes, as far as worlds take it. */
  readonly usedBytes?: () => number
  /** Gives back what worlds held that sleep now. */
  readonly garbage?: GarbageCollector
}

/** Openings at a time: most of one is work of this thread. */
const OPENINGS_MAX = 4
const PATIENCE_MS = 30_000
const SCAN_MS = 10_000
const BEAT_MS_MAX = 1000
const DUE_SOON_MS_MAX = 1000
/** Of the idle worlds, the share that goes at a time when memory is short: what they held is free only after a collection. */
const RELIEF_SHARE = 4
const RELIEF_MS = 250
const CLOSINGS_MAX = 8

/** Keeps the worlds from `start` to `stop`. */
export class WorldKeeper {
  readonly #options: KeeperOptions
  readonly #timers: Timers
  readonly #queue: WakeQueue
  readonly #ports: SlotPorts
  /** In ascending order of names, as far as scans found them. */
  readonly #slots = new Map<string, WorldSlot>()
  #cancelScan: Cancel = () => undefined
  #cancelBeat: Cancel = () => undefined
  #beatAtMs = Infinity
  #isStopped = false

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#timers = options.timers ?? OS_TIMERS
    const timers = this.#timers
    this.#queue = new WakeQueue({
      openingsMax: OPENINGS_MAX,
      patienceMs: PATIENCE_MS,
      timers,
      hasRoom: () => this.#hasRoom(),
    })
    this.#ports = {
      queue: this.#queue,
      open: options.open,
      wallMs: () => Number(timers.wallNs() / NS_PER_MS),
      onEntry: () => options.garbage?.touch(),
      dueSoonMs: Math.min(DUE_SOON_MS_MAX, options.bounds.idleMs),
      onEvent: options.onEvent,
      onChange: () => {
        this.#onChange()
      },
    }
  }

  /** Looks for worlds, now and from time to time, and wakes those in which something is due. */
  start(): void {
    this.#scan()
  }

  /**
   * Runs on a world, which is woken if it sleeps and stays awake that long; `signal` is aborted when it fails or the host stops.
   * Throws `control.unknown_world`, `control.busy`, and what opening throws.
   */
  use<T>(name: string, body: (world: HeldWorld, signal: AbortSignal) => Promise<T>): Promise<T> {
    const slot = this.#find(name)
    return slot === undefined ? Promise.reject(unknownWorld(name)) : slot.use(body)
  }

  /** All worlds there are now, in ascending order of names. */
  list(): readonly WorldReport[] {
    this.#lookAround()
    this.#beatSoon()
    return [...this.#slots.values()]
      .sort((left, right) => (left.name < right.name ? -1 : 1))
      .map((slot) => slot.report())
  }

  /** Ends what is under way and closes all. Resolves to the number of worlds that are not closed when the time is over. */
  async stop({ timeoutMs }: { readonly timeoutMs: number }): Promise<number> {
    this.#isStopped = true
    this.#cancelScan()
    this.#cancelBeat()
    this.#options.garbage?.stop()
    this.#queue.close()
    const open = [...this.#slots.values()].filter(({ state }) => state !== 'asleep')
    let cancel: Cancel = () => undefined
    const late = new Promise<void>((resolve) => {
      cancel = this.#timers.after(timeoutMs, resolve)
    })
    await Promise.race([this.#closeAll(open), late])
    cancel()
    return open.filter(({ state }) => state !== 'asleep').length
  }

  async #closeAll(open: readonly WorldSlot[]): Promise<void> {
    // Effects get their time all together, not one world after the other.
    await Promise.allSettled(open.map((slot) => slot.stop()))
    const waiting = [...open]
    const close = async (): Promise<void> => {
      for (let slot = waiting.shift(); slot !== undefined; slot = waiting.shift()) await slot.sleep()
    }
    await Promise.all(Array.from({ length: CLOSINGS_MAX }, close))
  }

  #find(name: string): WorldSlot | undefined {
    const known = this.#slots.get(name)
    return known !== undefined || this.#isStopped ? known : this.#add(name)
  }

  #add(name: string): WorldSlot | undefined {
    const folder = worldFolderIn(this.#options.folder, name)
    if (folder === undefined) return undefined
    const slot = new WorldSlot(name, folder, this.#ports)
    this.#slots.set(name, slot)
    return slot
  }

  #scan(): void {
    this.#lookAround()
    this.#beat()
    this.#cancelScan = this.#timers.after(SCAN_MS, () => {
      this.#scan()
    })
  }

  /** New folders come, vanished ones go, and what others did to sleeping worlds is noticed. */
  #lookAround(): void {
    const { folder, isMine } = this.#options
    const names = new Set(listWorldNames(folder))
    for (const [name, slot] of this.#slots) {
      if (!names.has(name) && slot.state === 'asleep') this.#slots.delete(name)
      else slot.notice()
    }
    for (const name of names) {
      if (!this.#slots.has(name) && isMine?.(name) !== false) this.#add(name)
    }
  }

  /** Wakes what is due, puts to sleep what is idle, and says when to do so again. */
  #beat(): void {
    if (this.#isStopped) return
    const nowMs = this.#ports.wallMs()
    let nextMs = nowMs + SCAN_MS
    for (const slot of this.#slots.values()) {
      slot.check()
      const wake = slot.nextWake
      if (wake === undefined) continue
      if (wake.atMs <= nowMs) this.#wake(slot, wake.reason)
      else nextMs = Math.min(nextMs, wake.atMs)
    }
    const { idleMs, memoryBytes } = this.#options.bounds
    const idle = this.#idle()
    for (const slot of idle) {
      const sleepsAtMs = slot.usedAtMs + idleMs
      if (sleepsAtMs <= nowMs) void slot.sleep()
      else nextMs = Math.min(nextMs, sleepsAtMs)
    }
    if (this.#count('awake') > 0) {
      nextMs = Math.min(nextMs, nowMs + BEAT_MS_MAX)
      if (this.#usedBytes() > memoryBytes) {
        nextMs = Math.min(nextMs, nowMs + RELIEF_MS)
        for (const slot of idle.slice(0, Math.ceil(idle.length / RELIEF_SHARE))) void slot.sleep()
        this.#options.garbage?.want()
      }
    }
    this.#beatAt(nextMs)
  }

  #wake(slot: WorldSlot, reason: 'command' | 'due' | 'look'): void {
    slot.wake(reason).catch(() => undefined)
  }

  #beatAt(atMs: number): void {
    this.#cancelBeat()
    this.#beatAtMs = atMs
    const delayMs = Math.max(1, atMs - this.#ports.wallMs())
    this.#cancelBeat = this.#timers.after(delayMs, () => {
      this.#beatAtMs = Infinity
      this.#beat()
    })
  }

  /** Something woke, slept or became free: there may be room, and later something to put to sleep. */
  #onChange(): void {
    if (this.#isStopped) return
    this.#options.garbage?.touch()
    this.#queue.pump()
    this.#beatSoon()
  }

  #beatSoon(): void {
    if (this.#isStopped) return
    const soonMs = this.#ports.wallMs() + Math.min(BEAT_MS_MAX, this.#options.bounds.idleMs)
    if (this.#beatAtMs > soonMs) this.#beatAt(soonMs)
  }

  /** False while the bound is reached; then the idle world that was used longest ago goes to sleep. */
  #hasRoom(): boolean {
    const closing = this.#count('closing')
    if (this.#count('awake') + closing + this.#queue.opening < this.#options.bounds.awakeMax) return true
    if (closing < this.#queue.waiting) void this.#idle()[0]?.sleep()
    return false
  }

  #count(state: SlotState): number {
    let count = 0
    for (const slot of this.#slots.values()) if (slot.state === state) count += 1
    return count
  }

  /** Idle worlds, the one used longest ago first. */
  #idle(): readonly WorldSlot[] {
    return [...this.#slots.values()].filter((slot) => slot.isIdle).sort((left, right) => left.usedAtMs - right.usedAtMs)
  }

  #usedBytes(): number {
    if (this.#options.usedBytes !== undefined) return this.#options.usedBytes()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
}

const NS_PER_MS = 1_000_000n

function unknownWorld(name: string): AosError {
  return new AosError('control.unknown_world', `the host keeps no world ${JSON.stringify(name.slice(0, 128))}`, {
    hint: '`aos worlds ls` shows those it keeps; a world lies directly in the folder of the host',
  })
}
