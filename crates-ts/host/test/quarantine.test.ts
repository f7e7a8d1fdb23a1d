import { appendFileSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EMPTY_MANIFEST, encodeDefinition } from '@aos/air'
import { encodeNode, hashText } from '@aos/cbor'
import { encodeSetManifest } from '@aos/kernel'
import type { Ingress, ManifestIngress, ModuleRuntime, World } from '@aos/kernel'
import {
  HostWorld,
  makeOsStamper,
  nodeSha256,
  openFolder,
  ownerPrincipal,
  readOwnerKey,
  replayInto,
} from '../src/index.ts'
import type { OpenedFolder } from '../src/index.ts'
import { signRequest } from '../src/keys/request.ts'
import { EVENT, makeTestWorld, openPushed } from './_world.ts'
import type { TestWorld } from './_world.ts'

let world: TestWorld

beforeEach(async () => {
  world = makeTestWorld()
  await (await openPushed(world)).close()
})

afterEach(() => {
  world.remove()
})

/** What may break on the machine. */
interface Breaking {
  /** Calls of modules fail like an engine that is out of memory. */
  readonly modules?: boolean
  /** Reads of content fail from the moment that this says so. */
  readonly content?: { isBroken: boolean }
}

/** The world on a machine that breaks, with a store, a kernel and a commit loop of its own. */
async function openBreaking(breaking: Breaking): Promise<HostWorld> {
  const opened: OpenedFolder = await openFolder(world.folder, { environment: { AOS_KEY_DIR: world.keys } })
  const { content } = breaking
  if (content !== undefined) {
    const { get } = opened.store.content
    opened.store.content.get = (hash) => {
      if (content.isBroken) throw new RangeError('Array buffer allocation failed')
      return get.call(opened.store.content, hash)
    }
  }
  const kernel: World = opened.makeKernel(breaking.modules === true ? failing(opened.modules) : opened.modules)
  replayInto(kernel, opened.store.journal, {})
  return new HostWorld({ ...opened, kernel, stamper: makeOsStamper() })
}

function failing(modules: ModuleRuntime): ModuleRuntime {
  return {
    load: (request) => ({
      ...modules.load(request),
      call: () => {
        throw new RangeError('out of memory')
      },
    }),
  }
}

function event(n: number): Ingress {
  return { kind: 'event', principal: 'local:test', schema: EVENT, value: encodeNode({ n }) }
}

/** A signed manifest without definitions. */
async function emptyManifest(host: HostWorld): Promise<ManifestIngress> {
  const node = encodeDefinition(EMPTY_MANIFEST)
  const owner = readOwnerKey(host.keyFolder)
  await host.store.content.put([node])
  const manifest = hashText(nodeSha256, node)
  const command = {
    manifest,
    base: host.kernel.manifestHash ?? manifest,
    baseHeight: host.kernel.manifestHeight,
  }
  const auth = [signRequest(owner, { world: host.id, command: encodeSetManifest(command) })]
  return { kind: 'manifest', principal: ownerPrincipal(owner), ...command, blobs: [manifest], auth }
}

test('an event at which modules fail twice is refused, after each failure the world is opened again', async () => {
  for (let round = 1; round <= 2; round += 1) {
    const host = await openBreaking({ modules: true })
    await expect(host.send(event(1))).rejects.toMatchObject({ code: 'host.fault' })
    // Counted before anything can be tried again.
    expect(readFileSync(world.folder.faults, 'utf8').match(/[0-9a-f]{64}/g)?.length).toBe(round)
    await expect(host.send(event(2))).rejects.toMatchObject({ code: 'host.stopped' })
    await host.close()
  }
  const host = await openBreaking({ modules: true })
  expect(await host.send(event(1))).toMatchObject({ kind: 'refused', error: { code: 'host.quarantined' } })
  // The world goes on: this is the first failure of another event.
  await expect(host.send(event(2))).rejects.toMatchObject({ code: 'host.fault' })
  await host.close()
  const mended = await openBreaking({})
  expect(await mended.send(event(1))).toMatchObject({ kind: 'refused', error: { code: 'host.quarantined' } })
  expect(await mended.send({ ...event(1), trace: new Uint8Array(16), idempotencyKey: 'another' })).toMatchObject({
    error: { code: 'host.quarantined' },
  })
  expect(await mended.send(event(2))).toMatchObject({ kind: 'accepted', height: 2 })
  await mended.close()
})

test('so is a manifest at which the store of content fails, and what is signed otherwise is not', async () => {
  for (let round = 1; round <= 2; round += 1) {
    const content = { isBroken: false }
    const host = await openBreaking({ content })
    const ingress = await emptyManifest(host)
    content.isBroken = true
    await expect(host.send(ingress)).rejects.toMatchObject({ code: 'host.fault' })
    await host.close()
  }
  const host = await openBreaking({})
  const ingress = await emptyManifest(host)
  expect(await host.send(ingress)).toMatchObject({ kind: 'refused', error: { code: 'host.quarantined' } })
  expect(await host.send(event(1))).toMatchObject({ kind: 'accepted', height: 2 })
  const message = 'another command'
  const owner = readOwnerKey(host.keyFolder)
  const auth = [signRequest(owner, { world: host.id, command: encodeSetManifest({ ...ingress, message }) })]
  expect(await host.send({ ...ingress, message, auth })).toMatchObject({ kind: 'accepted', height: 3 })
  await host.close()
})

test('every kind is told apart from every other', async () => {
  const kinds: readonly Ingress[] = [
    { kind: 'tick', principal: 'host:tick' },
    { kind: 'clock', principal: 'local:test', nowNs: 4_000_000_000_000_000_000n },
    event(1),
    { kind: 'engine', principal: 'local:test', engine: hashText(nodeSha256, new Uint8Array(1)), auth: [] },
  ]
  const machine = { value: () => { throw new RangeError('out of memory') } } // prettier-ignore
  for (const ingress of kinds) {
    for (let round = 1; round <= 2; round += 1) {
      const host = await openBreaking({})
      const kernel = Object.create(host.kernel, { submit: machine }) as World // the same kernel but for one method
      const stamper = { next: () => ({ nowNs: 1n, entropy: new Uint8Array(16) }) }
      const broken = new HostWorld({ ...host, kernel, stamper })
      await expect(broken.send(ingress), ingress.kind).rejects.toMatchObject({ code: 'host.fault' })
      await host.close()
      // A line that a crash cut off costs at most itself.
      appendFileSync(world.folder.faults, 'abcdef')
    }
    const host = await openBreaking({})
    expect(await host.send(ingress), ingress.kind).toMatchObject({ error: { code: 'host.quarantined' } })
    await host.close()
  }
  const host = await openBreaking({})
  const clock: Ingress = { kind: 'clock', principal: 'local:test', nowNs: 4_000_000_000_000_000_001n }
  expect(await host.send(clock)).toMatchObject({ kind: 'accepted' })
  expect(await host.send(event(2))).toMatchObject({ kind: 'accepted' })
  await host.close()
})
