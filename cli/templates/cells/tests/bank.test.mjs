import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeWorld } from './world.mjs'

const EVENT = 'demo/AccountEvent@1'
const world = makeWorld()
after(() => world.remove())

test('every account is a cell of its own', () => {
  world.send(EVENT, { Deposit: { account: 'ann', cents: 500 } })
  world.send(EVENT, { Deposit: { account: 'ben', cents: 70 } })
  world.send(EVENT, { Withdraw: { account: 'ann', cents: 200 } })
  assert.deepEqual(world.state('demo/Bank@1', 'ann'), { cents: 300, movements: 2 })
  assert.deepEqual(world.state('demo/Bank@1', 'ben'), { cents: 70, movements: 1 })
})

test('nobody takes more than there is', () => {
  assert.equal(world.send(EVENT, { Withdraw: { account: 'ben', cents: 71 } }).exit, 1)
  assert.deepEqual(world.state('demo/Bank@1', 'ben'), { cents: 70, movements: 1 })
})

test('and everything can be derived again', () => {
  assert.equal(world.aos('journal', 'replay', '--verify').data.ok, true)
})
