/** Messages as Anthropic serves them (spec/13-adapters.md, "Models"). */
import { formatJson, isJsonArray, isJsonObject, jsonInteger, parseJson } from '@aos/air'
import type { JsonNode, JsonObject } from '@aos/air'
import { AdapterFailure } from '../failures.ts'
import { badAnswer, tokensOf } from './answer.ts'
import type { Message, MessagePart, Tool, ToolCall } from './conversation.ts'
import type { Dialect, Generated, ToolChoice } from './dialect.ts'

export const ANTHROPIC: Dialect = {
  path: '/messages',
  headers: (apiKey) =>
    new Map([
      ['anthropic-version', '2023-06-01'] as const,
      ...(apiKey === undefined ? [] : [['x-api-key', apiKey] as const]),
    ]),
  body(generation) {
    const isSystem = ({ role }: Message): boolean => role === 'system' || role === 'developer'
    const system = generation.messages.filter(isSystem).map(textOf)
    const body = new Map<string, JsonNode>([
      ['model', generation.model],
      ['max_tokens', jsonInteger(generation.maxTokens)],
      ['temperature', { kind: 'number', text: generation.temperature }],
    ])
    if (system.length > 0) body.set('system', system.join('\n\n'))
    body.set('messages', mergeTurns(generation.messages.filter((message) => !isSystem(message))))
    if (generation.tools.length > 0) body.set('tools', generation.tools.map(toolNode))
    if (generation.choice !== undefined) body.set('tool_choice', choiceNode(generation.choice))
    return body
  },
  read: readAnswer,
}

function textOf(message: Message): string {
  return message.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}

/** Turns alternate: what one side says in a row, answers of tools included, is one message. */
function mergeTurns(messages: readonly Message[]): JsonNode {
  const turns: { readonly role: string; readonly blocks: JsonNode[] }[] = []
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const last = turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocksOf(message))
    else turns.push({ role, blocks: blocksOf(message) })
  }
  return turns.map(
    ({ role, blocks }) =>
      new Map<string, JsonNode>([
        ['role', role],
        ['content', blocks],
      ]),
  )
}

function blocksOf(message: Message): JsonNode[] {
  if (message.role === 'tool') {
    const answer = new Map<string, JsonNode>([
      ['type', 'tool_result'],
      ['tool_use_id', message.toolCallId ?? ''],
      ['content', textOf(message)],
    ])
    return [answer]
  }
  // An empty text block is refused by the provider.
  const parts = message.parts.filter((part) => part.kind === 'other' || part.text !== '')
  return [...parts.map(partNode), ...message.toolCalls.map(toolUseNode)]
}

function partNode(part: MessagePart): JsonNode {
  if (part.kind === 'other') return part.node
  return new Map([
    ['type', 'text'],
    ['text', part.text],
  ])
}

function toolUseNode({ id, name, argumentsText }: ToolCall): JsonNode {
  return new Map<string, JsonNode>([
    ['type', 'tool_use'],
    ['id', id],
    ['name', name],
    ['input', readArguments(argumentsText)],
  ])
}

function readArguments(text: string): JsonNode {
  if (text === '') return new Map()
  try {
    return parseJson(text)
  } catch {
    throw new AdapterFailure('message_malformed', 'the arguments of a tool call are no JSON')
  }
}

function toolNode(tool: Tool): JsonNode {
  const node = new Map<string, JsonNode>([['name', tool.name]])
  if (tool.description !== undefined) node.set('description', tool.description)
  node.set('input_schema', tool.parameters)
  return node
}

function choiceNode(choice: ToolChoice): JsonNode {
  if (choice.kind === 'tool') {
    return new Map([
      ['type', 'tool'],
      ['name', choice.name],
    ])
  }
  return new Map([['type', choice.kind === 'required' ? 'any' : choice.kind]])
}

function readAnswer(answer: JsonNode): Generated {
  const content = isJsonObject(answer) ? answer.get('content') : undefined
  if (!isJsonObject(answer) || !isJsonArray(content)) throw badAnswer('there is no content')
  const blocks = content.map((block) => {
    if (!isJsonObject(block)) throw badAnswer('a block is no object')
    return block
  })
  const parts = blocks.flatMap((block): readonly MessagePart[] => {
    const text = block.get('text')
    return block.get('type') === 'text' && typeof text === 'string' ? [{ kind: 'text', text }] : []
  })
  const usage = answer.get('usage')
  return {
    parts,
    toolCalls: blocks.filter((block) => block.get('type') === 'tool_use').map(readToolUse),
    promptTokens:
      tokensOf(usage, 'input_tokens') +
      tokensOf(usage, 'cache_creation_input_tokens') +
      tokensOf(usage, 'cache_read_input_tokens'),
    completionTokens: tokensOf(usage, 'output_tokens'),
  }
}

function readToolUse(block: JsonObject): ToolCall {
  const id = block.get('id')
  const name = block.get('name')
  if (typeof id !== 'string' || typeof name !== 'string') throw badAnswer('a tool use has no id or no name')
  return { id, name, argumentsText: formatJson(block.get('input') ?? new Map()) }
}
