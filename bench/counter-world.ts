/** A counter world in a temporary folder, made by the command and then opened in this process. */
import type { SchemaCodec } from '@aos/air'
import type { Sha256Port } from '@aos/cbor'
import { HostWorld, MODULE_PROFILE, makeOsStamper, openFolder, replayInto } from '@aos/host'
import type { OpenedFolder, OpenedStore } from '@aos/host'
import { createWorld } from '@aos/kernel'
import type { EventIngress, World } from '@aos/kernel'
import { initBenchWorld, pushBenchWorld } from './bench-world.ts'
import type { BenchWorld } from './bench-world.ts'
import { keptWorld } from './kept-world.ts'

export type { BenchWorld } from './bench-world.ts'

export const COUNTER_EVENT = 'demo/CounterEvent@1'
export const COUNTER_REDUCER = 'demo/CounterSM@1'

/** `root` is the checkout; the bundle must be there. */
export function makeBenchWorld(root: string): Promise<BenchWorld> {
  return keptWorld(root, 'counter', async () => {
    const bench = await initBenchWorld(root, 'counter')
    await pushBenchWorld(bench)
    return bench
  })
}

export interface OpenBenchWorld {
  readonly opened: OpenedFolder
  readonly host: HostWorld
}

/** Like `openWorld`, with the kernel's SHA-256 given, so that it can be counted; a given store takes the place of the one on disk. */
export async function openBenchWorld(
  bench: BenchWorld,
  sha256: Sha256Port,
  store?: OpenedStore,
): Promise<OpenBenchWorld> {
  const { environment } = bench
  const opened = await openFolder(bench.folder, store === undefined ? { environment } : { environment, store })
  const kernel = makeKernel(opened, sha256)
  replayInto(kernel, opened.store.journal, {})
  return { opened, host: new HostWorld({ ...opened, kernel, stamper: makeOsStamper() }) }
}

/** A kernel without state on the same store. */
export function makeKernel(opened: OpenedFolder, sha256: Sha256Port): World {
  return createWorld({
    sha256,
    modules: opened.modules,
    profile: MODULE_PROFILE,
    content: { get: opened.readContent },
  })
}

/** SHA-256 that counts its calls. */
export class CountingSha256 implements Sha256Port {
  readonly #inner: Sha256Port
  count = 0

  constructor(inner: Sha256Port) {
    this.#inner = inner
  }

  sha256Into(input: Uint8Array, output: Uint8Array, offset: number): void {
    this.count += 1
    this.#inner.sha256Into(input, output, offset)
  }
}

/** Makes events as an application would: a value, encoded by the compiled codec. */
export class EventMaker {
  readonly #codec: SchemaCodec

  constructor(host: HostWorld) {
    this.#codec = host.definitions.codec(COUNTER_EVENT)
  }

  start(target: number): EventIngress {
    return this.#make({ $tag: 'Start', $value: { target } })
  }

  tick(): EventIngress {
    return this.#make({ $tag: 'Tick' })
  }

  #make(value: Parameters<SchemaCodec['encode']>[0]): EventIngress {
    return { kind: 'event', principal: 'local:bench', schema: COUNTER_EVENT, value: this.#codec.encode(value) }
  }
}
