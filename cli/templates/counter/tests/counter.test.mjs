import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeWorld } from './world.mjs'

const world = makeWorld()
after(() => world.remove())

test('counts down to the end', () => {
  world.send('demo/CounterEvent@1', { Start: { target: 2 } })
  assert.deepEqual(world.state('demo/CounterSM@1'), { pc: { Counting: null }, remaining: 2 })
  world.send('demo/CounterEvent@1', { Tick: null })
  world.send('demo/CounterEvent@1', { Tick: null })
  assert.deepEqual(world.state('demo/CounterSM@1'), { pc: { Done: null }, remaining: 0 })
})

test('and everything can be derived again', () => {
  assert.equal(world.aos('journal', 'replay', '--verify').data.ok, true)
})
