import { bytesOfText, textOfBytes } from '@aos/sdk'
import { defineReducer } from './generated'
import type { BlobGetResult, Output, Reading, Task } from './generated'

/** A model that goes round in circles is stopped. */
const ROUNDS_MAX = 8n

const SYSTEM = 'You work at the order desk. Look an order up before you say anything about it.'

/** One task: the cell of its id. It says what is wanted; plans ask for it, and the gate decides. */
export const reducer = defineReducer((state, event, out) => {
  if (event.$tag === 'Ask') return ask(state, event.$value, out)
  if (state === null || isOver(state)) return state
  switch (event.$tag) {
    case 'Thought':
      state.cost_cents += event.$value.cost_cents
      return read(state, { ref: event.$value.message_ref, call: null, status: 0n }, out)
    case 'Answered': {
      const { call, status, body_ref: ref } = event.$value
      return ref === null ? told(state, call, `status ${status}`, out) : read(state, { ref, call, status }, out)
    }
    case 'Read':
      return hear(state, event.$value, out)
    case 'Refused':
      return told(state, event.$value.call, `not done: ${event.$value.reason}`, out)
    case 'Stuck':
      return finish(state, 'Failed', event.$value.reason)
  }
})

interface Question {
  readonly task: string
  readonly question: string
}

/** A first question, or another one when the last is answered. */
function ask(state: Task | null, { task: id, question }: Question, out: Output): Task {
  if (state !== null && !isOver(state)) return state
  const task = state ?? begin(id)
  say(task, { role: 'user', content: question })
  return think({ ...task, rounds: 0n, answer: null }, out)
}

function begin(id: string): Task {
  const task: Task = {
    id,
    phase: { $tag: 'Thinking' },
    messages: [],
    rounds: 0n,
    calls_open: 0n,
    reading: [],
    answer: null,
    cost_cents: 0n,
  }
  say(task, { role: 'system', content: SYSTEM })
  return task
}

function think(task: Task, out: Output): Task {
  if (task.rounds === ROUNDS_MAX) return finish(task, 'Failed', 'too many rounds')
  task.rounds += 1n
  task.phase = { $tag: 'Thinking' }
  out.raise('demo/ThinkRequested@1', { task: task.id, messages: bytesOfText(`[${task.messages.join(',')}]`) })
  return task
}

/** Asks for content; it comes as `Read`. */
function read(task: Task, reading: Reading, out: Output): Task {
  task.reading.push(reading)
  out.effect('blob.get', { blob_ref: reading.ref })
  return task
}

/** What was asked for: the words of the model, or of a tool. */
function hear(task: Task, result: BlobGetResult, out: Output): Task {
  const reading = task.reading.find(({ ref }) => ref === result.requested.blob_ref)
  if (reading === undefined) return task
  task.reading.splice(task.reading.indexOf(reading), 1)
  const text = result.status === 'ok' ? textOfBytes(result.receipt.bytes) : ''
  return reading.call === null
    ? follow(task, text, out)
    : told(task, reading.call, `status ${reading.status}: ${text}`, out)
}

/** As models write it. */
interface Message {
  readonly content?: string | null | readonly { readonly text?: string }[]
  readonly tool_calls?: readonly ToolCall[]
}

interface ToolCall {
  readonly id: string
  readonly function: { readonly name: string; readonly arguments: string }
}

/** What the model said: words are the answer, calls of tools are asked for. */
function follow(task: Task, text: string, out: Output): Task {
  const message = parse<Message>(text)
  if (message === undefined) return finish(task, 'Failed', 'the model said nothing that can be read')
  task.messages.push(text)
  const calls = message.tool_calls ?? []
  if (calls.length === 0) return finish(task, 'Done', wordsOf(message))
  task.phase = { $tag: 'UsingTools' }
  for (const call of calls) use(task, call, out)
  return task.calls_open === 0n ? think(task, out) : task
}

/** Starts what a tool does, or tells the model at once what is wrong with the call. */
function use(task: Task, { id: call, function: wanted }: ToolCall, out: Output): void {
  const { order, cents } = parse<{ order?: unknown; cents?: unknown }>(wanted.arguments) ?? {}
  // What a model writes becomes part of a URL only when it is a number.
  if (wanted.name === 'look_up_order' && isNumber(order)) {
    task.calls_open += 1n
    out.raise('demo/LookUpRequested@1', { task: task.id, call, order: String(order) })
  } else if (wanted.name === 'refund_order' && isNumber(order) && isNumber(cents)) {
    task.calls_open += 1n
    out.raise('demo/RefundRequested@1', { task: task.id, call, order: String(order), cents: String(cents) })
  } else answer(task, call, 'not done: there is no such tool, or its arguments are wrong')
}

/** What came of a call; when nothing is open any more, the model thinks on. */
function told(task: Task, call: string, words: string, out: Output): Task {
  answer(task, call, words)
  task.calls_open -= 1n
  return task.calls_open === 0n ? think(task, out) : task
}

function answer(task: Task, call: string, words: string): void {
  say(task, { role: 'tool', tool_call_id: call, content: words })
}

function say(task: Task, message: object): void {
  task.messages.push(JSON.stringify(message))
}

function finish(task: Task, phase: 'Done' | 'Failed', words: string): Task {
  return { ...task, phase: { $tag: phase }, answer: words }
}

function isOver({ phase }: Task): boolean {
  return phase.$tag === 'Done' || phase.$tag === 'Failed'
}

function isNumber(value: unknown): boolean {
  return /^\d{1,9}$/.test(String(value))
}

function wordsOf({ content }: Message): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('')
}

/** Undefined when it is not JSON of an object. */
function parse<T extends object>(text: string): T | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as T) : undefined
  } catch {
    return undefined
  }
}
