/** What a world was at another height than that of the turn that asks (G11; spec/11-gate.md, "Introspection"). */
import { encodeDefinition } from '@aos/air'
import type { Value } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { parseConsistency } from '@aos/kernel'
import { readMoment } from '../moment.ts'
import type { Moment } from '../moment.ts'
import type { HostWorld } from '../host-world.ts'
import type { StepsOptions } from '../steps.ts'
import type { HostAnswer } from './host-adapter.ts'

/** What the host answers of introspection, by kind: nothing that changes the world. */
export const INTROSPECT_ANSWERS: readonly (readonly [string, HostAnswer])[] = [
  ['introspect.manifest', answerWith(manifest)],
  ['introspect.reducer_state', answerWith(reducerState)],
]

/** Fields of sys/IntrospectManifestParams@1 and sys/IntrospectReducerStateParams@1. */
interface Asked {
  readonly consistency: string
  readonly reducer: string
  readonly key: Uint8Array | null
}

function manifest(_asked: Asked, moment: Moment): Value {
  return { manifest: encodeDefinition(moment.definitions.manifest), meta: metaOf(moment) }
}

function reducerState({ reducer, key }: Asked, moment: Moment): Value {
  const cell = key === null ? undefined : normalizeKey(moment, reducer, key)
  return { state: moment.kernel.readCell(reducer, cell) ?? null, meta: metaOf(moment) }
}

type Look = (asked: Asked, moment: Moment) => Value

/** At the head the state is looked at before anything else can happen to it; what is told leaves when that head is durable (D10). */
function answerWith(look: Look): HostAnswer {
  return async (params, { signal }, { host, steps }) => {
    const asked = params as unknown as Asked // of the params schema of the kind
    const at = parseConsistency(asked.consistency)
    const found = await host.read((kernel) => {
      const height = kernel.head?.height ?? -1
      const isHere = at?.kind === 'exact' ? height === at.height : height >= (at?.height ?? 0)
      return isHere ? look(asked, { height, kernel, definitions: host.definitions }) : height
    })
    if (typeof found !== 'number') return found
    if (at === undefined || at.height > found) {
      throw new AosError('introspect.not_reached', `the journal ends at height ${found}`)
    }
    return look(asked, await pastMoment(host, at.height, steps(signal)))
  }
}

async function pastMoment(host: HostWorld, height: number, steps: StepsOptions): Promise<Moment> {
  try {
    return await readMoment(host, height, steps)
  } catch (error) {
    if (!isAosError(error) || !GONE.includes(error.code)) throw error
    throw new AosError('introspect.gone', `the state of height ${height} cannot be derived any more`, { cause: error })
  }
}

/** Entries that were cut off, and definitions that are not there yet. */
const GONE: readonly string[] = ['journal.compacted', 'host.no_genesis']

function metaOf({ height, definitions }: Moment): {
  readonly journal_height: number
  readonly snapshot_hash: null
  readonly manifest_hash: Hash
} {
  return { journal_height: height, snapshot_hash: null, manifest_hash: definitions.manifestHash }
}

/** As cells are named. */
function normalizeKey({ definitions }: Moment, reducer: string, key: Uint8Array): Uint8Array {
  const keySchema = definitions.modules.get(reducer)?.keySchema
  if (keySchema === undefined) return key
  try {
    return definitions.codec(keySchema).normalize(key)
  } catch (error) {
    if (!isAosError(error)) throw error
    throw new AosError('introspect.bad_key', `the key is not of the key schema of ${reducer}`, { cause: error })
  }
}
