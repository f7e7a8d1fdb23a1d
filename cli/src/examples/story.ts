/** `story.json` of an example: who answers its effects, what is sent to it, and how it must end. */
import { AosError } from '@aos/cbor'
import type { LlmPrice, LlmProvider } from '@aos/adapters'
import type { Route } from './local-server.ts'

/** Something that happens to the world. */
export type StoryStep =
  | { readonly kind: 'send'; readonly schema: string; readonly value: string }
  | { readonly kind: 'advance'; readonly toNs: bigint }
  | { readonly kind: 'approve' | 'reject'; readonly effectKind: string }

/** A state that must be part of a cell's. */
export interface StoryEnd {
  readonly reducer: string
  readonly key: string | undefined
  /** JSON. */
  readonly state: unknown
}

export interface Story {
  readonly server: readonly Route[]
  /** Variables that secrets are bound to. None of their values may stand in the world folder. */
  readonly environment: Readonly<Record<string, string>>
  readonly providers: ReadonlyMap<string, LlmProvider>
  readonly steps: readonly StoryStep[]
  readonly end: readonly StoryEnd[]
  /** What the server must have answered, in this order. */
  readonly answered: readonly string[]
}

/** Where the files of an example name the port of its server. */
const PORT_IN_FILES = '18080'

/** A text of an example for the port on which its server really is. */
export function withPort(text: string, port: number): string {
  return text.replaceAll(PORT_IN_FILES, String(port))
}

/** Throws `cli.bad_story` with the path of what is wrong. */
export function parseStory(text: string): Story {
  const root = new Part(JSON.parse(text), [])
  const environment = [...root.members('environment')].map(([name, part]) => [name, part.text()] as const)
  const providers = [...root.members('providers')].map(([name, part]) => [name, readProvider(part)] as const)
  return {
    server: root.items('server').map(readRoute),
    environment: Object.fromEntries(environment),
    providers: new Map(providers),
    steps: root.items('steps').map(readStep),
    end: root.items('end').map((part) => ({
      reducer: part.at('reducer').text(),
      key: part.optional('key')?.text(),
      state: part.at('state').value,
    })),
    answered: root.items('answered').map((part) => part.text()),
  }
}

function readRoute(part: Part): Route {
  return {
    method: part.at('method').text(),
    path: part.at('path').text(),
    status: part.at('status').integer(),
    body: part.optional('body')?.text() ?? '',
    wants: new Map([...part.members('wants')].map(([name, value]) => [name, value.text()])),
    after: part.items('after').map((name) => name.text()),
  }
}

function readProvider(part: Part): LlmProvider {
  const price: LlmPrice = {
    promptCents: part.at('prompt_cents').integer(),
    completionCents: part.at('completion_cents').integer(),
  }
  const dialect = part.at('dialect').text()
  if (dialect !== 'openai' && dialect !== 'anthropic') throw part.at('dialect').bad('openai or anthropic')
  return { dialect, baseUrl: part.at('base_url').text(), isTrusted: true, prices: new Map([['*', price]]) }
}

function readStep(part: Part): StoryStep {
  const send = part.optional('send')
  if (send !== undefined) {
    return { kind: 'send', schema: send.text(), value: JSON.stringify(part.at('value').value) }
  }
  const advance = part.optional('advance_to_ns')
  if (advance !== undefined) return { kind: 'advance', toNs: BigInt(advance.integer()) }
  const approve = part.optional('approve')
  if (approve !== undefined) return { kind: 'approve', effectKind: approve.text() }
  return { kind: 'reject', effectKind: part.at('reject').text() }
}

/** A value of the file and where it stands. */
class Part {
  readonly value: unknown
  readonly #path: readonly (string | number)[]

  constructor(value: unknown, path: readonly (string | number)[]) {
    this.value = value
    this.#path = path
  }

  bad(expected: string): AosError {
    return new AosError('cli.bad_story', `story.json: expected ${expected}`, { path: this.#path })
  }

  text(): string {
    if (typeof this.value === 'string') return this.value
    throw this.bad('a text')
  }

  integer(): number {
    if (Number.isSafeInteger(this.value)) return Number(this.value)
    throw this.bad('an integer')
  }

  optional(name: string): Part | undefined {
    const member = recordOf(this.value)?.[name]
    return member === undefined ? undefined : new Part(member, [...this.#path, name])
  }

  at(name: string): Part {
    return this.optional(name) ?? new Part(undefined, [...this.#path, name])
  }

  /** Of a member that may be absent. */
  items(name: string): readonly Part[] {
    const part = this.optional(name)
    if (part === undefined) return []
    if (!Array.isArray(part.value)) throw part.bad('a list')
    return part.value.map((item: unknown, index) => new Part(item, [...this.#path, name, index]))
  }

  /** Of a member that may be absent. */
  members(name: string): ReadonlyMap<string, Part> {
    const part = this.optional(name)
    if (part === undefined) return new Map()
    const record = recordOf(part.value)
    if (record === undefined) throw part.bad('an object')
    return new Map(Object.keys(record).map((key) => [key, part.at(key)]))
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Readonly<Record<string, unknown>> // an object of JSON
}
