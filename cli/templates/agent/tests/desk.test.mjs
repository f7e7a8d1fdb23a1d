import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeWorld } from './world.mjs'

const world = makeWorld()
after(() => world.remove())

/** Asks, and returns what waits for a person afterwards. */
function ask(task, question) {
  world.send('demo/DeskEvent@1', { Ask: { task, question } })
  return world.aos('approvals', 'ls').data.intents
}

function answerOf(task) {
  const { phase, answer } = world.state('demo/Desk@1', task)
  return [Object.keys(phase)[0], answer]
}

test('a refund waits for a person, and goes out when one says yes', () => {
  const [refund, ...others] = ask('t1', 'Order 17 came broken. Can I have my money back?')
  assert.equal(others.length, 0)
  assert.equal(refund.params.url, 'https://shop.test/orders/17/refunds?cents=4200')
  assert.deepEqual(answerOf('t1'), ['UsingTools', null])
  world.aos('approve', refund.intent, '--wait=20s')
  assert.deepEqual(answerOf('t1'), ['Done', 'Order 17: 42.00 are on their way back.'])
})

test('and does not when one says no', () => {
  const [refund] = ask('t2', 'I want the money for order 17.')
  world.aos('reject', refund.intent, '--wait=20s')
  assert.deepEqual(answerOf('t2'), ['Done', 'Order 17: a colleague said no.'])
})

test('looking up needs nobody', () => {
  assert.deepEqual(ask('t3', 'Where is order 99?'), [])
  assert.deepEqual(answerOf('t3'), ['Done', 'I cannot find that order.'])
})

test('and everything can be derived again', () => {
  assert.equal(world.aos('journal', 'replay', '--verify').data.ok, true)
})
