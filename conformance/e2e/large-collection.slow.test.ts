/** `aos blob gc` on a world of many cells and many snapshots (spec/16-snapshots.md, "Retention"): what is kept, what goes, and in how much memory. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatHash, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { EventPipeline, nodeSha256, openWorld, replayJournal, snapshotNotes, worldFolderAt } from '@aos/host'
import type { HostWorld } from '@aos/host'
import { walkSnapshot } from '@aos/kernel'
import { makeSandbox } from './command.ts'
import type { Sandbox } from './command.ts'
import { SEED, makeRandom } from './random.ts'
import { pushWorld } from './worlds.ts'

const CELLS = 100_000
const SNAPSHOTS = 8
/** All over the world, before each snapshot. */
const CHANGES = 3000
const WASTE = 2000
/** Of the JavaScript heap of the command. */
const HEAP_MEGABYTES = 64
/** A pack is written again when at least this share of it is dead (spec/07-journal.md, J59). */
const DEAD_SHARE = 0.3

const EVENT = 'test/Deposit@1'
const REDUCER = 'test/Account@1'

/** As `aos blob gc` says. */
interface Collected {
  readonly live: number
  readonly dead: number
  readonly bytes_live: number
  readonly bytes_dead: number
  readonly bytes_freed: number
  readonly snapshots: readonly { readonly cut: number }[]
}

test(
  `a collection among ${CELLS} cells and ${SNAPSHOTS} snapshots keeps what is needed, and nothing else`,
  { timeout: 600_000 },
  async () => {
    const sandbox = makeSandbox()
    const root = await makeCellWorld(sandbox)
    const use = async <T>(work: (host: HostWorld) => Promise<T>): Promise<T> => {
      const host = await openWorld(worldFolderAt(root), { environment: { AOS_KEY_DIR: sandbox.path('keys') } })
      try {
        return await work(host)
      } finally {
        await host.close()
      }
    }
    const old = await use(grow)
    expect(old.size).toBeGreaterThan(SNAPSHOTS * CHANGES)
    const waste = Array.from({ length: WASTE }, () => new Uint8Array(randomBytes(1000)))
    await use(({ store }) => store.content.put(waste))

    const gc = ['blob', 'gc', '--world', root]
    const nodeOptions = [`--max-old-space-size=${HEAP_MEGABYTES}`]
    const done = await sandbox.data<Collected>(gc, { nodeOptions })
    await use(async (host) => {
      const [newest, older] = snapshotNotes(host.store)
      if (newest === undefined || older === undefined) throw new Error('two snapshots stay')
      expect(snapshotNotes(host.store).map(({ cut }) => cut)).toEqual(done.snapshots.map(({ cut }) => cut))
      const kept = new Set<Hash>()
      for (const { root: snapshot } of [newest, older])
        for (const { hash, bytes } of walkSnapshot({ get: host.readContent }, snapshot)) {
          expect(bytes.length).toBeGreaterThan(0)
          kept.add(hash)
        }
      const garbage = [...old].filter((hash) => !kept.has(hash))
      expect(garbage.length).toBeGreaterThan(SNAPSHOTS * 1000)
      expect(done.dead).toBeGreaterThanOrEqual(garbage.length + WASTE)
      expect(done.live).toBeGreaterThanOrEqual(kept.size)
      expect(kept.size).toBeGreaterThan(CELLS / 100)
      const has = (hash: Hash): boolean => host.store.content.has(hash)
      expect(garbage.filter(has).length / garbage.length).toBeLessThan(DEAD_SHARE)
      const wasteNames = waste.map((bytes) => formatHash(sha256(nodeSha256, bytes)))
      expect(wasteNames.filter(has).length / WASTE).toBeLessThan(DEAD_SHARE)
      for (const from of [newest, older])
        expect(replayJournal(host, { to: undefined, verify: true, from, onProgress: () => undefined }).ok).toBe(true)
      expect(countCells(host)).toBe(CELLS)
      return Promise.resolve()
    })
    const rest = await sandbox.data<Collected>([...gc, '--dry-run'], { nodeOptions })
    expect(rest.bytes_dead).toBeLessThanOrEqual((DEAD_SHARE / (1 - DEAD_SHARE)) * rest.bytes_live)
    expect(done.bytes_freed).toBeGreaterThan(done.bytes_dead / 2)
    expect(rest.live).toBe(done.live)
  },
)

async function makeCellWorld(sandbox: Sandbox): Promise<string> {
  const root = sandbox.path('cells')
  await sandbox.data(['init', root, '--template', 'empty'])
  const schema = (name: string, type: object): object => ({ $kind: 'defschema', name, type })
  const nat = { nat: {} }
  const names = ['test/AccountId@1', EVENT, 'test/AccountState@1'] as const
  const [id, event, state] = names
  const reducer = { state, event, effects_emitted: [], cap_slots: {} }
  const files: Readonly<Record<string, string>> = {
    'reducers/account/index.ts': `import { AccountState, Deposit, Output } from './generated'

export function reduce(state: AccountState | null, deposit: Deposit, out: Output): AccountState | null {
  const account = state === null ? new AccountState() : state
  account.account = deposit.account
  account.balance += deposit.amount
  return account
}
`,
    'aos.sync.json': JSON.stringify({
      version: 1,
      air: { dir: 'air' },
      modules: { [REDUCER]: { source: 'reducers/account' } },
    }),
    'air/manifest.air.json': JSON.stringify([
      schema(id, { text: {} }),
      schema(event, { record: { account: { text: {} }, amount: nat } }),
      schema(state, { record: { account: { text: {} }, balance: nat } }),
      { $kind: 'defmodule', name: REDUCER, module_kind: 'reducer', key_schema: id, abi: { reducer } },
      {
        $kind: 'manifest',
        air_version: '1',
        schemas: names.map((name) => ({ name })),
        modules: [{ name: REDUCER }],
        routing: { events: [{ event: EVENT, reducer: REDUCER, key_field: 'account' }] },
      },
    ]),
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  await pushWorld(sandbox, root)
  return root
}

/** Makes the cells, then changes some before each snapshot; every hash that a snapshot reached. */
async function grow(host: HostWorld): Promise<ReadonlySet<Hash>> {
  const random = makeRandom(SEED + 400)
  const codec = host.definitions.codec(EVENT)
  const deposit = async (count: number, pick: (index: number) => number): Promise<void> => {
    let accepted = 0
    const pipeline = new EventPipeline<undefined>(host, ({ kind }) => {
      if (kind === 'accepted') accepted += 1
    })
    for (let index = 0; index < count; index += 1) {
      const value = codec.encode({ account: `account-${pick(index)}`, amount: 1 })
      pipeline.push({ kind: 'event', principal: 'local:test', schema: EVENT, value }, undefined)
      const room = pipeline.room()
      if (room !== undefined) await room
    }
    await pipeline.end()
    expect(accepted).toBe(count)
  }
  await deposit(CELLS, (index) => index)
  const reached = new Set<Hash>()
  for (let snapshot = 0; snapshot < SNAPSHOTS; snapshot += 1) {
    await deposit(CHANGES, () => Math.floor(random() * CELLS))
    const { root } = await host.createSnapshot()
    const skips = (hash: Hash): boolean => reached.has(hash)
    for (const { hash } of walkSnapshot({ get: host.readContent }, root, skips)) reached.add(hash)
  }
  return reached
}

function countCells(host: HostWorld): number {
  let count = 0
  for (const _ of host.kernel.listCells(REDUCER)) count += 1
  return count
}
