/** A world in memory: state, turns, replay, reads (spec/06-kernel.md). */
import { HASH_BYTES, formatHash, hashBytes, isAosError, toHex } from '@aos/cbor'
import type { AosError, Hash } from '@aos/cbor'
import { admit } from './admission.ts'
import { checkCommon, hashBody } from './admission-common.ts'
import type { AdmissionPorts, Admitted } from './admission-common.ts'
import type { Difference, MemoryLimits, ReplayOptions, TurnResult, World } from './api.ts'
import type { Ingress, Stamp } from './ingress.ts'
import { EMPTY_KEY } from './cells/cell.ts'
import type { FreshBlob } from './collections/fresh-nodes.ts'
import type { ChangesSince } from './collections/part.ts'
import { DeliveryRunner } from './delivery.ts'
import { findDifference } from './difference.ts'
import { hashEngine, supportedEngines } from './engine.ts'
import { HEADER_AT, makeEntryMemo, readEntry } from './entry-reader.ts'
import type { EntryMemo, EntryView } from './entry-reader.ts'
import { EntryWriter } from './entry-writer.ts'
import { kernelError } from './errors.ts'
import { loadCandidate, planChange, putInForce } from './governance/manifest-change.ts'
import type { ManifestChange } from './governance/manifest-change.ts'
import { writeGovernance } from './governance/governance-item.ts'
import { ProbationWatch, countTurn, settleProbation } from './governance/probation.ts'
import type { ProbationEnd } from './governance/probation.ts'
import { idempotencySlot } from './idempotency.ts'
import { MadeBlobs } from './internal/made-blobs.ts'
import { LeafHasher } from './leaf.ts'
import type { KernelPorts } from './ports.ts'
import { RecordedEntry } from './recorded-entry.ts'
import { checkEngine, rebuild } from './replay.ts'
import { ENTROPY_BYTES } from './salts.ts'
import { loadPinned } from './snapshot/load-pinned.ts'
import { readCheckpointHead, restoreChanges } from './snapshot/checkpoint.ts'
import type { CheckpointWork } from './snapshot/checkpoint.ts'
import { openSnapshot, stateOfRecord } from './snapshot/open-snapshot.ts'
import { PinnedDefinitions } from './snapshot/pinned.ts'
import { Snapshots } from './snapshot/snapshots.ts'
import { makeState } from './state.ts'
import type { WorldState } from './state.ts'
import { Overlay } from './overlay.ts'
import { accepted } from './turn-result.ts'
import type { Accepted, Performed } from './turn-result.ts'
import { runTurn } from './turn.ts'
import type { TurnEnd } from './turn.ts'
import { WorldReads } from './world-reads.ts'

/** An empty world: its first ingress is genesis, or its first replayed entry is. */
export function createWorld(ports: KernelPorts): World {
  return new KernelWorld(ports)
}

interface HowPerformed {
  /** Absent: no entry is made, and the leaf is that of `leafOf`. */
  readonly writer?: EntryWriter
  readonly recorded?: RecordedEntry
  readonly leafOf?: { readonly entry: Uint8Array; readonly view: EntryView }
}

class KernelWorld extends WorldReads implements World {
  protected readonly ports: AdmissionPorts
  protected readonly made: MadeBlobs
  protected readonly newestEngine: Hash
  readonly #runner: DeliveryRunner
  readonly #writer: EntryWriter
  readonly #probation: ProbationWatch
  readonly #pinned: PinnedDefinitions
  protected state: WorldState
  protected readonly snapshots: Snapshots
  #limits: MemoryLimits | undefined
  readonly #leaves: LeafHasher
  readonly #memo: EntryMemo = makeEntryMemo()
  #inTurn = false

  constructor(ports: KernelPorts) {
    super()
    this.made = new MadeBlobs(ports)
    this.ports = {
      ...ports,
      content: this.made,
      engineDigest: hashEngine(ports.sha256, ports.profile),
      engines: supportedEngines(ports.sha256, ports.profile),
    }
    this.newestEngine = this.ports.engineDigest
    this.#runner = new DeliveryRunner(this.ports)
    this.#probation = new ProbationWatch(this.ports)
    this.#writer = new EntryWriter(ports.sha256)
    this.#leaves = new LeafHasher(ports.sha256)
    this.snapshots = new Snapshots(ports.sha256)
    this.#pinned = new PinnedDefinitions((manifest) => {
      const { manifestHash, catalog } = this.state
      if (manifest !== manifestHash) return loadPinned(this.ports, manifest, this.state)
      return { plans: catalog.actions.plans, effects: catalog.actions.gate.effects }
    })
    this.state = makeState(this.ports, this.#pinned)
  }

  submit(ingress: Ingress, stamp: Stamp): TurnResult {
    if (stamp.entropy.length !== ENTROPY_BYTES || stamp.nowNs < 0n) {
      throw kernelError('kernel.bad_ingress', 'the stamp needs 16 bytes of entropy and a time after 1970', {
        path: ['stamp'],
      })
    }
    return this.#guarded(() => {
      let admitted: Admitted
      try {
        checkCommon(ingress)
        // Before anything else: what was admitted once need not be admissible again to be known as the same.
        const earlier = this.#lookUpIdempotency(ingress)
        if (earlier !== undefined) return earlier
        admitted = admit(this.ports, this.state, { ingress, stamp })
        if (ingress.kind === 'snapshot_root') this.snapshots.checkRoot(ingress)
      } catch (error) {
        if (!isRefusal(error)) throw error
        return { kind: 'refused', error }
      }
      const performed = this.#perform(ingress, admitted, stamp, { writer: this.#writer })
      return accepted(this.state.height, performed)
    })
  }

  replay(entry: Uint8Array, options: ReplayOptions): Difference | undefined {
    return this.#guarded(() => {
      const view = readEntry(entry, this.#memo)
      if (view.height !== this.state.height + 1) {
        return difference(view, 'header.height', String(view.height), String(this.state.height + 1))
      }
      const prevAt = view.ingressAt - HASH_BYTES
      if (!standsAt(entry, prevAt, this.state.leaf)) {
        const prev = entry.subarray(prevAt, view.ingressAt)
        return difference(view, 'header.prev', toHex(prev), toHex(this.state.leaf))
      }
      checkEngine(view, this.ports.engines, this.ports.engineDigest)
      let admitted: Admitted
      const { ingress, stamp } = rebuild(view)
      try {
        checkCommon(ingress)
        admitted = admit(this.ports, this.state, { ingress, stamp })
      } catch (error) {
        if (!isRefusal(error)) throw error
        return difference(view, 'ingress', 'admitted', error.code)
      }
      if (ingress.kind === 'snapshot_root') {
        const expected = this.snapshots.expectedRoot(ingress, options.verify ? 'verified' : 'replayed')
        if (expected !== undefined && expected !== ingress.root) {
          return difference(view, 'ingress.command.root', ingress.root, expected)
        }
      }
      if (!options.verify) {
        this.#perform(ingress, admitted, stamp, { leafOf: { entry, view } })
        return undefined
      }
      const earlier = this.#lookUpIdempotency(ingress)
      if (earlier !== undefined) return difference(view, 'ingress.idempotency_key', 'new', earlier.kind)
      const recorded = new RecordedEntry(entry, view, options.digests)
      const made = this.#perform(ingress, admitted, stamp, { writer: this.#writer, recorded })
      if (!made.isRecorded) {
        return findDifference({ height: view.height, written: entry, derived: made.entry ?? EMPTY_KEY })
      }
      this.#writer.discard()
      return undefined
    })
  }

  sliceSnapshot(bytesMax: number): readonly FreshBlob[] {
    return this.#guarded(() => this.snapshots.slice(bytesMax))
  }

  open(root: Hash): void {
    this.#guarded(() => {
      if (this.state.height >= 0) throw notEmpty()
      this.state = openSnapshot(this.ports, this.#pinned, root)
      this.snapshots.openedFrom(this.state.height, root)
      if (this.#limits !== undefined) this.limitMemory(this.#limits)
    })
  }

  takeCheckpoint(since: ChangesSince): CheckpointWork {
    return this.#guarded(() => this.snapshots.takeCheckpoint(this.state, since))
  }

  openCheckpoint(bodies: readonly Uint8Array[]): void {
    this.#guarded(() => {
      if (this.state.height >= 0) throw notEmpty()
      const last = bodies.at(-1)
      if (last === undefined) throw kernelError('kernel.bad_checkpoint', 'there is no checkpoint to open from')
      const head = readCheckpointHead(last)
      // Records of plans and intents ask it for what is in force.
      this.state = stateOfRecord(this.ports, this.#pinned, head.record)
      const changes = restoreChanges(this.state, bodies)
      const bytes = bodies.reduce((sum, { length }) => sum + length, 0)
      this.snapshots.openedFromCheckpoint(head, { changes, bytes })
      if (this.#limits !== undefined) this.limitMemory(this.#limits)
    })
  }

  limitMemory(limits: MemoryLimits): void {
    this.#limits = limits
    this.state.cells.limit(limits.cells)
    this.state.nodes.limit(limits.nodes)
  }

  force(manifest: Hash): void {
    this.#guarded(() => {
      const { state } = this
      const get = (hash: Hash): Uint8Array => this.ports.content.get(hash)
      const change = planChange(this.ports, state, loadCandidate(this.ports, state, { manifest, get }))
      putInForce(state, change, state.height)
      // What comes into force ends the probation of what was there.
      state.governance.watch = undefined
    })
  }

  pass(stamp: Stamp): void {
    const { state } = this
    state.height += 1
    state.nowNs = stamp.nowNs
    state.logicalNowNs = stamp.nowNs > state.logicalNowNs ? stamp.nowNs : state.logicalNowNs
  }

  reenact(entry: Uint8Array): Accepted {
    return this.#guarded(() => {
      const view = readEntry(entry, this.#memo)
      const { ingress, stamp } = rebuild(view)
      checkCommon(ingress)
      const admitted = admit(this.ports, this.state, { ingress, stamp })
      const performed = this.#perform(ingress, admitted, stamp, { leafOf: { entry, view } })
      return accepted(view.height, { ...performed, entry })
    })
  }

  /** A fault leaves the world stopped: it must be discarded and reopened (K11). */
  #guarded<T>(body: () => T): T {
    if (this.#inTurn) throw kernelError('kernel.reentered', 'a turn was started inside a turn, or after a fault')
    this.#inTurn = true
    const result = body()
    this.#inTurn = false
    return result
  }

  #lookUpIdempotency(ingress: Ingress): Exclude<TurnResult, Accepted> | undefined {
    if (ingress.idempotencyKey === undefined) return undefined
    const slot = idempotencySlot(ingress.principal, ingress.idempotencyKey)
    const found = this.state.idempotency.lookUp(slot, hashBody(this.ports, ingress))
    if (found === 'new') return undefined
    if (found !== 'conflict') return { kind: 'duplicate', height: found }
    const error = kernelError(
      'kernel.conflict',
      `the idempotency key ${ingress.idempotencyKey} was used with another body`,
      {
        path: ['idempotencyKey'],
      },
    )
    return { kind: 'refused', error }
  }

  /** The turn, its entry, and the step to the next head. Without a writer the leaf is taken from the recorded entry. */
  #perform(ingress: Ingress, admitted: Admitted, stamp: Stamp, how: HowPerformed): Performed {
    const { writer, recorded, leafOf } = how
    const state = this.state
    const height = state.height + 1
    const logicalNowNs = stamp.nowNs > state.logicalNowNs ? stamp.nowNs : state.logicalNowNs
    writer?.begin(admitted.parts, stamp.entropy, recorded)
    const facts = {
      nowNs: stamp.nowNs,
      logicalNowNs,
      height,
      entropy: stamp.entropy,
      manifestHash: state.manifestHash ?? NO_MANIFEST,
    }
    // Whatever becomes of the turn: the entry will say that the world has them.
    if (state.hasGovernance) for (const blob of admitted.parts.blobs) state.blobs.set(formatHash(blob), true)
    const overlay = new Overlay(state)
    const turn = {
      ports: this.ports,
      state,
      runner: this.#runner,
      writer,
      facts,
      by: ingress,
      event: admitted.event,
      blobs: admitted.parts.blobs,
      deliveries: admitted.deliveries,
      prepare: admitted.prepare,
      made: this.made,
      hasGate: state.hasGate,
    }
    const end = runTurn(turn, overlay)
    if (end.bound === undefined) overlay.merge()
    else {
      overlay.drop()
      writer?.turnLimit(end.bound)
    }
    const probation = this.#watchProbation({ end, overlay, logicalNowNs, writer })
    const change = end.bound === undefined ? (overlay.change ?? probation?.change) : probation?.change
    const manifest = change?.manifest ?? admitted.manifest
    this.made.settle({ isMerged: end.bound === undefined, isReplay: leafOf !== undefined || recorded !== undefined })
    const finished = writer?.finish({
      height,
      kindNumber: admitted.parts.kindNumber,
      nowNs: stamp.nowNs,
      logicalNowNs,
      manifest: manifest === undefined ? undefined : hashBytes(manifest),
      engine: admitted.engine === undefined ? undefined : hashBytes(admitted.engine),
      fuel: end.fuel,
      prev: state.leaf,
    })
    const leaf =
      finished?.leaf ?? this.#leaves.hash(leafOf?.entry ?? EMPTY_KEY, HEADER_AT, leafOf?.view.ingressAt ?? HEADER_AT)
    this.#step({ ingress, admitted, stamp, change, leaf })
    const length = (leafOf ?? recorded ?? finished)?.entry.length ?? 0
    this.snapshots.tail.add(length, end.fuel, state.cells.memory.coldReads)
    const source = leafOf !== undefined ? 'replayed' : recorded !== undefined ? 'verified' : 'live'
    if (ingress.kind === 'snapshot_cut') this.snapshots.cut(state, source)
    if (ingress.kind === 'snapshot_root') this.snapshots.adopt(source)
    return {
      end,
      probation: probation?.report,
      leaf,
      entry: finished?.entry,
      isRecorded: finished?.isRecorded ?? false,
    }
  }

  /** The world behind a turn: what its ingress and a change of manifest do, and the next head. */
  #step(turn: {
    readonly ingress: Ingress
    readonly admitted: Admitted
    readonly stamp: Stamp
    readonly change: ManifestChange | undefined
    readonly leaf: Uint8Array
  }): void {
    const { ingress, admitted, stamp, change, leaf } = turn
    const { state } = this
    const height = state.height + 1
    admitted.apply(height)
    if (change !== undefined) putInForce(state, change, height)
    state.id ??= formatHash(leaf)
    state.height = height
    state.leaf = leaf
    state.nowNs = stamp.nowNs
    state.logicalNowNs = stamp.nowNs > state.logicalNowNs ? stamp.nowNs : state.logicalNowNs
    if (ingress.idempotencyKey === undefined) return
    const slot = idempotencySlot(ingress.principal, ingress.idempotencyKey)
    const { logicalNowNs } = state
    state.idempotency.remember(slot, { body: hashBody(this.ports, ingress), height, logicalNs: logicalNowNs })
  }

  /** The change that is on probation, after one more turn; what a turn puts in force itself ends it. */
  #watchProbation(turn: {
    readonly end: TurnEnd
    readonly overlay: Overlay
    readonly logicalNowNs: bigint
    readonly writer: EntryWriter | undefined
  }): ProbationEnd | undefined {
    const { end, overlay, logicalNowNs, writer } = turn
    const { state } = this
    if (state.governance.watch === undefined || (end.bound === undefined && overlay.change !== undefined))
      return undefined
    const step = this.#probation.step(state, { logicalNowNs, counts: countTurn(end) })
    const settled = step && settleProbation(state, step)
    if (settled === undefined) return undefined
    const { proposal, change, hash, text } = settled.report
    writer?.item((target) => {
      writeGovernance(target, { proposal, change, hash: hash === undefined ? undefined : hashBytes(hash), text })
    })
    return settled
  }
}

/** What a context would name before genesis; no module runs then. */
const NO_MANIFEST: Hash = formatHash(new Uint8Array(32))

/** A coded rejection of the input. Faults of the surroundings are thrown on. */
function isRefusal(error: unknown): error is AosError {
  return isAosError(error) && !error.code.startsWith('store.') && error.code !== 'wasm.host_fault'
}

function notEmpty(): AosError {
  return kernelError('kernel.genesis_exists', 'only an empty world starts from a snapshot or a checkpoint')
}

function standsAt(bytes: Uint8Array, from: number, part: Uint8Array): boolean {
  for (let at = 0; at < part.length; at += 1) if (bytes[from + at] !== part[at]) return false
  return true
}

function difference(view: EntryView, path: string, expected: string, found: string): Difference {
  return { height: view.height, path, expected, found }
}
