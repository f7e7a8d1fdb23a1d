import { afterEach, describe, expect, test } from 'vitest'
import { makeEndlessModule, makeLastEventModule } from './_module.ts'
import { ShadowWorld, expectNoDifference } from './_shadow-world.ts'

const open: ShadowWorld[] = []
afterEach(async () => {
  for (const world of open.splice(0)) await world.close()
})

async function opened(modules?: 'real'): Promise<ShadowWorld> {
  const world = await ShadowWorld.open(modules)
  open.push(world)
  return world
}

const schema = (name: string, type: object | string): object => ({ $kind: 'defschema', name, type })

interface Counted {
  readonly state?: object
  readonly migrated?: boolean
  /** What the migration takes. */
  readonly takes?: 'test/CountBefore@1' | 'test/Count@1'
  readonly wasm?: string
}

/** Cells by key that count. */
function counting({
  state = { n: 'int' },
  migrated = false,
  takes = 'test/CountBefore@1',
  wasm = '',
}: Counted = {}): readonly object[] {
  // prettier-ignore
  const pure = { $kind: 'defmodule', name: 'test/add_note@1', module_kind: 'pure', wasm_hash: '', abi: { pure: { input: takes, output: 'test/Count@1' } } } // prettier-ignore
  return [
    schema('test/Add@1', { record: { id: 'nat', by: 'int' } }),
    schema('test/Count@1', { record: state }),
    schema('test/Id@1', 'nat'),
    ...(migrated ? [schema('test/CountBefore@1', { record: { n: 'int' } })] : []),
    { $kind: 'defmodule', name: 'test/count@1', module_kind: 'reducer', wasm_hash: wasm, key_schema: 'test/Id@1', abi: { reducer: { state: 'test/Count@1', event: 'test/Add@1', effects_emitted: [], cap_slots: {} } } }, // prettier-ignore
    ...(migrated ? [pure] : []),
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['test/Add@1', 'test/Count@1', 'test/Id@1', ...(migrated ? ['test/CountBefore@1'] : [])],
      modules: ['test/count@1', ...(migrated ? ['test/add_note@1'] : [])],
      routing: { events: [{ event: 'test/Add@1', reducer: 'test/count@1', key_field: 'id' }] },
      ...(migrated ? { migrations: [{ reducer: 'test/count@1', module: 'test/add_note@1' }] } : {}),
    },
  ]
}

/** A world of cells 0 to `count - 1`, each with its own number. */
async function counted(count: number): Promise<ShadowWorld> {
  const world = await opened()
  world.script('test/count@1', ({ state, value }) => ({
    state: { ...Object.fromEntries(state ?? []), n: Number(state?.get('n') ?? 0) + Number(value.get('by')) },
  }))
  await world.push(counting())
  for (let id = 0; id < count; id += 1) {
    world.event('test/Add@1', { id, by: id })
    if (id % 500 === 499) await world.settle()
  }
  await world.settle()
  return world
}

const NOTED: Counted = { state: { n: 'int', note: 'text' }, migrated: true }

describe('a migration', () => {
  test('that traps on cell 9,999 of 10,000 is found', async () => {
    const world = await counted(10_000)
    await world.host.createSnapshot()
    world.script('test/add_note@1', ({ value }) =>
      value.get('n') === 9_999 ? { outcome: 'trap' } : { output: { n: value.get('n'), note: 'was there' } },
    )
    const report = await world.shadow(await world.propose(counting(NOTED)), { from: world.host.kernel.head?.height })
    expect(report.migrations).toMatchObject({ cells: 10_000, isWhole: true, failed: { total: 1 } })
    expect(report.migrations.failed.items).toMatchObject([{ reducer: 'test/count@1', key: '9999', from: 0, to: 1, outcome: 'trap' }]) // prettier-ignore
    expect(report.findings).toMatchObject([{ code: 'migration_failed', severity: 'error' }])
    const some = await world.shadow(report.proposal, { bounds: { rehearsalFuelMax: 1000 }, from: report.stretch.from })
    expect(some.migrations).toMatchObject({ cells: 101, isWhole: false })
    expect(some.findings.map(({ code }) => code)).toEqual(['rehearsal_limit'])
  })

  test('that does not take the states that are there is refused before anything is run', async () => {
    const world = await counted(2)
    const wrong = await world.propose(counting({ ...NOTED, takes: 'test/Count@1' }))
    await expect(world.shadow(wrong)).rejects.toMatchObject({
      code: 'host.bad_migration',
      details: {
        migrations: [
          {
            name: 'test/count@1',
            module: 'test/add_note@1',
            before: 'test/Count@1',
            input: 'test/Count@1',
            because: { code: 'air.missing_field', path: '$.note' },
          },
        ],
      },
    })
    world.script('test/add_note@1', ({ value }) => ({ output: { n: value.get('n'), note: '' } }))
    expect(await world.shadow(await world.propose(counting(NOTED)))).toMatchObject({ migrations: { failed: { total: 0 } } }) // prettier-ignore
  })

  test('and nothing else leaves states as the base has them, brought on', async () => {
    const world = await counted(20)
    world.script('test/add_note@1', ({ value }) => ({ output: { n: value.get('n'), note: 'was there' } }))
    world.script('test/twice@1', ({ state, value }) => ({
      state: { ...Object.fromEntries(state ?? []), n: Number(state?.get('n') ?? 0) + 2 * Number(value.get('by')) },
    }))
    const height = world.host.kernel.head?.height ?? 0
    for (let id = 0; id < 5; id += 1) world.event('test/Add@1', { id, by: 1 })
    const same = await world.shadow(await world.propose(counting(NOTED)), { from: height + 1 })
    expectNoDifference(same)
    expect([same.cellsTouched, same.migrations.cells]).toEqual([5, 20])
    const wasm = await world.wasm('test/twice@1')
    const other = await world.shadow(await world.propose(counting({ ...NOTED, wasm })), { from: height + 1 })
    expect(other.cells.items.map(({ key }) => key)).toEqual(['0', '1', '2', '3', '4'])
  })
})

describe('bounds', () => {
  test('end a runaway candidate: that is a finding', async () => {
    const world = await counted(60)
    world.script('test/endless@1', () => ({ outcome: 'out_of_fuel' }))
    const wasm = await world.wasm('test/endless@1')
    const proposal = await world.propose(counting({ wasm }))
    const report = await world.shadow(proposal)
    expect(report.findings[0]).toMatchObject({ code: 'deliveries_fail', severity: 'error' })
    expect(report.findings[1]).toMatchObject({ code: 'fuel_limit', severity: 'error' })
    expect(report.stretch.reached).toBeLessThan(report.stretch.to)
    expect(report.deliveries.items[0]).toMatchObject({ from: 'ok', to: 'out_of_fuel', key: '0' })
    const short = await world.shadow(proposal, { bounds: { fuelMax: 100_000_000, listedMax: 1 } })
    expect(short.deliveries).toMatchObject({ total: 3, items: [{ key: '0' }] })
    let nowMs = 0
    const late = await world.shadow(proposal, { bounds: { timeMs: 10 }, nowMs: () => (nowMs += 1) })
    expect(late.findings.map(({ code }) => code)).toContain('time_limit')
  })

  test('end a real module that never ends', async () => {
    const world = await opened('real')
    const last = (wasm: string): readonly object[] => [
      schema('test/Event@1', { record: { n: 'nat' } }),
      schema('test/State@1', { record: { n: 'nat' } }),
      { $kind: 'defmodule', name: 'test/last@1', module_kind: 'reducer', wasm_hash: wasm, abi: { reducer: { state: 'test/State@1', event: 'test/Event@1', effects_emitted: [], cap_slots: {} } } }, // prettier-ignore
      { $kind: 'manifest', air_version: '1', schemas: ['test/Event@1', 'test/State@1'], modules: ['test/last@1'], routing: { events: [{ event: 'test/Event@1', reducer: 'test/last@1' }] } }, // prettier-ignore
    ]
    await world.push(last(await world.keep(makeLastEventModule())))
    for (let n = 0; n < 10; n += 1) world.event('test/Event@1', { n })
    const proposal = await world.propose(last(await world.keep(makeEndlessModule())))
    const report = await world.shadow(proposal, { bounds: { fuelMax: 120_000_000 } })
    expect(report.findings.map(({ code }) => code)).toEqual(['deliveries_fail', 'fuel_limit'])
    expect(report.deliveries).toMatchObject({ total: 3, items: [{ from: 'ok', to: 'out_of_fuel' }, {}, {}] })
    expect(report.cells.items).toMatchObject([{ reducer: 'test/last@1', from: expect.any(String) as string }])
  })

  test('choose the last entries, or those since the manifest came into force', async () => {
    const world = await counted(30)
    const proposal = await world.propose(counting({ wasm: await world.wasm('test/count@1 ') }))
    const { head } = world.host.kernel
    if (head === undefined) throw new Error('there is a head')
    world.script('test/count@1 ', () => ({ state: { n: 0 } }))
    expect((await world.shadow(proposal)).stretch).toMatchObject({ from: 2, to: head.height, reason: 'since_change', reached: head.height }) // prettier-ignore
    expect((await world.shadow(proposal, { bounds: { entriesMax: 10 } })).stretch).toMatchObject({ from: head.height - 9, reason: 'last_entries' }) // prettier-ignore
    for (const from of [0, 1, head.height + 2, 2.5]) {
      await expect(world.shadow(proposal, { from })).rejects.toMatchObject({ code: 'host.bad_height' })
    }
    await expect(world.shadow(proposal + 1)).rejects.toMatchObject({ code: 'gov.unknown_proposal' })
    await world.push(counting({ wasm: await world.wasm('test/count@1  ') }))
    await expect(world.shadow(proposal)).rejects.toMatchObject({ code: 'kernel.stale_base' })
  })
})
