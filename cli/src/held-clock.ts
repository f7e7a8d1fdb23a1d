/** Says that time is held, once a command. */
import type { HostWorld } from '@aos/host'
import type { CommandContext } from './context.ts'

/** To be called after events were sent; says it the first time that it is so. */
export function makeHeldClockWarning(context: CommandContext, host: HostWorld): () => void {
  let isSaid = false
  return () => {
    if (isSaid || !host.isClockHeld || host.kernel.time.clock === 'virtual') return
    isSaid = true
    context.stderr.write(
      'the wall clock has jumped ahead by more than an hour; events keep the old time until `aos doctor clock --accept`\n',
    )
  }
}
