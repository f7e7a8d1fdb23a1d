/** Pages that are looked at: a reducer that wants something, a plan that gets it from outside, a policy that lets it. */
import {
  allow,
  deny,
  eq,
  grant,
  hash,
  int,
  ne,
  option,
  plan,
  policy,
  record,
  reducer,
  route,
  schema,
  sys,
  text,
  trigger,
  unit,
  variant,
  world,
} from '@aos/author'

const PageUrl = schema('demo/PageUrl@1', text)
const PagePhase = schema('demo/PagePhase@1', variant({ Asked: unit, Seen: unit, Failed: unit }))
const Page = schema(
  'demo/Page@1',
  record({ phase: PagePhase, status: option(int), body_ref: option(hash), error: option(text) }),
)

const Check = schema('demo/Check@1', record({ url: text }))
const Seen = schema('demo/Seen@1', record({ url: text, status: int, body_ref: option(hash) }))
const Failed = schema('demo/Failed@1', record({ url: text, error: text }))
const PageEvent = schema('demo/PageEvent@1', variant({ Check, Seen, Failed }))

/** What the reducer raises; the trigger below starts the plan with it. */
const CheckRequested = schema('demo/CheckRequested@1', record({ url: text }))

const Pages = reducer('demo/Pages@1', { key: PageUrl, state: Page, event: PageEvent })

const http = sys.effect('http.request@1')
const web = grant(
  'web',
  sys.cap('http.out@1'),
  { schemes: ['https'], hosts: ['example.com'], methods: ['GET'] },
  { budgets: { calls: { limit: 100, window: '1h' } } },
)

const look = plan('demo/look@1', { input: CheckRequested }, ({ input, emit, awaitReceipt, raise, end }) => {
  const ask = emit('ask', http, { params: { method: 'GET', url: input.url, headers: {} }, cap: web })
  const answer = awaitReceipt('answer', ask, { accept: ['ok', 'error', 'timeout', 'denied'] })
  const { payload, receipt } = answer
  const seen = raise(
    'seen',
    PageEvent,
    { Seen: { url: input.url, status: payload.status, body_ref: payload.body_ref } },
    { when: eq(receipt.status, 'ok') },
  )
  const failed = raise(
    'failed',
    PageEvent,
    { Failed: { url: input.url, error: payload.code } },
    { after: answer, when: ne(receipt.status, 'ok') },
  )
  end('end', { after: [seen, failed] })
})

export default world({
  policy: policy('demo/web_policy@1', [allow({ effect: http, origin: look }), deny()]),
  routes: [route(PageEvent, Pages, { key: (event) => event.$value.url })],
  triggers: [trigger(CheckRequested, look, { correlateBy: (input) => input.url })],
  // The network is a script (aos.json). Without this line requests really go out.
  bindings: [{ pattern: 'http.request', adapter: 'http.scripted' }],
})
