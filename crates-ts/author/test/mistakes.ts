/**
 * Mistakes of authors. Each line after a directive is one, and the words of the directive are in what the compiler says of it:
 * `mistakes.slow.test.ts` compiles this file without the directives and compares.
 */
import {
  add,
  allow,
  and,
  arm,
  concat,
  effect,
  eq,
  get,
  grant,
  gt,
  int,
  is,
  list,
  map,
  nat,
  now,
  option,
  plan,
  policy,
  present,
  record,
  reducer,
  route,
  schema,
  slots,
  sub,
  sys,
  text,
  time,
  trigger,
  unit,
  variant,
  world,
} from '../src/index.ts'

const Order = schema('demo/Order@1', record({ id: text, total: nat, note: option(text), at: time }))
const OrderId = schema('demo/OrderId@1', record({ id: text }))
const ShopEvent = schema('demo/ShopEvent@1', variant({ Order, Tick: unit, Count: nat }))
const Result = schema('demo/Result@1', record({ ok: int, lines: list(text) }))
const Key = schema('demo/Key@1', text)
const http = sys.effect('http.request@1')
const web = grant('web', sys.cap('http.out@1'), { hosts: ['a.test'] })
const model = grant('model', sys.cap('llm.basic@1'), {})
const Keyed = reducer('demo/Keyed@1', { key: Key, state: Order, event: Order, slots: { wake: sys.cap('timer@1') } })
const Single = reducer('demo/Single@1', { state: Order, event: ShopEvent })

/** Names of built-in definitions, types and grants. */
export function definitions(): void {
  // @ts-expect-error says "http.requst@1"' is not assignable to parameter of type 'keyof BuiltinEffects'
  sys.effect('http.requst@1')
  // @ts-expect-error says "http.outt@1"' is not assignable
  sys.cap('http.outt@1')
  // @ts-expect-error says 'hots' does not exist
  grant('web', sys.cap('http.out@1'), { hots: [] })
  // @ts-expect-error says 'string' is not assignable to type 'readonly string[]'
  grant('web', sys.cap('http.out@1'), { hosts: 'a.test' })
  // @ts-expect-error says 'Term<"time">' is not assignable
  grant('model', sys.cap('llm.basic@1'), { max_tokens: now })
  // @ts-expect-error says 'MapType<Primitive<"text">, Primitive<"text">>' is not assignable to parameter of type 'KeyType'
  map(map(text, text), text)
  // @ts-expect-error says 'number' is not assignable to type 'AirType'
  record({ id: 5 })
  // @ts-expect-error says 'event' is missing
  reducer('demo/R@1', { state: Order })
  // @ts-expect-error says 'number' is not assignable to type 'Cap<string, AirType>'
  effect('demo/e@1', { kind: 'e', params: Order, receipt: Order, cap: 5, scope: 'plan' })
}

/** Fields of parameters, and what may stand in them. */
export function parameters(): void {
  plan('demo/p@1', { input: Order }, ({ input, emit }) => {
    const cap = web
    // @ts-expect-error says 'urll' does not exist
    emit('a', http, { params: { method: 'GET', urll: input.id, headers: {} }, cap })
    // @ts-expect-error says Property 'url' is missing
    emit('b', http, { params: { method: 'GET', headers: {} }, cap })
    // @ts-expect-error says 'number' is not assignable to type 'string | Term<"text">'
    emit('c', http, { params: { method: 1, url: input.id, headers: {} }, cap })
    // @ts-expect-error says 'Term<"nat">' is not assignable to type 'string | Term<"text">'
    emit('d', http, { params: { method: 'GET', url: input.total, headers: {} }, cap })
    // @ts-expect-error says Property 'idd' does not exist
    emit('e', http, { params: { method: 'GET', url: input.idd, headers: {} }, cap })
    // @ts-expect-error says 'OptionTerm<Primitive<"text">>' is not assignable to type 'string | Term<"text">'
    emit('f', http, { params: { method: 'GET', url: input.note, headers: {} }, cap })
    // @ts-expect-error says '"llm.basic"' is not assignable to type '"http.out"'
    emit('g', http, { params: { method: 'GET', url: input.id, headers: {} }, cap: model })
    // @ts-expect-error says Cannot find name 'webb'
    emit('h', http, { params: { method: 'GET', url: input.id, headers: {} }, cap: webb })
    // @ts-expect-error says Property 'cap' is missing
    emit('i', http, { params: { method: 'GET', url: input.id, headers: {} } })
    // @ts-expect-error says '"reducer"' is not assignable to type '"plan" | "both"'
    emit('j', sys.effect('timer.set@1'), { params: { deliver_at_ns: 1 }, cap })
    emit('k', http, { params: { method: 'GET', url: present(input.note), headers: { a: input.id } }, cap })
  })
}

/** Steps that wait for others, and variables. */
export function references(): void {
  plan('demo/p@1', { input: Order, output: Result }, ({ input, emit, awaitReceipt, awaitEvent, raise, end }) => {
    const sent = emit('a', http, { params: { method: 'GET', url: input.id, headers: {} }, cap: web })
    const got = awaitReceipt('b', sent)
    const any = awaitReceipt('c', sent, { accept: ['ok', 'error'] })
    // @ts-expect-error says Property 'code' does not exist
    eq(got.payload.code, 'gone')
    eq(any.payload.code, 'gone')
    // @ts-expect-error says 'Received<
    awaitReceipt('d', got)
    // @ts-expect-error says '"okay"' is not assignable to type 'ReceiptStatus'
    awaitReceipt('e', sent, { accept: ['okay'] })
    // @ts-expect-error says Cannot find name 'later'
    raise('f', Order, input, { after: later })
    // @ts-expect-error says Property 'id' does not exist on type 'VariantTerm<
    awaitEvent('g', ShopEvent, { where: (event) => eq(event.id, input.id) })
    // @ts-expect-error says '"Tock"' is not assignable to parameter of type '"Order" | "Tick" | "Count"'
    awaitEvent('h', ShopEvent, { where: (event) => is(event, 'Tock') })
    // @ts-expect-error says '"Ordre"' is not assignable
    awaitEvent('i', ShopEvent, { where: (event) => gt(arm(event, 'Ordre'), 5) })
    // @ts-expect-error says Expected 2 arguments
    end('j')
    // @ts-expect-error says Property 'lines' is missing
    end('k', { result: { ok: 1 } })
    // @ts-expect-error says 'more' does not exist
    end('l', { result: { ok: 1, lines: [], more: 1 } })
  })
  plan('demo/q@1', { input: Order }, ({ end }) => {
    // @ts-expect-error says 'result' does not exist
    end('a', { result: { ok: 1 } })
  })
}

/** Values of events and variables. */
export function events(): void {
  plan('demo/p@1', { input: Order }, ({ input, raise, assign }) => {
    raise('a', ShopEvent, { Order: { id: input.id, total: 5, at: now } })
    raise('b', ShopEvent, { Order: input })
    raise('c', ShopEvent, 'Tick')
    // @ts-expect-error says '"Tock"' is not assignable
    raise('d', ShopEvent, 'Tock')
    // @ts-expect-error says 'Orderr' does not exist
    raise('e', ShopEvent, { Orderr: input })
    // @ts-expect-error says Type 'string' is not assignable to type 'number | bigint | Term<"int" | "nat">'
    raise('f', ShopEvent, { Order: { id: input.id, total: '5', at: now } })
    // @ts-expect-error says Type '"text"' is not assignable to type '"int" | "nat"'
    raise('g', ShopEvent, { Order: { id: input.id, total: input.id, at: now } })
    // @ts-expect-error says Property 'total' is missing
    raise('h', ShopEvent, { Order: { id: input.id, at: now } })
    // @ts-expect-error says Types of property 'Count' are incompatible
    raise('i', ShopEvent, { Order: input, Count: 1 })
    // @ts-expect-error says Property 'total' is missing
    raise('j', Order, { id: 'a', at: 0 })
    // @ts-expect-error says 'Term<"nat">' is not assignable to type 'string | Term<"text">'
    assign('k', Result, { ok: add(input.total, 1), lines: [input.total] })
    // @ts-expect-error says 'Term<"nat">' is not assignable to type 'string | number | bigint | Term<"time">'
    assign('l', Order, { id: 'x', total: 1, at: add(input.total, 5) })
  })
}

/** Operators, guards and conditions. */
export function expressions(): void {
  plan('demo/p@1', { input: Order }, ({ input, raise, invariant }) => {
    // @ts-expect-error says 'Term<"nat">' is not assignable to type 'Term<"bool">'
    raise('a', Order, input, { when: input.total })
    // @ts-expect-error says 'string' is not assignable to parameter of type 'number | bigint | Term<"nat">'
    invariant(eq(input.total, 'x'))
    // @ts-expect-error says 'number' is not assignable to parameter of type 'string | Term<"text">'
    invariant(eq(input.id, 5))
    // @ts-expect-error says 'boolean' is not assignable to parameter of type 'Term<"bool">'
    invariant(input.id === 'x')
    // @ts-expect-error says 'Term<"nat">' is not assignable to parameter of type
    invariant(and(eq(input.id, 'a'), input.total))
    // @ts-expect-error says 'OptionTerm<Primitive<"text">>' is not assignable to parameter of type 'Ordered'
    invariant(gt(input.note, 'a'))
    // @ts-expect-error says 'Term<"text">' is not assignable to parameter of type 'Num'
    add(input.id, 1)
    // @ts-expect-error says No overload matches this call
    sub(input.at, input.total)
    // @ts-expect-error says 'Term<"nat">' is not assignable to parameter of type 'Text'
    concat(input.id, input.total)
    // @ts-expect-error says No overload matches this call
    get(input.id, 0)
  })
}

/** Policies, routes, triggers, slots, worlds. */
export function wiring(): void {
  const starts = plan('demo/p@1', { input: OrderId }, ({ end }) => {
    end('a')
  })
  // @ts-expect-error says Property 'methodd' does not exist
  policy('demo/p@1', [allow({ effect: http, where: ({ params }) => eq(params.methodd, 'GET') })])
  // @ts-expect-error says Property 'method' does not exist
  policy('demo/p@1', [allow({ where: ({ params }) => eq(params.method, 'GET') })])
  // @ts-expect-error says '"demo/OrderId@1"' is not assignable to type '"demo/Order@1"'
  route(OrderId, Keyed, { key: (event) => event.id })
  // @ts-expect-error says Expected 3 arguments
  route(Order, Keyed)
  // @ts-expect-error says Expected 2 arguments
  route(ShopEvent, Single, {})
  // @ts-expect-error says 'Term<"nat">' is not assignable to type 'Term<"text">'
  route(Order, Keyed, { key: (event) => event.total })
  // @ts-expect-error says the event is no input of this plan
  trigger(ShopEvent, starts)
  // @ts-expect-error says the event is no input of this plan
  trigger(Order, starts)
  // @ts-expect-error says Property 'idd' does not exist
  trigger(OrderId, starts, { correlateBy: (input) => input.idd })
  // @ts-expect-error says '"http.out"' is not assignable to type '"timer"'
  slots(Keyed, { wake: web })
  // @ts-expect-error says 'wakee' does not exist
  slots(Keyed, { wakee: web })
  // @ts-expect-error says missing the following properties from type 'Route'
  world({ routes: [starts] })
  // @ts-expect-error says 'rutes' does not exist
  world({ rutes: [] })
}
