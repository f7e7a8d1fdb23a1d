/** How the kit opens a store on a simulated machine. */
import { openWorldStore, type WorldStore } from '../../world-store.ts'
import type { MachinePorts } from '../machine/machine.ts'

/** The folder of the world on the simulated machine. */
export const SIMULATED_WORLD = '/worlds/world'

/** 16 KiB: a segment holds two groups of one page. */
const SEGMENT_BYTES = 16_384

/** Opens the store under test in `SIMULATED_WORLD`. Segments must be small, so that runs make many. */
export type OpenSimulated = (ports: MachinePorts, options: { readonly readOnly: boolean }) => Promise<WorldStore>

/** The store of this package. */
export const openSimulated: OpenSimulated = (ports, { readOnly }) =>
  openWorldStore(SIMULATED_WORLD, { ...ports, readOnly, segmentBytes: SEGMENT_BYTES })
