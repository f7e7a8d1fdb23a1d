/** `given(state).when(event).then(state, effects)`. */
import { AssertionError } from 'node:assert'
import type { Given, Stepped, TestContext, TestEffect, TestEvent, TestStep, TestTypes } from './port.ts'
import type { StepDone, StepRunner } from './run-step.ts'

/** A cell with its state as bytes. */
export function makeGiven<Types extends TestTypes>(
  runner: StepRunner,
  state: Uint8Array | null,
  context: TestContext,
): Given<Types> {
  return { when: (event) => makeStepped<Types>(runner, runner.run(state, event, context), context) }
}

function makeStepped<Types extends TestTypes>(
  runner: StepRunner,
  done: StepDone,
  context: TestContext,
): Stepped<Types> {
  const next = makeGiven<Types>(runner, done.state, context)
  return {
    ...next,
    get step(): TestStep<Types> {
      return { ...done, state: runner.showState(done.state) }
    },
    then: (state, effects = [], events = []) => {
      refuseAwait(state, effects)
      compare(runner, done, { state, effects, events })
      return next
    },
    thenFails: (note) => {
      compareFailure(runner, done, note)
      return next
    },
  }
}

/** Whoever awaits the step calls `then` with two functions. */
function refuseAwait(state: unknown, reject: unknown): void {
  if (typeof state !== 'function') return
  const error = new Error('nothing is to be awaited or returned here: a step has run when `when` returns')
  if (typeof reject === 'function') reject(error)
  else throw error
}

interface Expected {
  readonly state: unknown
  readonly effects: readonly TestEffect[]
  readonly events: readonly TestEvent[]
}

function compare(runner: StepRunner, done: StepDone, { state, effects, events }: Expected): void {
  if (typeof state === 'function') return
  if (done.outcome !== 'ok') {
    throw new AssertionError({
      message: `expected the step to be ok, found ${done.outcome}: ${done.note ?? 'no note'}`,
    })
  }
  const expected = {
    state: runner.showState(runner.readState(state)),
    effects: effects.map((each) => sortFields(runner.readEffect(each))),
    events: events.map((each) => sortFields(runner.readEvent(each))),
  }
  const actual = {
    state: runner.showState(done.state),
    effects: done.effects.map(sortFields),
    events: done.events.map(sortFields),
  }
  const wrong = (['state', 'effects', 'events'] as const).find((part) => text(expected[part]) !== text(actual[part]))
  if (wrong === undefined) return
  throw new AssertionError({
    message: `the ${wrong} of the step: expected ${text(expected[wrong])}, found ${text(actual[wrong])}`,
    expected,
    actual,
  })
}

function compareFailure(runner: StepRunner, done: StepDone, note: string | RegExp | undefined): void {
  if (done.outcome === 'ok') {
    throw new AssertionError({ message: `expected the step to fail, found ok: ${text(runner.showState(done.state))}` })
  }
  const found = `${done.outcome}: ${done.note ?? ''}`
  if (note === undefined || (typeof note === 'string' ? found.includes(note) : note.test(found))) return
  throw new AssertionError({
    message: `expected a failure with ${String(note)}`,
    expected: String(note),
    actual: found,
  })
}

/** Fields that an author may write in any order. */
function sortFields<Item extends object>(item: Item): object {
  return Object.fromEntries(Object.entries(item).sort(([left], [right]) => (left < right ? -1 : 1)))
}

function text(value: unknown): string {
  return JSON.stringify(value)
}
