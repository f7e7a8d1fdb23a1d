/** `llm.generate` over HTTP, in the dialect of the provider (spec/13-adapters.md, "Models"). */
import { formatJson, isJsonObject } from '@aos/air'
import type { JsonNode, Value } from '@aos/air'
import { AosError } from '@aos/cbor'
import { AdapterFailure, failureResult } from '../failures.ts'
import { exchange } from '../http/exchange.ts'
import { allowedAddresses } from '../http/grant-rules.ts'
import { HTTP_LIMITS } from '../http/limits.ts'
import { addressesOf, resolveBySystem } from '../http/resolve.ts'
import type { ResolveHost } from '../http/resolve.ts'
import type { Adapter, AdapterCall, AdapterResult } from '../port.ts'
import { SECRET_BYTES_MIN, makeScrubber } from '../secret/scrub.ts'
import { parseStrictUrl } from '../url.ts'
import type { StrictUrl } from '../url.ts'
import {
  badParams,
  fieldOf,
  hashesField,
  makeRecord,
  membersOf,
  resolvedText,
  textField,
  textsField,
} from '../values.ts'
import { ANTHROPIC } from './anthropic.ts'
import { errorMessage, parseAnswer } from './answer.ts'
import { formatAnswer, readMessages, readTools } from './conversation.ts'
import type { Dialect, Generated, Generation, ToolChoice } from './dialect.ts'
import { OPENAI } from './openai.ts'

/** Where a provider is and how it is spoken to. */
export interface LlmProvider {
  readonly dialect: 'openai' | 'anthropic'
  /** A strict URL; the path of the dialect is appended: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** True for a provider that may be at an address that is not public, such as one on this machine. */
  readonly isTrusted?: boolean
  /** Prices in cents for a million tokens, by model; `*` for all others. Without a price a generation costs nothing. */
  readonly prices?: ReadonlyMap<string, LlmPrice>
  /** `max_tokens` unless given; newer models of one provider want the other. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens'
}

/** Cents for a million tokens, integers. */
export interface LlmPrice {
  readonly promptCents: number
  readonly completionCents: number
}

/** Providers by the names that parameters use. */
export interface LlmAdapterOptions {
  /** `llm` unless given. */
  readonly id?: string
  readonly providers: ReadonlyMap<string, LlmProvider>
  /** Bytes of an answer. */
  readonly bodyBytesMax?: number
  readonly resolve?: ResolveHost
}

/** Throws `adapter.bad_config` for a base URL that is not strict. */
export function makeLlmAdapter(options: LlmAdapterOptions): Adapter {
  const providers = new Map([...options.providers].map(([name, provider]) => [name, readProvider(name, provider)]))
  return {
    id: options.id ?? 'llm',
    kinds: ['llm.generate'],
    async perform(call) {
      try {
        return await generate(options, providers, call)
      } catch (error) {
        if (!(error instanceof AdapterFailure)) throw error
        return failureResult(error.code, withoutKey(call, error.message), new Map([['calls', 1]]))
      }
    },
    close: () => Promise.resolve(),
  }
}

interface Endpoint {
  readonly provider: LlmProvider
  readonly dialect: Dialect
  readonly url: StrictUrl
}

function readProvider(name: string, provider: LlmProvider): Endpoint {
  const dialect = provider.dialect === 'anthropic' ? ANTHROPIC : OPENAI
  const parsed = parseStrictUrl(provider.baseUrl.replace(/\/$/, '') + dialect.path)
  if (!parsed.ok || parsed.url.query !== undefined) {
    throw new AosError('adapter.bad_config', `the base URL of ${name} is not strict`, { path: ['providers', name] })
  }
  return { provider, dialect, url: parsed.url }
}

/** Providers quote keys that they refuse. */
function withoutKey(call: AdapterCall, message: string): string {
  const key = apiKeyOf(call.params)
  const isLong = key !== undefined && Buffer.byteLength(key) >= SECRET_BYTES_MIN
  return isLong ? makeScrubber([key]).text(message) : message
}

/** Undefined for an absent key and for one that is not resolved. */
function apiKeyOf(params: Value): string | undefined {
  const slot = fieldOf(params, 'api_key')
  return slot === null ? undefined : resolvedText(slot)
}

async function generate(
  options: LlmAdapterOptions,
  providers: ReadonlyMap<string, Endpoint>,
  call: AdapterCall,
): Promise<AdapterResult> {
  const name = textField(call.params, 'provider')
  const endpoint = providers.get(name)
  if (endpoint === undefined) throw new AdapterFailure('provider_unknown', `no provider is called ${name}`)
  const generation = readGeneration(call)
  const generated = await ask(options, endpoint, { call, generation })
  const outputRef = await call.blobs.put(formatAnswer(generated))
  const cents = priceOf(endpoint.provider, generation.model, generated)
  const { promptTokens: prompt, completionTokens: completion } = generated
  const payload = makeRecord({
    output_ref: outputRef,
    token_usage: makeRecord({ prompt, completion }),
    cost_cents: cents,
    provider_id: name,
  })
  const cost = new Map([
    ['calls', 1],
    ['tokens', prompt + completion],
    ['cents', cents],
  ])
  return { status: 'ok', payload, cost }
}

function readGeneration(call: AdapterCall): Generation {
  const { params, grant } = call
  const maxTokens = fieldOf(params, 'max_tokens')
  if (typeof maxTokens !== 'number') throw badParams('max_tokens', 'a nat below 2^53')
  const { tools, choice } = readTools(hashesField(params, 'tool_refs') ?? [], call.blobs)
  const allowed = textsField(grant.params, 'tools_allow')
  const other = tools.find((tool) => allowed?.includes(tool.name) === false)
  if (other !== undefined) throw new AdapterFailure('tool_not_allowed', `the tool ${other.name}`)
  const asked = readChoice(fieldOf(params, 'tool_choice')) ?? readBlobChoice(choice)
  return {
    model: textField(params, 'model'),
    temperature: readTemperature(textField(params, 'temperature')),
    maxTokens,
    messages: readMessages(hashesField(params, 'message_refs') ?? [], call.blobs),
    tools,
    // Without tools there is nothing to choose, and providers refuse to be told.
    choice: tools.length === 0 ? undefined : asked,
  }
}

function readTemperature(text: string): string {
  if (!/^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text)) throw badParams('temperature', 'a finite number')
  return text.replace(/^(-?)0+(?=[0-9])/, '$1')
}

function readChoice(value: Value): ToolChoice | undefined {
  const members = membersOf(value)
  switch (members?.['$tag']) {
    case 'Auto':
      return { kind: 'auto' }
    case 'None':
      return { kind: 'none' }
    case 'Required':
      return { kind: 'required' }
    case 'Tool':
      return { kind: 'tool', name: textField(members['$value'] ?? null, 'name') }
    default:
      return undefined
  }
}

/** `auto`, `none`, `required`, or an object that names a function. */
function readBlobChoice(node: JsonNode | undefined): ToolChoice | undefined {
  if (node === undefined || node === null) return undefined
  if (node === 'auto' || node === 'none' || node === 'required') return { kind: node }
  const named = isJsonObject(node) ? (node.get('function') ?? node) : undefined
  const name = isJsonObject(named) ? named.get('name') : undefined
  if (typeof name === 'string') return { kind: 'tool', name }
  throw new AdapterFailure('message_malformed', 'tool_choice is auto, none, required or names a function')
}

interface Question {
  readonly call: AdapterCall
  readonly generation: Generation
}

/** One request; a redirect is no answer here. */
async function ask(options: LlmAdapterOptions, endpoint: Endpoint, { call, generation }: Question): Promise<Generated> {
  const { provider, dialect, url } = endpoint
  const slot = fieldOf(call.params, 'api_key')
  const apiKey = apiKeyOf(call.params)
  if (slot !== null && apiKey === undefined) throw new AdapterFailure('secret_unresolved', 'the key of the provider')
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new AdapterFailure('bad_header', 'the key of the provider is not printable ASCII')
  }
  const found = await addressesOf(url, options.resolve ?? resolveBySystem, call.signal)
  const addresses = provider.isTrusted === true ? found : allowedAddresses(url, found, undefined)
  if (addresses.length === 0) throw new AdapterFailure('address_not_allowed', 'the provider has no public address')
  const body = dialect.body(generation, { maxTokensField: provider.maxTokensField ?? 'max_tokens' })
  const response = await exchange({
    url,
    addresses,
    method: 'POST',
    headers: new Map([['content-type', 'application/json'], ['user-agent', 'aos'], ...dialect.headers(apiKey)]),
    body: new TextEncoder().encode(formatJson(body)),
    signal: call.signal,
    limits: { ...HTTP_LIMITS, ...(options.bodyBytesMax === undefined ? {} : { bodyBytesMax: options.bodyBytesMax }) },
  })
  if (response.status === 200) return dialect.read(parseAnswer(response.body))
  const said = `${response.status}: ${errorMessage(response.body)}`
  if (response.status === 429) throw new AdapterFailure('rate_limited', said)
  throw new AdapterFailure(response.status >= 500 ? 'provider_unavailable' : 'provider_error', said)
}

/** Whole cents, rounded up. */
function priceOf({ prices }: LlmProvider, model: string, generated: Generated): number {
  const price = prices?.get(model) ?? prices?.get('*')
  if (price === undefined) return 0
  const { promptTokens, completionTokens } = generated
  const micro =
    BigInt(promptTokens) * BigInt(price.promptCents) + BigInt(completionTokens) * BigInt(price.completionCents)
  return Number((micro + 999_999n) / 1_000_000n)
}
