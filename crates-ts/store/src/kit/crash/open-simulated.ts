/** How the kit opens a store on a simulated machine. */
import { openWorldStore, type WorldStore } from '../../world-store.ts'
import type { MachinePorts } from '../machine/machine.ts'

/** The folder of the world on the simulated machine. */
export const SIMULATED_WORLD = '/worlds/world'

/** How a run asks for a store to be opened. */
export interface SimulatedOptions {
  readonly readOnly: boolean
  /** Small, so that runs make many segments; the same for all openings of one world. */
  readonly segmentBytes: number
  /** See WorldStoreOptions. */
  readonly sealedBytes?: number
}

/** Opens the store under test in `SIMULATED_WORLD`. */
export type OpenSimulated = (ports: MachinePorts, options: SimulatedOptions) => Promise<WorldStore>

/** The store of this package. */
export const openSimulated: OpenSimulated = (ports, options) =>
  openWorldStore(SIMULATED_WORLD, { ...ports, ...options })
