/** Chat completions as OpenAI and many others serve them (spec/13-adapters.md, "Models"). */
import { isJsonArray, isJsonObject, jsonInteger } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { readToolCall, toolCallNode } from './conversation.ts'
import type { Message, MessagePart, Tool } from './conversation.ts'
import type { Dialect, Generated, ToolChoice } from './dialect.ts'
import { badAnswer, tokensOf } from './answer.ts'

export const OPENAI: Dialect = {
  path: '/chat/completions',
  headers: (apiKey) => new Map(apiKey === undefined ? [] : [['authorization', `Bearer ${apiKey}`]]),
  body(generation, { maxTokensField }) {
    const body = new Map<string, JsonNode>([
      ['model', generation.model],
      ['messages', generation.messages.map(messageNode)],
      ['temperature', { kind: 'number', text: generation.temperature }],
      [maxTokensField, jsonInteger(generation.maxTokens)],
    ])
    if (generation.tools.length > 0) body.set('tools', generation.tools.map(toolNode))
    if (generation.choice !== undefined) body.set('tool_choice', choiceNode(generation.choice))
    return body
  },
  read: readAnswer,
}

function messageNode(message: Message): JsonNode {
  const onlyText = message.parts.every(({ kind }) => kind === 'text')
  const text = message.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
  const parts = message.parts.map((part) =>
    part.kind === 'other'
      ? part.node
      : new Map([
          ['type', 'text'],
          ['text', part.text],
        ]),
  )
  const isEmpty = message.parts.length === 0 && message.toolCalls.length > 0
  const node = new Map<string, JsonNode>([
    ['role', message.role],
    ['content', isEmpty ? null : onlyText ? text : parts],
  ])
  if (message.toolCalls.length > 0) node.set('tool_calls', message.toolCalls.map(toolCallNode))
  if (message.toolCallId !== undefined) node.set('tool_call_id', message.toolCallId)
  return node
}

function toolNode(tool: Tool): JsonNode {
  const own = new Map<string, JsonNode>([['name', tool.name]])
  if (tool.description !== undefined) own.set('description', tool.description)
  own.set('parameters', tool.parameters)
  return new Map<string, JsonNode>([
    ['type', 'function'],
    ['function', own],
  ])
}

function choiceNode(choice: ToolChoice): JsonNode {
  if (choice.kind !== 'tool') return choice.kind
  return new Map<string, JsonNode>([
    ['type', 'function'],
    ['function', new Map([['name', choice.name]])],
  ])
}

function readAnswer(answer: JsonNode): Generated {
  const choices = isJsonObject(answer) ? answer.get('choices') : undefined
  const first = isJsonArray(choices) ? choices[0] : undefined
  const message = isJsonObject(first) ? first.get('message') : undefined
  if (!isJsonObject(message) || !isJsonObject(answer)) throw badAnswer('there is no message')
  const content = message.get('content') ?? null
  const calls = message.get('tool_calls') ?? []
  if (!isJsonArray(calls)) throw badAnswer('tool_calls are no array')
  const parts: readonly MessagePart[] = typeof content === 'string' ? [{ kind: 'text', text: content }] : []
  const usage = answer.get('usage')
  return {
    parts,
    toolCalls: calls.map(readToolCall),
    promptTokens: tokensOf(usage, 'prompt_tokens'),
    completionTokens: tokensOf(usage, 'completion_tokens'),
  }
}
