/** What an example does with its world, and how it is told whether it went well. */
import type { HostWorld, ModuleBuilder } from '@aos/host'

/** A new world with the example's definitions in force. */
export interface ExampleRun {
  readonly host: HostWorld
  /** Compiles the modules of what is proposed. */
  readonly builder: ModuleBuilder
  /** Says where the work is. */
  readonly progress: (line: string) => void
}

/** How many events were acknowledged, and in what time. */
export interface Fed {
  readonly events: number
  readonly seconds: number
}

/** What is done with one world. */
export interface ExampleWork {
  /** Sends what there is to send. */
  readonly feed: (run: ExampleRun) => Promise<Fed>
  /** What is not as it must be; undefined when all is well. */
  readonly check: (run: ExampleRun) => Promise<string | undefined>
  /** A few lines for people. */
  readonly tell: (run: ExampleRun) => Promise<readonly string[]>
  /** Ends what was started for it. */
  readonly close?: () => Promise<void>
}

/** An example: a folder with a world in it, and who sends it events. */
export interface Example {
  /** Folder under examples/. */
  readonly name: string
  /** Begins, before the folder is pushed: `source` is the one of the checkout, `world` the copy that becomes the world. */
  readonly begin: (folders: { readonly source: string; readonly world: string }) => Promise<ExampleWork>
}
