import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeWorld } from './world.mjs'

const EVENT = 'demo/PageEvent@1'
const world = makeWorld()
after(() => world.remove())

test('a page is looked at', () => {
  assert.equal(world.send(EVENT, { Check: { url: 'https://example.com/' } }).exit, 0)
  const { phase, status } = world.state('demo/Pages@1', 'https://example.com/')
  assert.deepEqual({ phase, status }, { phase: { Seen: null }, status: 200 })
})

test('a request that fails is told', () => {
  world.send(EVENT, { Check: { url: 'https://example.com/nowhere' } })
  const { phase, error } = world.state('demo/Pages@1', 'https://example.com/nowhere')
  assert.deepEqual({ phase, error }, { phase: { Failed: null }, error: 'connection_failed' })
})

test('what the grant does not have is denied', () => {
  assert.equal(world.send(EVENT, { Check: { url: 'https://elsewhere.test/' } }).exit, 3)
})
