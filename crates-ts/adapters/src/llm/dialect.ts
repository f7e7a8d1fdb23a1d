/** What a provider's interface asks and answers (spec/13-adapters.md, "Models"). */
import type { JsonNode } from '@aos/air'
import type { Message, Tool, ToolCall, MessagePart } from './conversation.ts'

/** Whether a tool may, must or must not be called, or which. */
export type ToolChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'none' }
  | { readonly kind: 'required' }
  | { readonly kind: 'tool'; readonly name: string }

/** One generation, in no dialect. */
export interface Generation {
  readonly model: string
  /** Decimal text. */
  readonly temperature: string
  readonly maxTokens: number
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[]
  readonly choice: ToolChoice | undefined
}

/** What came of it. */
export interface Generated {
  readonly parts: readonly MessagePart[]
  readonly toolCalls: readonly ToolCall[]
  readonly promptTokens: number
  readonly completionTokens: number
}

/** How to speak to one sort of provider. */
export interface Dialect {
  /** Appended to the path of the base URL. */
  readonly path: string
  readonly headers: (apiKey: string | undefined) => ReadonlyMap<string, string>
  readonly body: (generation: Generation, options: DialectOptions) => JsonNode
  /** Throws AdapterFailure `provider_bad_answer`. */
  readonly read: (answer: JsonNode) => Generated
}

/** What differs between providers of one dialect. */
export interface DialectOptions {
  /** Name of the member that bounds the answer. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
}
