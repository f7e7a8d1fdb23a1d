/** What applying a change at the head would do at once (spec/24-shadow-report.md, "In flight"). */
import type { Hash } from '@aos/cbor'
import type { IntentReport, World } from '@aos/kernel'
import { ForkNames } from './fork-names.ts'
import type { ShadowInFlight } from './report.ts'
import { stampBehind } from './seed.ts'

/** Intents that are denied or parked, and instances that end. */
export interface HeadReview {
  readonly intents: readonly ShadowInFlight[]
  readonly endings: readonly { readonly instance: string; readonly code: string }[]
}

/** The fork has the candidate in force; none of its intents counts as in flight, so that the worst is told. Throws what the review is refused with. */
export function reviewAtHead(world: World): HeadReview {
  const names = new ForkNames(world)
  const open = new Map<Hash, IntentReport>([...world.listIntents()].map((intent) => [intent.hash, intent]))
  const command = { op: 'review', inFlight: [] } as const
  const ingress = { kind: 'governance', principal: 'host:shadow', command, blobs: [], auth: [] } as const
  const result = world.submit(ingress, stampBehind(world))
  if (result.kind === 'refused') throw result.error
  if (result.kind !== 'accepted') return { intents: [], endings: [] }
  const { settled, changed, ended } = result.effects
  const denied = settled.flatMap(({ intent, status, code }) => (status === 'denied' ? [{ intent, code }] : []))
  const parked = changed.flatMap(({ intent, change }) => (change === 'parked' ? [{ intent, code: undefined }] : []))
  const shown = (to: ShadowInFlight['to']) =>
    function show({ intent, code }: { readonly intent: Hash; readonly code: string | undefined }): ShadowInFlight[] {
      const known = open.get(intent)
      if (known === undefined) return []
      const { effectKind, origin, height } = known
      return [{ intent, effectKind, origin: names.origin(origin), height, to, ...(code === undefined ? {} : { code }) }]
    }
  return {
    intents: [...denied.flatMap(shown('denied')), ...parked.flatMap(shown('parked'))],
    endings: ended.flatMap(({ instance, code }) =>
      code === undefined ? [] : [{ instance: names.instance(instance), code }],
    ),
  }
}
