/** Messages and tools as blobs hold them, in one form for every dialect (spec/13-adapters.md, "Messages and tools"). */
import { formatJson, isJsonArray, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode, JsonObject } from '@aos/air'
import type { Hash } from '@aos/cbor'
import { AdapterFailure } from '../failures.ts'
import type { BlobAccess } from '../port.ts'

/** A part of a message. Parts that are no text are passed on to dialects that know them. */
export type MessagePart =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'other'; readonly node: JsonObject }

/** A call that a model asked for. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text, as the model wrote it. */
  readonly argumentsText: string
}

/** One message of any role. */
export interface Message {
  readonly role: string
  readonly parts: readonly MessagePart[]
  readonly toolCalls: readonly ToolCall[]
  /** Of the role `tool`: the call that this answers. */
  readonly toolCallId: string | undefined
}

/** What a model may call. */
export interface Tool {
  readonly name: string
  readonly description: string | undefined
  /** JSON Schema of the arguments. */
  readonly parameters: JsonNode
}

/** Throws AdapterFailure `blob_missing` or `message_malformed`. */
export function readMessages(refs: readonly Hash[], blobs: BlobAccess): readonly Message[] {
  return refs.flatMap((ref) => {
    const { text, node } = readBlob(ref, blobs)
    if (isJsonArray(node)) return node.map(readMessage)
    if (isJsonObject(node)) return [readMessage(node)]
    return [{ role: 'user', parts: [{ kind: 'text', text }], toolCalls: [], toolCallId: undefined }]
  })
}

/** Tools of all blobs, each an array or an object with `tools`, and the last `tool_choice` among them. */
export function readTools(
  refs: readonly Hash[],
  blobs: BlobAccess,
): { readonly tools: readonly Tool[]; readonly choice: JsonNode | undefined } {
  const tools: Tool[] = []
  let choice: JsonNode | undefined
  for (const ref of refs) {
    const { node } = readBlob(ref, blobs)
    const list = isJsonObject(node) ? (node.get('tools') ?? []) : node
    if (!isJsonArray(list)) throw malformed('tools are an array, or an object with tools')
    tools.push(...list.map(readTool))
    if (isJsonObject(node) && node.has('tool_choice')) choice = node.get('tool_choice')
  }
  return { tools, choice }
}

function readBlob(ref: Hash, blobs: BlobAccess): { readonly text: string; readonly node: JsonNode | undefined } {
  const bytes = blobs.get(ref)
  if (bytes === undefined) throw new AdapterFailure('blob_missing', `no bytes have the hash ${ref}`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed('a blob is not UTF-8')
  }
  try {
    return { text, node: parseJson(text) }
  } catch {
    return { text, node: undefined } // a text that is no JSON is what somebody says
  }
}

function malformed(message: string): AdapterFailure {
  return new AdapterFailure('message_malformed', message)
}

function readMessage(node: JsonNode): Message {
  if (!isJsonObject(node)) throw malformed('a message is an object')
  const role = node.get('role')
  if (typeof role !== 'string') throw malformed('a message has a role')
  const calls = node.get('tool_calls') ?? []
  if (!isJsonArray(calls)) throw malformed('tool_calls are an array')
  const toolCallId = node.get('tool_call_id')
  return {
    role,
    parts: readParts(node.get('content') ?? null),
    toolCalls: calls.map(readToolCall),
    toolCallId: typeof toolCallId === 'string' ? toolCallId : undefined,
  }
}

function readParts(content: JsonNode): readonly MessagePart[] {
  if (content === null) return []
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  if (!isJsonArray(content)) throw malformed('content is a text or an array of parts')
  return content.map((part) => {
    if (!isJsonObject(part)) throw malformed('a part of a message is an object')
    const text = part.get('text')
    const isText = ['text', 'input_text', 'output_text'].includes(String(part.get('type')))
    return isText && typeof text === 'string' ? { kind: 'text', text } : { kind: 'other', node: part }
  })
}

/** Throws AdapterFailure `message_malformed` for what is no call of a function. */
export function readToolCall(node: JsonNode): ToolCall {
  const called = isJsonObject(node) ? node.get('function') : undefined
  const id = isJsonObject(node) ? node.get('id') : undefined
  const name = isJsonObject(called) ? called.get('name') : undefined
  if (typeof id !== 'string' || typeof name !== 'string') throw malformed('a tool call has an id and a function name')
  const given = isJsonObject(called) ? called.get('arguments') : undefined
  return { id, name, argumentsText: typeof given === 'string' ? given : formatJson(given ?? new Map()) }
}

function readTool(node: JsonNode): Tool {
  const own = isJsonObject(node) ? (node.get('function') ?? node) : node
  const name = isJsonObject(own) ? own.get('name') : undefined
  if (!isJsonObject(own) || typeof name !== 'string') throw malformed('a tool has a name')
  const description = own.get('description')
  return {
    name,
    description: typeof description === 'string' ? description : undefined,
    parameters: own.get('parameters') ?? own.get('input_schema') ?? new Map([['type', 'object']]),
  }
}

/**
 * The blob of an answer, compact and with sorted keys: `{"content":[{"text":…,"type":"text"}],"role":"assistant"}`, and
 * `tool_calls` when there are any. It can stand among the messages of the next call.
 */
export function formatAnswer(answer: Pick<Message, 'parts' | 'toolCalls'>): Uint8Array {
  const content = answer.parts.map((part) =>
    part.kind === 'other'
      ? part.node
      : new Map([
          ['text', part.text],
          ['type', 'text'],
        ]),
  )
  const message = new Map<string, JsonNode>([
    ['content', content],
    ['role', 'assistant'],
  ])
  if (answer.toolCalls.length > 0) message.set('tool_calls', answer.toolCalls.map(toolCallNode))
  return new TextEncoder().encode(formatJson(message))
}

/** A call in the form that messages have, with sorted keys. */
export function toolCallNode({ id, name, argumentsText }: ToolCall): JsonNode {
  return new Map<string, JsonNode>([
    [
      'function',
      new Map([
        ['arguments', argumentsText],
        ['name', name],
      ]),
    ],
    ['id', id],
    ['type', 'function'],
  ])
}
