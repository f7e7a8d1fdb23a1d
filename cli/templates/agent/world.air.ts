/** An agent at an order desk: a model that thinks, tools that it may ask for, and a person who decides about money. */
import {
  allow,
  bytes,
  concat,
  deny,
  eq,
  grant,
  hash,
  hashBytes,
  int,
  list,
  literal,
  nat,
  ne,
  option,
  plan,
  policy,
  record,
  reducer,
  requireApproval,
  route,
  schema,
  slots,
  sys,
  text,
  trigger,
  unit,
  variant,
  world,
} from '@aos/author'
import { TOOLS } from './tools.ts'

const TaskId = schema('demo/TaskId@1', text)
const TaskPhase = schema('demo/TaskPhase@1', variant({ Thinking: unit, UsingTools: unit, Done: unit, Failed: unit }))
/** Content that was asked for: what the model said, or, with the id of a call, what a tool said. */
const Reading = schema('demo/Reading@1', record({ ref: hash, call: option(text), status: int }))
const Task = schema(
  'demo/Task@1',
  record({
    id: text,
    phase: TaskPhase,
    /** What was said so far, each as the JSON of a message. */
    messages: list(text),
    rounds: nat,
    calls_open: nat,
    reading: list(Reading),
    answer: option(text),
    cost_cents: nat,
  }),
)

const Ask = schema('demo/Ask@1', record({ task: text, question: text }))
const Thought = schema('demo/Thought@1', record({ task: text, message_ref: hash, cost_cents: nat }))
const Answered = schema('demo/Answered@1', record({ task: text, call: text, status: int, body_ref: option(hash) }))
const Refused = schema('demo/Refused@1', record({ task: text, call: text, reason: text }))
const Stuck = schema('demo/Stuck@1', record({ task: text, reason: text }))
const DeskEvent = schema(
  'demo/DeskEvent@1',
  variant({ Ask, Thought, Answered, Refused, Stuck, Read: sys.schema('BlobGetResult@1') }),
)

/** What the reducer raises; each starts a plan. */
const ThinkRequested = schema('demo/ThinkRequested@1', record({ task: text, messages: bytes }))
const LookUpRequested = schema('demo/LookUpRequested@1', record({ task: text, call: text, order: text }))
const RefundRequested = schema('demo/RefundRequested@1', record({ task: text, call: text, order: text, cents: text }))

const llm = sys.effect('llm.generate@1')
const http = sys.effect('http.request@1')
const blobPut = sys.effect('blob.put@1')
const blobGet = sys.effect('blob.get@1')

const Desk = reducer('demo/Desk@1', {
  key: TaskId,
  state: Task,
  event: DeskEvent,
  effects: [blobGet],
  slots: { default: sys.cap('blob@1') },
})

const content = grant('content', sys.cap('blob@1'), {})
const model = grant(
  'model',
  sys.cap('llm.basic@1'),
  { providers: ['main'], models: ['desk-model'], max_tokens: 1000, tools_allow: TOOLS.map(({ name }) => name) },
  { budgets: { tokens: { limit: 200_000, window: '24h' } } },
)
const shop = grant(
  'shop',
  sys.cap('http.out@1'),
  { schemes: ['https'], hosts: ['shop.test'], methods: ['GET', 'POST'], path_prefixes: ['/orders'] },
  { budgets: { calls: { limit: 100, window: '1h' } } },
)

const SHOP_URL = 'https://shop.test/orders/'
const toolsJson = literal(
  bytes,
  Uint8Array.from(JSON.stringify(TOOLS), (character) => character.charCodeAt(0)),
)

const think = plan('demo/think@1', { input: ThinkRequested }, ({ input, emit, awaitReceipt, raise, end }) => {
  const { task, messages } = input
  const messagesPut = emit('put_messages', blobPut, {
    params: { bytes: messages, blob_ref: hashBytes(messages) },
    cap: content,
  })
  awaitReceipt('messages_put', messagesPut)
  const toolsPut = emit('put_tools', blobPut, {
    params: { bytes: toolsJson, blob_ref: hashBytes(toolsJson) },
    cap: content,
  })
  awaitReceipt('tools_put', toolsPut)
  const asked = emit('ask', llm, {
    params: {
      provider: 'main',
      model: 'desk-model',
      temperature: '0',
      max_tokens: 1000,
      message_refs: [hashBytes(messages)],
      tool_refs: [hashBytes(toolsJson)],
    },
    cap: model,
  })
  const said = awaitReceipt('said', asked, { accept: ['ok', 'error', 'timeout', 'denied'] })
  const { payload, receipt } = said
  const thought = raise(
    'thought',
    DeskEvent,
    { Thought: { task, message_ref: payload.output_ref, cost_cents: payload.cost_cents } },
    { when: eq(receipt.status, 'ok') },
  )
  const stuck = raise(
    'stuck',
    DeskEvent,
    { Stuck: { task, reason: payload.code } },
    { after: said, when: ne(receipt.status, 'ok') },
  )
  end('end', { after: [thought, stuck] })
})

const lookUp = plan('demo/look_up@1', { input: LookUpRequested }, ({ input, emit, awaitReceipt, raise, end }) => {
  const { task, call } = input
  const asked = emit('ask', http, {
    params: { method: 'GET', url: concat(SHOP_URL, input.order), headers: {} },
    cap: shop,
  })
  const answer = awaitReceipt('answer', asked, { accept: ['ok', 'error', 'timeout'] })
  const { payload, receipt } = answer
  const answered = raise(
    'answered',
    DeskEvent,
    { Answered: { task, call, status: payload.status, body_ref: payload.body_ref } },
    { when: eq(receipt.status, 'ok') },
  )
  const refused = raise(
    'refused',
    DeskEvent,
    { Refused: { task, call, reason: payload.code } },
    { after: answer, when: ne(receipt.status, 'ok') },
  )
  end('end', { after: [answered, refused] })
})

const refund = plan('demo/refund@1', { input: RefundRequested }, ({ input, emit, awaitReceipt, raise, end }) => {
  const { task, call } = input
  const asked = emit('ask', http, {
    params: { method: 'POST', url: concat(SHOP_URL, input.order, '/refunds?cents=', input.cents), headers: {} },
    cap: shop,
  })
  // The policy parks it; a person who says no makes it `denied`.
  const answer = awaitReceipt('answer', asked, { accept: ['ok', 'error', 'timeout', 'denied'] })
  const { payload, receipt } = answer
  const answered = raise(
    'answered',
    DeskEvent,
    { Answered: { task, call, status: payload.status } },
    { when: eq(receipt.status, 'ok') },
  )
  const refused = raise(
    'refused',
    DeskEvent,
    { Refused: { task, call, reason: payload.code } },
    { after: answer, when: ne(receipt.status, 'ok') },
  )
  end('end', { after: [answered, refused] })
})

export default world({
  policy: policy('demo/desk_policy@1', [
    allow({ effect: blobPut, origin: think }),
    allow({ effect: blobGet, origin: Desk }),
    allow({ effect: llm, origin: think }),
    allow({ effect: http, origin: lookUp, where: ({ params }) => eq(params.method, 'GET') }),
    requireApproval({ effect: http, origin: refund }),
    deny(),
  ]),
  routes: [route(DeskEvent, Desk, { key: (event) => event.$value.task })],
  slots: [slots(Desk, { default: content })],
  triggers: [
    trigger(ThinkRequested, think, { correlateBy: (input) => input.task }),
    trigger(LookUpRequested, lookUp, { correlateBy: (input) => input.task }),
    trigger(RefundRequested, refund, { correlateBy: (input) => input.task }),
  ],
  // Twins answer by scripts (aos.json). Without these lines a real model is asked, and the real shop.
  bindings: [
    { pattern: 'llm.generate', adapter: 'llm.scripted' },
    { pattern: 'http.request', adapter: 'http.scripted' },
  ],
})
