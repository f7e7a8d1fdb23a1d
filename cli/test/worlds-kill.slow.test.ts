/** `aos run --worlds`: one process serves every world of a folder (spec/15-control.md, "A host of many worlds"). */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EVENT, heightOf, makeWorlds, pidOf, until } from './_worlds.ts'
import type { Worlds } from './_worlds.ts'

let some: Worlds
let own: string
let pid: number

beforeAll(async () => {
  some = await makeWorlds(['a', 'b'])
  own = join(some.folder, '.aos-worlds')
  pid = pidOf(await some.serve('--idle=50ms'))
}, 60_000)

afterAll(async () => {
  await some.stop()
  some.sandbox.remove()
})

test('a host that is killed loses nothing that was acknowledged', async () => {
  const { sandbox, at } = some
  const lines = Array.from({ length: 200_000 }, () => '{"Tick":null}').join('\n')
  const streams = ['a', 'b'].map((name) =>
    sandbox.run(['event', 'send', EVENT, '--ndjson', '--acks', '--world', at(name)], { input: lines }),
  )
  await until('entries were added', async () => (await some.list()).every(({ height }) => (height ?? 0) > 500))
  process.kill(pid, 'SIGKILL')
  const ran = await Promise.all(streams)
  await some.serve()
  for (const [index, { exit, stdout }] of ran.entries()) {
    expect(exit).toBe(6)
    const last = JSON.parse(stdout.split('\n').at(-2) ?? '{}') as { readonly height: number } // as spec/schemas says
    const world = at(['a', 'b'][index] ?? '')
    const head = await sandbox.ask(['journal', 'head', '--world', world])
    expect(heightOf(head)).toBeGreaterThanOrEqual(last.height)
    expect(await sandbox.ask(['journal', 'verify', '--world', world])).toMatchObject({ exit: 0, data: { ok: true } })
  }
  expect(await some.stop()).toMatchObject({ exit: 0 })
  expect(existsSync(join(own, 'control.sock'))).toBe(false)
  const gone = await sandbox.ask(['worlds', 'ls', '--worlds', some.folder])
  expect(gone).toMatchObject({ exit: 1, error: { code: 'control.not_running' } })
}, 60_000)
