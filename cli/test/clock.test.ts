import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

async function makeWorld(name: string, flags: readonly string[]): Promise<string> {
  const world = join(sandbox.folder, name)
  expect(await sandbox.ask(['init', world, ...flags])).toMatchObject({ exit: 0 })
  expect(await sandbox.ask(['push', '--world', world])).toMatchObject({ exit: 0 })
  return world
}

test(
  'a world with virtual clock and seeded entropy moves only when told, and replays',
  { timeout: 90_000 },
  async () => {
    const world = await makeWorld('virtual', ['--clock', 'virtual', '--entropy', 'seeded'])
    const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])
    expect(JSON.parse(readFileSync(join(world, 'aos.json'), 'utf8'))).toMatchObject({
      clock: { mode: 'virtual' },
      entropy: { mode: 'seeded', seed: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    })
    expect(await ask('clock', 'advance', '--to', '2030-01-01T00:00:00Z')).toMatchObject({
      data: { height: 2, from_ns: '0', time: '2030-01-01T00:00:00.000Z' },
    })
    expect(await ask('event', 'send', EVENT, '{"Start":{"target":3}}')).toMatchObject({ exit: 0, data: { height: 3 } })
    expect(await ask('clock', 'advance', '1h30m')).toMatchObject({ data: { height: 4 } })
    expect(await ask('journal', 'show', '4')).toMatchObject({
      data: { kind: 'clock', time: '2030-01-01T01:30:00.000Z', set_ns: '1893461400000000000' },
    })
    expect(await ask('journal', 'show', '3')).toMatchObject({ data: { time: '2030-01-01T00:00:00.000Z' } })
    expect(await ask('clock', 'advance', '--to', '2029-01-01T00:00:00Z')).toMatchObject({
      exit: 1,
      error: { code: 'kernel.clock_backwards' },
    })
    for (const args of [['5x'], ['1h', '--to', '2031-01-01T00:00:00Z']]) {
      expect(await ask('clock', 'advance', ...args), args.join(' ')).toMatchObject({ exit: 2 })
    }
    expect(await ask('doctor', 'clock', '--accept')).toMatchObject({ error: { code: 'host.virtual_clock' } })
    const replays = [await ask('journal', 'replay', '--verify'), await ask('journal', 'replay', '--verify')]
    for (const replay of replays) expect(replay).toMatchObject({ exit: 0, data: { ok: true, entries: 5 } })
    expect(replays[0]?.data).toMatchObject({ root: (replays[1]?.data as { readonly root: string }).root })
    expect(await ask('journal', 'verify')).toMatchObject({ data: { ok: true, entries: 5 } })
  },
)
