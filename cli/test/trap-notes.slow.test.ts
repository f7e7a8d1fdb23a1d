import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'
const NOTHING = 'return idle(target)'

/** What goes wrong is chosen by the target; `@` marks the place that the note must name. */
const REDUCER = `import { CounterEvent, CounterPc, CounterState, Output } from './generated'
import { descend } from './descend'
const TABLE: StaticArray<i32> = [1, 2, 3]
export function reduce(state: CounterState | null, event: CounterEvent, out: Output): CounterState | null {
  if (!event.isStart) return state
  const target = event.asStart.target
  if (target == 1) @unreachable()
  if (target == 2) return idle(@100 / (target - 2))
  if (target == 3) return idle(@load<u64>(0xfffffff0))
  if (target == 4) return idle(descend(target))
  if (target == 5) {
    let spins: u64 = 0
    while (true) {
      spins = @spins * 31 + target
      if (spins == 7) break
    }
    return idle(spins)
  }
  if (target == 6) return idle(TABLE[@<i32>target])
  @assert(target != 7, 'seven is refused')
  // A function that calls itself stays one.
  if (target == 8) return reduce(state, event, out)
  ${NOTHING}
}

function idle(remaining: u64): CounterState {
  const state = new CounterState(CounterPc.Idle())
  state.remaining = remaining
  return state
}
`
const DESCEND = `export function descend(depth: u64): u64 {
  if (@depth == 0) return 0
  return @descend(depth + 1) + 1
}
`

const FOLDER = 'reducers/counter'
const GLUE = '.aos/generated/reducers/counter/glue.ts:'

/** `FILE:LINE:COLUMN` of every mark, in order. */
function placesIn(file: string, text: string): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const column = line.indexOf('@')
    return column < 0 ? [] : [`${FOLDER}/${file}:${index + 1}:${column + 1}`]
  })
}

const [UNREACHABLE, DIVIDE, LOAD, SPIN, INDEX, ASSERT] = placesIn('index.ts', REDUCER)
const [ENTER, DEEPER] = placesIn('descend.ts', DESCEND)

let sandbox: Sandbox
let world: string
let maps: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  maps = join(world, '.aos', 'build')
  await sandbox.ask(['init', world])
  writeFileSync(join(world, FOLDER, 'index.ts'), REDUCER.replaceAll('@', ''))
  writeFileSync(join(world, FOLDER, 'descend.ts'), DESCEND.replaceAll('@', ''))
  expect(await ask('push')).toMatchObject({ exit: 0, data: { height: 1 } })
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])

interface Step {
  readonly outcome: string
  readonly note?: string
}

/** Where the last event of each target stands: a call that used up its fuel may have a snapshot behind it. */
const heights = new Map<number, string>()

async function send(target: number): Promise<Step | undefined> {
  const { data } = await ask('event', 'send', EVENT, `{"Start":{"target":${target}}}`)
  const { height, steps } = data as { readonly height: number; readonly steps: readonly Step[] } // the shape of `event send`
  heights.set(target, String(height))
  return steps[0]
}

const CALLER = `called from ${GLUE}`

test('a note names file, line and column of what went wrong, and of its callers', async () => {
  const expected: readonly (readonly [target: number, outcome: string, note: string])[] = [
    [1, 'trap', `unreachable at ${UNREACHABLE} (in reduce), ${CALLER}`],
    [2, 'trap', `divide by zero at ${DIVIDE} (in reduce), ${CALLER}`],
    [3, 'trap', `memory access out of bounds at ${LOAD} (in reduce), ${CALLER}`],
    [4, 'stack_overflow', `stack overflow at ${ENTER} (in descend), called from ${DEEPER} (in descend)`],
    [5, 'out_of_fuel', `out of fuel at ${SPIN} (in reduce), ${CALLER}`],
    [6, 'trap', `unreachable at ~lib/staticarray.ts:78:41, near ${INDEX} (in reduce), ${CALLER}`],
    [7, 'trap', `unreachable near ${ASSERT} (in reduce), ${CALLER}`],
  ]
  for (const [target, outcome, note] of expected) {
    const step = await send(target)
    expect(step?.outcome, String(target)).toBe(outcome)
    expect(step?.note?.slice(0, note.length), String(target)).toBe(note)
    expect(step?.note, String(target)).not.toContain(sandbox.folder)
  }
  expect((await send(0))?.note).toBeUndefined()
}, 60_000)

test('an entry that is looked at later can say it too, and says nothing when its modules ended ok', async () => {
  const shown = await ask('journal', 'show', heights.get(2) ?? '', '--notes')
  expect(shown.data).toMatchObject({
    derived: [{ item: 'delivery', outcome: 'trap', note: expect.stringContaining(`divide by zero at ${DIVIDE}`) }],
  })
  expect(JSON.stringify((await ask('journal', 'show', heights.get(2) ?? '')).data)).not.toContain('note')
  expect(JSON.stringify((await ask('journal', 'show', heights.get(0) ?? '', '--notes')).data)).not.toContain('note')
}, 60_000)

test('without a map, with a damaged or another module’s one, the note has functions and offsets, and replay is the same', async () => {
  const [name] = readdirSync(maps)
  if (name === undefined) throw new Error('expected a map in .aos/build')
  const file = join(maps, name)
  const whole = readFileSync(file, 'utf8')
  expect(whole).not.toContain(sandbox.folder)
  const foreign = whole.replace(/sha256:[0-9a-f]{64}/, `sha256:${'0'.repeat(64)}`)
  const notes: (string | undefined)[] = []
  for (const text of [undefined, foreign, whole.slice(0, 500), 'no map']) {
    if (text === undefined) rmSync(file)
    else writeFileSync(file, text)
    const step = await send(2)
    expect(step?.outcome).toBe('trap')
    notes.push(step?.note)
  }
  expect(notes[0]).toMatch(
    /^divide by zero in reducers\/counter\/index\/reduce at byte \d+, called from reducers\/counter\/glue\/step at byte \d+$/,
  )
  expect(new Set(notes).size).toBe(1)
  rmSync(file)
  mkdirSync(file)
  expect((await send(2))?.note).toBe(notes[0])
  expect(await ask('journal', 'replay', '--verify')).toMatchObject({ exit: 0, data: { ok: true } })
  rmSync(file, { recursive: true })
  expect(await ask('push')).toMatchObject({ exit: 0, data: { outcome: 'unchanged' } })
  expect(readFileSync(file, 'utf8')).toBe(whole)
  expect(await ask('journal', 'replay', '--verify')).toMatchObject({ exit: 0, data: { ok: true } })
}, 60_000)

test('a difference that another module made by failing says where', async () => {
  const wasm = join(sandbox.folder, 'endless.wasm')
  copyFileSync(join(CHECKOUT, 'conformance/hostile/endless-loop.wasm'), wasm)
  // From byte 100 on, where its one instruction stands: source 0, line 3, column 4.
  writeFileSync(`${wasm}.map`, JSON.stringify({ version: 3, sources: ['src/lib.rs'], names: [], mappings: 'oGAEG' }))
  const replay = await ask('journal', 'replay', '--verify', '--module', `demo/CounterSM@1=${wasm}`)
  const note = expect.stringMatching(/^out of fuel at src\/lib\.rs:3:4 \(in .*\)$/)
  expect(replay).toMatchObject({ exit: 1, data: { first_difference: { height: 2, expected: 'trap', note } } })
}, 60_000)
