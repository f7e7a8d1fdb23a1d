import {
  BlobGetParams,
  BlobGetResult,
  DeskEvent,
  LookUpRequested,
  Output,
  Reading,
  RefundRequested,
  Task,
  TaskPhase,
  ThinkRequested,
} from './generated'
import { Json, parseJson, quote } from './json'

/** A model that goes round in circles is stopped. */
const ROUNDS_MAX = 8

const SYSTEM = 'You work at the order desk. Look an order up before you say anything about it.'

/** One task: the cell of its id. It says what is wanted; plans ask for it, and the gate decides. */
export function reduce(state: Task | null, event: DeskEvent, out: Output): Task | null {
  if (event.isAsk) return ask(state, event.asAsk.task, event.asAsk.question, out)
  if (state === null || isOver(state)) return state
  if (event.isStuck) return finish(state, TaskPhase.Failed(), event.asStuck.reason)
  if (event.isThought) {
    state.cost_cents += event.asThought.cost_cents
    return read(state, new Reading(event.asThought.message_ref), out)
  }
  if (event.isRead) return hear(state, event.asRead, out)
  if (event.isAnswered) {
    const answered = event.asAnswered
    const ref = answered.body_ref
    if (ref === null) return told(state, answered.call, statusText(answered.status), out)
    return read(state, new Reading(ref, answered.call, answered.status), out)
  }
  return told(state, event.asRefused.call, 'not done: ' + event.asRefused.reason, out)
}

/** A first question, or another one when the last is answered. */
function ask(state: Task | null, id: string, question: string, out: Output): Task {
  if (state !== null && !isOver(state)) return state
  const task = state === null ? new Task(id) : state
  if (state === null) say(task, '{"role":"system","content":' + quote(SYSTEM) + '}')
  say(task, '{"role":"user","content":' + quote(question) + '}')
  task.rounds = 0
  task.answer = null
  return think(task, out)
}

function think(task: Task, out: Output): Task {
  if (task.rounds == ROUNDS_MAX) return finish(task, TaskPhase.Failed(), 'too many rounds')
  task.rounds += 1
  task.phase = TaskPhase.Thinking()
  const messages = Uint8Array.wrap(String.UTF8.encode('[' + task.transcript + ']'))
  out.raise<ThinkRequested>(new ThinkRequested(task.id, messages))
  return task
}

/** Asks for content; it comes as `Read`. */
function read(task: Task, reading: Reading, out: Output): Task {
  task.reading.push(reading)
  out.emit<BlobGetParams>('blob.get', new BlobGetParams(reading.ref))
  return task
}

/** What was asked for: the words of the model, or of a tool. */
function hear(task: Task, result: BlobGetResult, out: Output): Task {
  const at = findReading(task, result.requested.blob_ref)
  if (at < 0) return task
  const reading = task.reading.splice(at, 1)[0]
  const bytes = result.receipt.bytes
  const text = result.status == 'ok' ? String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length) : ''
  const call = reading.call
  return call === null ? follow(task, text, out) : told(task, call, statusText(reading.status) + ': ' + text, out)
}

function findReading(task: Task, ref: string): i32 {
  for (let at = 0; at < task.reading.length; at++) if (task.reading[at].ref == ref) return at
  return -1
}

/** What the model said: words are the answer, calls of tools are asked for. */
function follow(task: Task, text: string, out: Output): Task {
  const message = parseJson(text)
  if (message === null) return finish(task, TaskPhase.Failed(), 'the model said nothing that can be read')
  say(task, text)
  const calls = message.get('tool_calls')
  if (calls === null || calls.items.length == 0) return finish(task, TaskPhase.Done(), wordsOf(message))
  task.phase = TaskPhase.UsingTools()
  for (let at = 0; at < calls.items.length; at++) call(task, calls.items[at], out)
  return task.calls_open == 0 ? think(task, out) : task
}

/** Starts what a tool does, or tells the model at once what is wrong with the call. */
function call(task: Task, given: Json, out: Output): void {
  const callId = given.textOf('id')
  const wanted = given.get('function')
  const name = wanted === null ? '' : wanted.textOf('name')
  const parsed = parseJson(wanted === null ? '' : wanted.textOf('arguments'))
  const order = parsed === null ? '' : parsed.textOf('order')
  const cents = parsed === null ? '' : parsed.textOf('cents')
  // What a model writes becomes part of a URL only when it is a number.
  if (!isNumber(order)) return answerCall(task, callId, 'not done: order must be a number')
  if (name == 'look_up_order') {
    task.calls_open += 1
    out.raise<LookUpRequested>(new LookUpRequested(task.id, callId, order))
  } else if (name == 'refund_order' && isNumber(cents)) {
    task.calls_open += 1
    out.raise<RefundRequested>(new RefundRequested(task.id, callId, order, cents))
  } else answerCall(task, callId, 'not done: there is no such tool, or its arguments are wrong')
}

/** What came of a call; when nothing is open any more, the model thinks on. */
function told(task: Task, callId: string, words: string, out: Output): Task {
  answerCall(task, callId, words)
  task.calls_open -= 1
  return task.calls_open == 0 ? think(task, out) : task
}

function answerCall(task: Task, callId: string, words: string): void {
  say(task, '{"role":"tool","tool_call_id":' + quote(callId) + ',"content":' + quote(words) + '}')
}

function say(task: Task, message: string): void {
  task.transcript += (task.transcript.length == 0 ? '' : ',') + message
}

function finish(task: Task, phase: TaskPhase, answer: string): Task {
  task.phase = phase
  task.answer = answer
  return task
}

function isOver(task: Task): bool {
  return task.phase.isDone || task.phase.isFailed
}

function isNumber(text: string): bool {
  if (text.length == 0 || text.length > 9) return false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x30 || code > 0x39) return false
  }
  return true
}

function statusText(status: i64): string {
  return 'status ' + status.toString()
}

/** The texts of a message: its content is a text, or a list of parts. */
function wordsOf(message: Json): string {
  const content = message.get('content')
  if (content === null) return ''
  let words = content.text
  for (let at = 0; at < content.items.length; at++) words += content.items[at].textOf('text')
  return words
}
