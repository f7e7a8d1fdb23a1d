/** `aos run --worlds`: one process serves every world of a folder (spec/15-control.md, "A host of many worlds"). */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesOf, talk } from './_socket.ts'
import { heightOf, makeWorlds, pidOf } from './_worlds.ts'
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

test('commands go through the host, and worlds sleep and wake', async () => {
  const { sandbox, at } = some
  expect([statSync(own).mode & 0o777, statSync(join(own, 'control.sock')).mode & 0o777]).toEqual([0o700, 0o600])
  const second = await sandbox.ask(['run', '--worlds', some.folder])
  expect(second).toMatchObject({ exit: 6, error: { code: 'control.running' } })
  const sent = await some.send('a')
  expect(sent).toMatchObject({ exit: 0, data: { outcome: 'ok' } })
  const status = await sandbox.ask(['status', '--world', at('a')])
  expect(status.data).toMatchObject({ height: heightOf(sent), daemon: { pid } })
  // What a person signs is signed on this side; here from inside the folder of the world.
  expect(await sandbox.run(['push', '--dry-run'], { cwd: at('b') })).toMatchObject({ exit: 0 })
  await some.asleep('a')
  await some.asleep('b')
  const names = (await some.list()).map(({ name, error }) => [name, error])
  expect(names).toEqual([
    ['a', null],
    ['b', null],
  ])
  expect(await some.row('a')).toMatchObject({ height: heightOf(sent) })
})

test('who speaks to the host says of which world', async () => {
  const said = await talk(
    join(own, 'control.sock'),
    [
      '{"id":0,"world":7,"verb":"journal head"}',
      '{"id":1,"verb":"journal head"}',
      '{"id":2,"world":"nobody","verb":"journal head"}',
      '{"id":3,"world":"../worlds/a","verb":"journal head"}',
      '{"id":4,"world":"a","verb":"stop"}',
      '{"id":5,"world":"a","verb":"journal head"}',
      '{"id":6,"verb":"worlds ls","as":"text"}',
      '',
    ].join('\n'),
  )
  const code = (error: string): object => ({ ok: false, error: { code: error } })
  expect(linesOf(said)).toMatchObject([
    { id: 0, ...code('control.bad_message') },
    { id: 1, ...code('control.unknown_world') },
    { id: 2, ...code('control.unknown_world') },
    { id: 3, ...code('control.unknown_world') },
    { id: 4, ...code('control.unknown_verb') },
    { id: 5, ok: true },
    { id: 6, out: expect.stringContaining('worlds    2 in') as unknown },
    { id: 6, ok: true },
  ])
})
