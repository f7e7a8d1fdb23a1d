import { writeFileSync } from 'node:fs'
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
  'a jump over the time between two commands is held when asked, until it is accepted',
  { timeout: 90_000 },
  async () => {
    const world = await makeWorld('real', [])
    const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])
    const settings = join(world, 'aos.json')
    expect(await ask('doctor', 'clock')).toMatchObject({ data: { clock: 'real', held: false } })
    expect(await ask('clock', 'advance', '1h')).toMatchObject({ exit: 1, error: { code: 'host.real_clock' } })
    writeFileSync(settings, JSON.stringify({ version: 1, clock: { hold_at_open: true } }))
    // The clock of the machine stays as it is; that of some processes is a day ahead.
    const ahead = { environment: { NODE_OPTIONS: `--require ${writeFastClock(sandbox.folder)}` } }
    const send = ['event', 'send', EVENT, '{"Start":{"target":3}}', '--world', world]
    const held = await sandbox.ask(send, ahead)
    expect(held).toMatchObject({ exit: 0, data: { height: 2 } })
    expect(held.stderr).toContain('aos doctor clock --accept')
    expect(await sandbox.ask(['doctor', 'clock', '--world', world], ahead)).toMatchObject({ data: { held: true } })
    const lines = '{"Tick":null}\n'.repeat(600)
    const stream = await sandbox.ask(['event', 'send', EVENT, '@-', '--ndjson', '--world', world], {
      ...ahead,
      input: lines,
    })
    expect(stream).toMatchObject({ data: { accepted: 600 } })
    expect(stream.stderr.match(/jumped ahead/g)?.length).toBe(1)
    expect(await sandbox.ask(['doctor', 'clock', '--accept', '--world', world], ahead)).toMatchObject({
      data: { held: false, accepted_height: 603 },
    })
    const later = await sandbox.ask(send, ahead)
    expect(later.stderr).not.toContain('jumped')
    const shown = (await ask('journal', 'show', '604')).data as { readonly now_ns: string }
    expect(BigInt(shown.now_ns) - BigInt(Date.now()) * 1_000_000n).toBeGreaterThan(86_000_000_000_000n)
    expect(await ask('journal', 'replay', '--verify')).toMatchObject({ data: { ok: true, entries: 605 } })
  },
)

/** A file that puts the wall clock of a process a day ahead. */
function writeFastClock(folder: string): string {
  const file = join(folder, 'fast-clock.cjs')
  writeFileSync(file, 'const now = Date.now; Date.now = () => now() + 86400000\n')
  return file
}
