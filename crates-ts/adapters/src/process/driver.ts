/** A driver that runs: a child process that answers calls over its standard streams (spec/13-adapters.md, "Drivers"). */
import type { AdapterResult } from '../port.ts'
import { DriverRun } from './driver-run.ts'
import type { DriverCommand, DriverEnd } from './driver-run.ts'
import type { DriverHello, DriverQuestion } from './protocol.ts'

/** A driver that said hello. */
export interface Driver {
  readonly hello: DriverHello
  readonly isAlive: () => boolean
  /** Undefined for a look-up that cannot tell. Throws AdapterFailure when the driver or the signal ends the call. */
  readonly ask: (question: DriverQuestion) => Promise<AdapterResult | undefined>
  /** Resolves with the answer; rejects when the driver ends. */
  readonly ping: () => Promise<void>
  /** Says goodbye, unless told to be silent, and closes the input; kills what is left after the time for it. */
  readonly close: (manner?: 'silent') => Promise<DriverEnd>
}

/** Starts the command and waits for its hello. Throws AdapterFailure `adapter_unavailable` or `adapter_protocol`. */
export async function startDriver(options: DriverCommand): Promise<Driver> {
  const run = new DriverRun(options)
  const giveUp = (): void => {
    run.stop('adapter_unavailable', 'the driver was not waited for')
  }
  options.signal?.addEventListener('abort', giveUp, { once: true })
  const hello = await run.hello.finally(() => options.signal?.removeEventListener('abort', giveUp))
  return {
    hello,
    isAlive: () => run.end === undefined,
    ask: (question) => run.ask(question),
    ping: async () => {
      await run.ping()
    },
    close: (manner) => run.close(manner),
  }
}
