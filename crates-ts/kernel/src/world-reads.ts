/** What a world says of itself (spec/06-kernel.md, "State"): nothing here changes anything but caches. */
import type { Hash } from '@aos/cbor'
import type { CellReport, InstanceReport, KeyReport, MemoryReport, MigrationReport, World, WorldTime } from './api.ts'
import { EMPTY_KEY } from './cells/cell.ts'
import { readCellsAhead } from './cells/read-ahead.ts'
import type { AheadBlob } from './cells/read-ahead.ts'
import { listCells, readState, rehearseMigrations } from './cells/read-state.ts'
import type { ReadGround } from './cells/read-state.ts'
import { textOfBytes } from './collections/key-text.ts'
import type { FreshBlob } from './collections/fresh-nodes.ts'
import type { Proposal } from './governance/proposal.ts'
import type { Watch } from './governance/watch.ts'
import { compareInstanceIds, compareIntents } from './intents/effects-state.ts'
import type { IntentReport } from './intents/intent.ts'
import type { MadeBlobs } from './internal/made-blobs.ts'
import type { KernelPorts } from './ports.ts'
import { reportInstance } from './plans/instance.ts'
import type { Snapshots } from './snapshot/snapshots.ts'
import { countChanges } from './snapshot/snapshot-parts.ts'
import type { CheckpointSize, RecoveryAmounts, TailAmounts } from './snapshot/tail-cost.ts'
import type { WorldState } from './state.ts'

/** The reading half of a world; whoever extends it changes the state. */
export abstract class WorldReads {
  protected abstract state: WorldState
  protected abstract readonly snapshots: Snapshots
  protected abstract readonly made: MadeBlobs
  protected abstract readonly newestEngine: Hash
  protected abstract readonly ports: KernelPorts

  private get readGround(): ReadGround {
    return { ports: this.ports, state: this.state }
  }

  get id(): Hash | undefined {
    return this.state.id
  }

  get head(): World['head'] {
    return this.state.height < 0 ? undefined : { height: this.state.height, leaf: this.state.leaf }
  }

  get manifestHash(): Hash | undefined {
    return this.state.manifestHash
  }

  get manifestHeight(): number {
    return this.state.manifestHeight
  }

  get keysHeight(): number {
    return this.state.keysHeight
  }

  get keys(): readonly KeyReport[] {
    const keys = [...this.state.keys.entries()]
    keys.sort(([leftId, left], [rightId, right]) => left.from - right.from || (leftId < rightId ? -1 : 1))
    return keys.map(([, key]) => key)
  }

  get engineDigest(): Hash {
    return this.state.engine ?? this.newestEngine
  }

  get time(): WorldTime {
    const { clock, entropy, nowNs, logicalNowNs } = this.state
    return { clock, entropy, nowNs, logicalNowNs }
  }

  readCell(reducer: string, key: Uint8Array | undefined): Uint8Array | undefined {
    const cell = this.state.cells.find(reducer)?.find(textOfBytes(key ?? EMPTY_KEY))
    if (cell?.state === undefined) return undefined
    return readState(this.readGround, reducer, { state: cell.state, generation: cell.generation })
  }

  readAhead(entries: Iterable<Uint8Array>): Iterable<AheadBlob> {
    const { sha256, content } = this.ports
    return readCellsAhead({ sha256, content, cells: this.state.cells }, entries)
  }

  listIntents(): Iterable<IntentReport> {
    return [...this.state.effects.intents.values()].sort(compareIntents)
  }

  readIntent(hash: Hash): IntentReport | undefined {
    return this.state.effects.intents.get(hash)
  }

  listInstances(): Iterable<InstanceReport> {
    const instances = [...this.state.effects.instances.values()]
    return instances.sort((left, right) => compareInstanceIds(left.id, right.id)).map(reportInstance)
  }

  get nextDueNs(): bigint | undefined {
    return this.state.effects.due.next?.atNs
  }

  listCells(reducer: string): Iterable<CellReport> {
    return listCells(this.readGround, reducer)
  }

  rehearse(reducer: string): Iterable<MigrationReport> {
    return rehearseMigrations(this.readGround, reducer)
  }

  listProposals(): Iterable<Proposal> {
    return [...this.state.governance.proposals.values()].sort((left, right) => left.number - right.number)
  }

  readProposal(number: number): Proposal | undefined {
    return this.state.governance.proposals.get(String(number))
  }

  get needsReview(): boolean {
    return this.state.governance.needsReview
  }

  get probation(): Watch | undefined {
    return this.state.governance.watch
  }

  countCells(reducer: string): number {
    return this.state.cells.find(reducer)?.count ?? 0
  }

  get snapshot(): World['snapshot'] {
    return this.snapshots.work
  }

  get hasSnapshots(): boolean {
    return this.state.hasSnapshots
  }

  get lastCut(): number | undefined {
    return this.state.lastCut
  }

  takeMadeBlobs(): readonly FreshBlob[] {
    return this.made.take()
  }

  releaseMadeBlobs(blobs: readonly FreshBlob[]): void {
    this.made.release(blobs)
  }

  get tail(): TailAmounts {
    return this.snapshots.tail.behindRoot
  }

  get recovery(): RecoveryAmounts {
    return this.snapshots.tail.recovery
  }

  get base(): Hash | undefined {
    return this.snapshots.base
  }

  get changes(): number {
    return countChanges(this.state)
  }

  keepCheckpoint(size: CheckpointSize): void {
    this.snapshots.tail.keep(size)
  }

  get dirtyCells(): number {
    return this.state.cells.memory.dirtyCells + (this.snapshots.work?.cells ?? 0)
  }

  get memory(): MemoryReport {
    const { bytes, dirtyBytes } = this.state.cells.memory
    return { cells: bytes, dirty: dirtyBytes, nodes: this.state.nodes.bytes }
  }
}
