/**
 * What a world says about itself at the point where it is asked: the state as the turn sees it (G11; spec/11-gate.md, "Introspection"). Questions about
 * another height are the host's.
 */
import { formatHash, isAosError, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { kernelError } from '../errors.ts'
import { INTERNAL_LIMITS } from '../limits.ts'
import type { InternalEffect, InternalGround } from './internal-effect.ts'

const AT_HEIGHT = /^(exact|at_least):(0|[1-9][0-9]{0,14})$/

/** A question about one height. */
export interface AskedHeight {
  readonly kind: 'exact' | 'at_least'
  readonly height: number
}

/** The height that a consistency names; undefined: it is `head`, or none. */
export function parseConsistency(consistency: string): AskedHeight | undefined {
  const [, kind, height] = AT_HEIGHT.exec(consistency) ?? []
  return kind === undefined ? undefined : { kind: kind === 'exact' ? 'exact' : 'at_least', height: Number(height) }
}

/** `sys/ReadMeta@1`: the entry under way, and the manifest that its turn runs by. */
function readMeta({ facts }: InternalGround): {
  readonly journal_height: number
  readonly snapshot_hash: null
  readonly manifest_hash: Hash
} {
  return { journal_height: facts.height, snapshot_hash: null, manifest_hash: facts.manifestHash }
}

interface Consistent {
  readonly consistency: string
}

function isAtHead(params: unknown): boolean {
  return parseConsistency((params as Consistent).consistency) === undefined // a field of every params schema that asks for it
}

function checkConsistency(params: unknown): void {
  if ((params as Consistent).consistency === 'head') return
  throw kernelError('introspect.bad_consistency', 'expected head, exact:HEIGHT or at_least:HEIGHT')
}

const JOURNAL_HEAD: InternalEffect = {
  perform: (_params, ground) => ({ status: 'ok', value: { meta: readMeta(ground) } }),
}

const MANIFEST: InternalEffect = {
  isInternal: isAtHead,
  perform: (params, ground) => {
    checkConsistency(params)
    const manifest = ground.ports.content.get(ground.facts.manifestHash)
    ground.blobs.charge(manifest.length)
    return { status: 'ok', value: { manifest, meta: readMeta(ground) } }
  },
}

const REDUCER_STATE: InternalEffect = {
  isInternal: isAtHead,
  perform: (params, ground) => {
    const asked = params as { readonly reducer: string; readonly key: Uint8Array | null } // sys/IntrospectReducerStateParams@1
    checkConsistency(params)
    const key = asked.key === null ? undefined : normalizeKey(ground, asked.reducer, asked.key)
    const state = ground.overlay.cellState(asked.reducer, key)
    ground.blobs.charge(state?.length ?? 0)
    return { status: 'ok', value: { state: state ?? null, meta: readMeta(ground) } }
  },
}

/** As cells are named: canonical bytes with the prefix. */
function normalizeKey({ state }: InternalGround, reducer: string, key: Uint8Array): Uint8Array {
  const codec = state.catalog.reducers.get(reducer)?.keyCodec
  if (codec === undefined) return key
  try {
    return codec.normalize(key)
  } catch (error) {
    if (!isAosError(error)) throw error
    throw kernelError('introspect.bad_key', `the key is not of the key schema of ${reducer}`, { cause: error })
  }
}

const LIST_CELLS: InternalEffect = {
  perform: (params, ground) => {
    const { reducer } = params as { readonly reducer: string } // sys/IntrospectListCellsParams@1
    const { overlay, blobs, ports } = ground
    // Before the walk, which costs as much as there are cells.
    blobs.charge((overlay.countCells(reducer) * INTERNAL_LIMITS.fuelPerBlob) / INTERNAL_LIMITS.fuelPerByte)
    const cells = overlay.listCells(reducer).map((cell) => ({
      key: cell.key,
      state_hash: formatHash(cell.stateHash ?? sha256(ports.sha256, cell.state)),
      size: cell.size,
      last_active_ns: 0,
    }))
    return { status: 'ok', value: { cells, meta: readMeta(ground) } }
  },
}

/** Introspection in the turn, by kind: what it reads is paid for in fuel. */
export const INTROSPECT_EFFECTS: readonly (readonly [string, InternalEffect])[] = [
  ['introspect.journal_head', JOURNAL_HEAD],
  ['introspect.manifest', MANIFEST],
  ['introspect.reducer_state', REDUCER_STATE],
  ['introspect.list_cells', LIST_CELLS],
]
