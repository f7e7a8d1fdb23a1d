import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeWorld } from './world.mjs'

const EVENT = 'demo/NoteEvent@1'
const world = makeWorld()
after(() => world.remove())

const textOf = (ref) => world.aos('ws', 'cat', ref).data.files.map((file) => file.text)

test('each note that is written is a version of the workspace', () => {
  world.send(EVENT, { Write: { note: 'hello', text: 'Hello.\n' } })
  world.send(EVENT, { Write: { note: 'second', text: 'Äpfel\n' } })
  world.send(EVENT, { Write: { note: 'hello', text: 'Hello again.\n' } })
  assert.deepEqual(world.state('demo/Notes@1', 'hello'), { phase: { Saved: null }, version: 3, error: null })
  assert.deepEqual(textOf('notes/*.md'), ['Hello again.\n', 'Äpfel\n'])
  assert.deepEqual(textOf('notes@1/hello.md'), ['Hello.\n'])
})

test('a name that is none for a file is told, and makes no version', () => {
  world.send(EVENT, { Write: { note: '../out', text: 'x' } })
  const { phase, error } = world.state('demo/Notes@1', '../out')
  assert.deepEqual({ phase, error }, { phase: { Failed: null }, error: 'workspace.bad_path' })
  assert.equal(world.aos('ws', 'log', 'notes').data.head, 3)
})

test('what a person changes meanwhile stays', () => {
  assert.equal(world.aos('ws', 'ann', 'notes/hello.md', 'lang', 'en').data.version, 4)
  world.send(EVENT, { Write: { note: 'third', text: '3\n' } })
  assert.equal(world.aos('ws', 'ann', 'notes/hello.md').data.annotations.lang.text, 'en')
  assert.equal(world.state('demo/Notes@1', 'third').version, 5)
})
