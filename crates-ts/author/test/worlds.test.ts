import type { World } from '../src/index.ts'
import { checkManifest } from '@aos/air'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { definitionsOf, emit, hashesOf, readExample, setOf, textsOf } from './_air.ts'
import counter from './fixtures/00-counter.air.ts'
import timer from './fixtures/01-hello-timer.air.ts'
import echo from './fixtures/02-blob-echo.air.ts'
import fetched from './fixtures/03-fetch-notify.air.ts'
import aggregator from './fixtures/04-aggregator.air.ts'
import summarizer from './fixtures/07-llm-summarizer.air.ts'
import retry from './fixtures/08-retry-backoff.air.ts'
import flights from './fixtures/10-flights.air.ts'
import approval from './fixtures/11-approval.air.ts'
import everything from './fixtures/everything.air.ts'
import readme from './fixtures/readme.air.ts'

const WORLDS: readonly (readonly [example: string, world: World])[] = [
  ['00-counter', counter],
  ['01-hello-timer', timer],
  ['02-blob-echo', echo],
  ['03-fetch-notify', fetched],
  ['04-aggregator', aggregator],
  ['07-llm-summarizer', summarizer],
  ['08-retry-backoff', retry],
  ['10-flights', flights],
  ['11-approval', approval],
]

test.each(WORLDS)('%s: what the builders make has the hashes of what was written by hand', (example, world) => {
  const made = emit(world)
  const written = readExample(example)
  expect(textsOf(made)).toEqual(textsOf(written))
  expect(hashesOf(made)).toEqual(hashesOf(written))
})

const EXAMPLES = new URL('../../../examples/', import.meta.url)

test('examples that have a world file and JSON say the same in both', async () => {
  const both = readdirSync(EXAMPLES).filter((name) => existsSync(new URL(`${name}/world.air.ts`, EXAMPLES)))
  expect(both).toContain('14-notes')
  for (const name of both) {
    const { default: world } = (await import(new URL(`${name}/world.air.ts`, EXAMPLES).href)) as {
      readonly default: World
    } // what a world file exports
    expect(hashesOf(emit(world)), name).toEqual(hashesOf(readExample(name)))
  }
})

test('a world with everything has the hashes of its JSON', () => {
  const written = definitionsOf(readFileSync(new URL('fixtures/everything.air.json', import.meta.url), 'utf8'))
  expect(textsOf(emit(everything))).toEqual(textsOf(written))
  expect(hashesOf(emit(everything))).toEqual(hashesOf(written))
})

test('README: the example is a world without faults', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(text)?.[1]
  expect(code).toBe(readFileSync(new URL('fixtures/readme.air.ts', import.meta.url), 'utf8'))
  const made = emit(readme)
  expect(checkManifest(setOf(made))).toEqual([])
  expect(made.map((each) => (each.kind === 'manifest' ? each.modules.map(({ name }) => name) : each.name))).toEqual([
    'demo/Wanted@1',
    'demo/Found@1',
    'demo/look@1',
    'demo/policy@1',
    ['sys/CapEnforceHttpOut@1'],
  ])
})
