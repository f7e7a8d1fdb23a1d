/** The item of `derived` about a cell that was brought on (K6; spec/journal.cddl, "migration"). The key is salted. */
import type { CborWriter, Sha256Port } from '@aos/cbor'
import type { WriteSalted } from '../intents/effect-items.ts'
import type { CallOutcome } from '../ports.ts'
import { ITEM } from '../codes.ts'

/** A cell that was brought on to another generation, or could not be. */
export interface MigrationItem {
  readonly reducer: string
  readonly key: Uint8Array | undefined
  readonly from: number
  readonly to: number
  readonly outcome: CallOutcome
  readonly fuel: number
  /** The state as it is now; undefined unless `ok`. */
  readonly state: Uint8Array | undefined
}

/** A map with ascending integer keys; what is undefined is left out. */
export function writeMigration(
  sha256: Sha256Port,
  item: MigrationItem,
): (writer: CborWriter, salted: WriteSalted) => void {
  return (writer, salted) => {
    writer.map(6 + (item.key === undefined ? 0 : 1) + (item.state === undefined ? 0 : 1))
    writer.uint(0)
    writer.uint(ITEM.migration)
    writer.uint(1)
    writer.name(item.reducer)
    if (item.key !== undefined) {
      writer.uint(2)
      salted(writer, item.key)
    }
    writer.uint(3)
    writer.uint(item.from)
    writer.uint(4)
    writer.uint(item.to)
    writer.uint(5)
    writer.name(item.outcome)
    writer.uint(6)
    writer.uint(item.fuel)
    if (item.state !== undefined) {
      writer.uint(7)
      writer.digest(sha256, item.state)
    }
  }
}
