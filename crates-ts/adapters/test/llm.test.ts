import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Value } from '@aos/air'
import { isAosError } from '@aos/cbor'
import { makeLlmAdapter } from '../src/index.ts'
import type { AdapterResult, LlmProvider } from '../src/index.ts'
import { MemoryBlobs, expectOfSchema, fields, makeCall, startServer } from './_world.ts'
import type { LoopbackServer } from './_world.ts'

const KEY = 'sk-test-0123456789'

let server: LoopbackServer
let answer: { status: number; body: unknown }
let blobs: MemoryBlobs

beforeAll(async () => {
  server = await startServer((_seen, _request, response) => {
    if (answer.body === undefined) return
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
  })
})

afterAll(() => server.close())

beforeEach(() => {
  blobs = new MemoryBlobs()
  server.seen.length = 0
})

interface Asked {
  readonly provider?: string
  readonly messages?: readonly unknown[]
  readonly tools?: readonly unknown[]
  readonly choice?: Value
  readonly apiKey?: Value
  readonly grant?: Value
  readonly signal?: AbortSignal
  readonly settings?: Partial<LlmProvider>
  readonly temperature?: string
}

function ask(asked: Asked): Promise<AdapterResult> {
  const keep = (content: unknown): string => blobs.keep(typeof content === 'string' ? content : JSON.stringify(content))
  const prices = new Map([['m', { promptCents: 300, completionCents: 1500 }]])
  const base = { isTrusted: true, prices, ...asked.settings }
  const adapter = makeLlmAdapter({
    providers: new Map<string, LlmProvider>([
      ['one', { dialect: 'openai', baseUrl: `${server.origin}/v1`, ...base }],
      ['two', { dialect: 'anthropic', baseUrl: `${server.origin}/v1/`, ...base }],
    ]),
  })
  const params = {
    provider: asked.provider ?? 'one',
    model: 'm',
    temperature: asked.temperature ?? '0.5',
    max_tokens: 100,
    message_refs: (asked.messages ?? ['hello']).map(keep),
    tool_refs: asked.tools === undefined ? null : asked.tools.map(keep),
    tool_choice: asked.choice ?? null,
    api_key: asked.apiKey === undefined ? { $tag: 'literal', $value: KEY } : asked.apiKey,
  }
  const { grant = {}, signal } = asked
  const parts = { kind: 'llm.generate', params, grant, capType: 'llm.basic', blobs }
  return adapter.perform(makeCall(signal === undefined ? parts : { ...parts, signal }))
}

async function failure(asked: Asked): Promise<string> {
  const { status, payload, retryable } = await ask(asked)
  expectOfSchema('sys/EffectFailure@1', payload)
  expect(JSON.stringify(payload)).not.toContain(KEY)
  return `${status} ${String(fields(payload)['code'])}${retryable === true ? ' later' : ''}`
}

function sent(): { readonly [field: string]: unknown } {
  return JSON.parse(server.seen.at(-1)?.body ?? '') as { readonly [field: string]: unknown } // an object by the dialect
}

const weather = { name: 'weather', description: 'Weather of a place', parameters: { type: 'object' } }
const CALLS = [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"at":"sea"}' } }]

describe('the dialect openai', () => {
  const said = (message: object): void => {
    answer = { status: 200, body: { choices: [{ message }], usage: { prompt_tokens: 1000, completion_tokens: 201 } } }
  }

  test('an answer becomes a blob, usage and cost', async () => {
    said({ role: 'assistant', content: 'Hi.' })
    const result = await ask({})
    expectOfSchema('sys/LlmGenerateReceipt@1', result.payload)
    const { output_ref: ref, token_usage: usage, cost_cents: cents, provider_id: id } = fields(result.payload)
    expect(blobs.text(ref)).toBe('{"content":[{"text":"Hi.","type":"text"}],"role":"assistant"}')
    expect([result.status, { ...fields(usage) }, cents, id]).toEqual([
      'ok',
      { prompt: 1000, completion: 201 },
      1,
      'one',
    ])
    expect(Object.fromEntries(result.cost)).toEqual({ calls: 1, tokens: 1201, cents: 1 })
    expect(server.seen[0]).toMatchObject({ method: 'POST', url: '/v1/chat/completions' })
    expect(server.seen[0]?.headers['authorization']).toBe(`Bearer ${KEY}`)
    expect(sent()).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'hello' }],
      temperature: 0.5,
      max_tokens: 100,
    })
  })

  test('messages are objects, arrays, or texts', async () => {
    said({ content: '' })
    const system = { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }
    const image = { type: 'image_url', image_url: { url: 'https://a.test/' } }
    const turns = [
      { role: 'user', content: 'a' },
      { role: 'user', content: [{ type: 'text', text: 'b' }, image] },
    ]
    await ask({ messages: [system, turns, 'plain "text"', '17'] })
    expect(sent()['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'a' },
      { role: 'user', content: [{ type: 'text', text: 'b' }, image] },
      { role: 'user', content: 'plain "text"' },
      { role: 'user', content: '17' },
    ])
  })

  test('tool calls come back, and go out again', async () => {
    said({ role: 'assistant', content: null, tool_calls: CALLS })
    const tools = [[{ type: 'function', function: weather }], { tools: [{ name: 'plain' }], tool_choice: 'required' }]
    const result = await ask({ tools })
    const output = blobs.text(fields(result.payload)['output_ref'])
    expect(JSON.parse(output)).toEqual({ content: [], role: 'assistant', tool_calls: CALLS })
    expect(sent()['tools']).toEqual([
      { type: 'function', function: weather },
      { type: 'function', function: { name: 'plain', parameters: { type: 'object' } } },
    ])
    expect(sent()['tool_choice']).toBe('required')
    said({ content: 'Wet.' })
    const observed = { role: 'tool', tool_call_id: 'c1', content: 'rain' }
    await ask({
      messages: ['How is it?', JSON.parse(output), observed],
      tools,
      choice: { $tag: 'Tool', $value: { name: 'weather' } },
    })
    expect(sent()['messages']).toEqual([
      { role: 'user', content: 'How is it?' },
      { role: 'assistant', content: null, tool_calls: CALLS },
      observed,
    ])
    expect(sent()['tool_choice']).toEqual({ type: 'function', function: { name: 'weather' } })
  })

  test('the member for the bound, a missing key, and a choice without tools', async () => {
    said({ content: 'x' })
    await ask({ settings: { maxTokensField: 'max_completion_tokens' }, apiKey: null, choice: { $tag: 'None' } })
    expect(sent()).toMatchObject({ max_completion_tokens: 100 })
    expect(sent()).not.toHaveProperty('max_tokens')
    expect(sent()).not.toHaveProperty('tool_choice')
    expect(server.seen[0]?.headers['authorization']).toBeUndefined()
  })
})

describe('the dialect anthropic', () => {
  const said = (content: readonly object[]): void => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 7 }
    answer = { status: 200, body: { type: 'message', role: 'assistant', content, usage } }
  }

  test('turns alternate, systems stand apart, tools are blocks', async () => {
    said([{ type: 'text', text: 'Let me see.' }, { type: 'tool_use', id: 'c1', name: 'weather', input: { at: 'sea' } }]) // prettier-ignore
    const messages = [
      { role: 'system', content: 'Be brief.' },
      'one',
      'two',
      { role: 'assistant', content: '', tool_calls: CALLS },
      { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      'and now?',
    ]
    const result = await ask({ provider: 'two', messages, tools: [[weather]], choice: { $tag: 'Required' } })
    expectOfSchema('sys/LlmGenerateReceipt@1', result.payload)
    expect({ ...fields(fields(result.payload)['token_usage']) }).toEqual({ prompt: 15, completion: 7 })
    expect(JSON.parse(blobs.text(fields(result.payload)['output_ref']))).toEqual({
      content: [{ text: 'Let me see.', type: 'text' }],
      role: 'assistant',
      tool_calls: CALLS,
    })
    expect(server.seen[0]).toMatchObject({ url: '/v1/messages' })
    expect(server.seen[0]?.headers).toMatchObject({ 'x-api-key': KEY, 'anthropic-version': '2023-06-01' })
    expect(sent()).toEqual({
      model: 'm',
      max_tokens: 100,
      temperature: 0.5,
      system: 'Be brief.',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'one' }, { type: 'text', text: 'two' }] }, // prettier-ignore
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'weather', input: { at: 'sea' } }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'rain' }, { type: 'text', text: 'and now?' }], // prettier-ignore
        },
      ],
      tools: [{ name: 'weather', description: 'Weather of a place', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any' },
    })
  })

  test('without a price it costs nothing', async () => {
    said([])
    const result = await ask({ provider: 'two', settings: { prices: new Map() } })
    expect([result.status, result.cost.get('cents'), result.cost.get('tokens')]).toEqual(['ok', 0, 22])
  })
})

describe('failures', () => {
  test.each([
    [400, { error: { message: 'bad model' } }, 'error provider_error'],
    [401, { error: { message: `Incorrect API key provided: ${KEY}` } }, 'error provider_error'],
    [302, '', 'error provider_error'],
    [429, { error: { message: 'slow down' } }, 'error rate_limited later'],
    [500, 'oops', 'error provider_unavailable later'],
    [529, { error: { message: 'overloaded' } }, 'error provider_unavailable later'],
    [200, 'no json', 'error provider_bad_answer'],
    [200, { choices: [] }, 'error provider_bad_answer'],
    [200, { choices: [{ message: { content: 'x' } }], usage: { prompt_tokens: -1 } }, 'error provider_bad_answer'],
  ])('status %i %j', async (status, body, expected) => {
    answer = { status, body }
    expect(await failure({})).toBe(expected)
  })

  test('the message is that of the provider', async () => {
    answer = { status: 400, body: { error: { message: 'bad model' } } }
    expect(fields((await ask({})).payload)['message']).toBe('400: bad model')
  })

  test('before anything is sent', async () => {
    const secret = { $tag: 'secret', $value: { alias: 'a', version: 1 } }
    const missing = `sha256:${'0'.repeat(64)}`
    expect(await failure({ provider: 'three' })).toBe('error provider_unknown')
    expect(await failure({ apiKey: secret })).toBe('error secret_unresolved')
    expect(await failure({ apiKey: { $tag: 'literal', $value: 'a\r\nb: c' } })).toBe('error bad_header')
    expect(await failure({ messages: [[{ content: 'x' }]] })).toBe('error message_malformed')
    expect(await failure({ tools: ['text'] })).toBe('error message_malformed')
    expect(await failure({ tools: [[weather]], grant: { tools_allow: ['other'] } })).toBe('denied tool_not_allowed')
    expect(await failure({ settings: { isTrusted: false } })).toBe('denied address_not_allowed')
    const bare = makeLlmAdapter({ providers: new Map() })
    const params = { provider: 'one', message_refs: [missing], api_key: null }
    expect((await bare.perform(makeCall({ kind: 'llm.generate', params }))).status).toBe('error')
    expect(server.seen).toEqual([])
  })

  test('a blob that is missing', async () => {
    const adapter = makeLlmAdapter({ providers: new Map([['one', { dialect: 'openai', baseUrl: server.origin }]]) })
    const params = {
      provider: 'one',
      model: 'm',
      temperature: '1',
      max_tokens: 1,
      message_refs: [`sha256:${'0'.repeat(64)}`],
    }
    const result = await adapter.perform(makeCall({ kind: 'llm.generate', params: { ...params, api_key: null } }))
    expect(fields(result.payload)['code']).toBe('blob_missing')
  })

  test('a signal', async () => {
    answer = { status: 200, body: undefined }
    expect(await failure({ signal: AbortSignal.timeout(15) })).toBe('timeout timeout later')
  })

  test('a base URL that is not strict is refused at once', () => {
    let code: unknown
    try {
      makeLlmAdapter({ providers: new Map([['x', { dialect: 'openai', baseUrl: 'https://user@a.test' }]]) })
    } catch (error) {
      code = isAosError(error) ? error.code : error
    }
    expect(code).toBe('adapter.bad_config')
  })
})
