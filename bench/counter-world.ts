/** A counter world in a temporary folder, made by the command and then opened in this process. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SchemaCodec } from '@aos/air'
import type { Sha256Port } from '@aos/cbor'
import { HostWorld, MODULE_PROFILE, makeOsStamper, openFolder, replayInto, worldFolderAt } from '@aos/host'
import type { KeyEnvironment, OpenedFolder, WorldFolder } from '@aos/host'
import { createWorld } from '@aos/kernel'
import type { EventIngress, World } from '@aos/kernel'

export const COUNTER_EVENT = 'demo/CounterEvent@1'
export const COUNTER_REDUCER = 'demo/CounterSM@1'

export interface BenchWorld {
  /** Temporary folder around everything; for files of a bench, too. */
  readonly scratch: string
  readonly folder: WorldFolder
  readonly environment: KeyEnvironment
  /** Runs the command with this world's keys. */
  command(args: readonly string[]): Promise<string>
  remove(): void
}

/** `root` is the checkout; the bundle must be there. */
export async function makeBenchWorld(root: string): Promise<BenchWorld> {
  const scratch = mkdtempSync(join(tmpdir(), 'aos-bench-'))
  const keyFolder = join(scratch, 'keys')
  const environment: KeyEnvironment = { ...process.env, AOS_KEY_DIR: keyFolder }
  const command = async (args: readonly string[]): Promise<string> => {
    const ran = await promisify(execFile)(process.execPath, [join(root, 'cli/bin/aos.mjs'), ...args], {
      env: { ...process.env, AOS_KEY_DIR: keyFolder },
    })
    return ran.stdout
  }
  const place = join(scratch, 'world')
  await command(['init', place, '--template', 'counter', '--json'])
  await command(['push', '--world', place, '--json'])
  const remove = (): void => {
    rmSync(scratch, { recursive: true, force: true })
  }
  return { scratch, folder: worldFolderAt(place), environment, command, remove }
}

export interface OpenBenchWorld {
  readonly opened: OpenedFolder
  readonly host: HostWorld
}

/** Like `openWorld`, with the kernel's SHA-256 given, so that it can be counted. */
export async function openBenchWorld(bench: BenchWorld, sha256: Sha256Port): Promise<OpenBenchWorld> {
  const opened = await openFolder(bench.folder, { environment: bench.environment })
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
