/** Performing the effects of a world that a process holds, from now on or from genesis on (spec/15-control.md, "Life"). */
import { AosError } from '@aos/cbor'
import type { EffectsEvent, EffectsHost, FairShare, HostWorld } from '@aos/host'
import type { CommandContext } from '../context.ts'
import { makeEffects } from './effects.ts'

/** What the holder of a world is told. */
export interface HoldEffectsOptions {
  readonly environment: CommandContext['environment']
  readonly onEvent: (event: EffectsEvent) => void
  /** Of the thread. */
  readonly share: FairShare
  /** The world takes nothing more. */
  readonly onFailure: (error: AosError) => void
  /** They cannot be performed here: this person has no host key of the world. */
  readonly onTrouble: (error: AosError) => void
}

export interface HeldEffects {
  /** undefined while the world has no genesis, and when there is trouble. */
  readonly current: EffectsHost | undefined
  readonly trouble: AosError | undefined
  /** Waits for a start that is under way. A second call does nothing. */
  stop(): Promise<void>
}

/** Resolves when what earlier processes left is being performed. */
export async function holdEffects(host: HostWorld, options: HoldEffectsOptions): Promise<HeldEffects> {
  const { environment, share, onFailure, onTrouble } = options
  let current: EffectsHost | undefined
  let trouble: AosError | undefined
  let starting: Promise<void> = Promise.resolve()
  const start = async (): Promise<void> => {
    const onEvent = (event: EffectsEvent): void => {
      options.onEvent(event)
      if (event.type === 'failed') onFailure(effects.failure ?? new AosError(event.code, event.message))
    }
    const effects: EffectsHost = makeEffects(host, { environment, share, onEvent })
    try {
      await effects.start()
      current = effects
    } catch (error) {
      if (!(error instanceof AosError)) throw error
      trouble = error
      onTrouble(error)
    }
  }
  if (host.kernel.head === undefined) {
    const unobserve = host.observe(() => {
      unobserve()
      starting = Promise.resolve(host.durable()).then(start)
      starting.catch((error: unknown) => {
        onFailure(error instanceof AosError ? error : new AosError('host.fault', String(error), { cause: error }))
      })
    })
  } else await start()
  return {
    get current() {
      return current
    },
    get trouble() {
      return trouble
    },
    stop: async () => {
      await starting.catch(() => undefined)
      await current?.stop()
    },
  }
}
