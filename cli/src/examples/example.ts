/** What an example does with its world, and how it is told whether it went well. */
import type { HostWorld } from '@aos/host'

export interface ExampleRun {
  readonly host: HostWorld
  /** Says where the work is. */
  readonly progress: (line: string) => void
}

export interface Fed {
  readonly events: number
  readonly seconds: number
}

export interface Example {
  /** Folder under examples/. */
  readonly name: string
  /** Sends what there is to send. */
  readonly feed: (run: ExampleRun) => Promise<Fed>
  /** What is not as it must be; undefined when all is well. */
  readonly check: (run: ExampleRun) => Promise<string | undefined>
  /** A few lines for people. */
  readonly tell: (run: ExampleRun) => Promise<readonly string[]>
}
