/** What goes over the control socket, in both forms (spec/15-control.md, "Messages" and "Framing"). */
import { decode, encode } from '@msgpack/msgpack'
import { formatJson, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AosError } from '@aos/cbor'

/** Members of a message; bytes only in the binary form. */
export type Message = ReadonlyMap<string, JsonNode | Uint8Array>

/** What a daemon says. `json` is text already, so that no digit of a number is lost. */
export type Reply =
  | { readonly kind: 'out' | 'err'; readonly bytes: Uint8Array }
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'end'; readonly ok: boolean; readonly exit: number; readonly json: string | undefined }

/** The longest line, and the longest frame. */
export const MESSAGE_BYTES_MAX: number = 16 * 1024 * 1024
const DEPTH_MAX = 64
const ITEMS_MAX = 100_000

/** One line of JSON without its end. Throws `control.bad_message`. */
export function parseLine(line: string): Message {
  let node: JsonNode
  try {
    node = parseJson(line)
  } catch (cause) {
    throw badMessage(`the line is no JSON: ${cause instanceof Error ? cause.message : ''}`, cause)
  }
  if (isJsonObject(node)) return node
  throw badMessage('expected an object')
}

/** The MessagePack of one frame. Throws `control.bad_message`. */
export function parseFrame(bytes: Uint8Array): Message {
  let value: unknown
  try {
    const bounds = { maxArrayLength: ITEMS_MAX, maxMapLength: ITEMS_MAX, maxExtLength: 0 }
    value = decode(bytes, { ...bounds, useBigInt64: true, maxStrLength: bytes.length, maxBinLength: bytes.length })
  } catch (cause) {
    throw badMessage(`the frame is no MessagePack: ${cause instanceof Error ? cause.message : ''}`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw badMessage('expected a map')
  }
  const members = Object.entries(value).map(([key, member]): [string, JsonNode | Uint8Array] => [
    key,
    member instanceof Uint8Array ? member : nodeOf(member, 1),
  ])
  return new Map(members)
}

function nodeOf(value: unknown, depth: number): JsonNode {
  if (depth > DEPTH_MAX) throw badMessage(`nested deeper than ${DEPTH_MAX}`)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) {
    return { kind: 'number', text: String(value) }
  }
  if (Array.isArray(value)) return value.map((item) => nodeOf(item, depth + 1))
  if (typeof value === 'object' && !(value instanceof Uint8Array) && !(value instanceof Date)) {
    return new Map(Object.entries(value).map(([key, member]) => [key, nodeOf(member, depth + 1)]))
  }
  throw badMessage('expected what JSON has')
}

/** A reply as a line, for people. */
export function replyLine(id: JsonNode, reply: Reply): string {
  const head = `{"id":${formatJson(id)}`
  switch (reply.kind) {
    case 'out':
    case 'err':
      return `${head},"${reply.kind}":${JSON.stringify(new TextDecoder().decode(reply.bytes))}}\n`
    case 'progress':
      return `${head},"progress":${JSON.stringify(reply.line)}}\n`
    case 'end': {
      const what = reply.json === undefined ? '' : `,"${reply.ok ? 'data' : 'error'}":${reply.json}`
      return `${head},"ok":${reply.ok},"exit":${reply.exit}${what}}\n`
    }
  }
}

/** A reply as a frame, for programs. */
export function replyFrame(id: JsonNode, reply: Reply): Uint8Array {
  return makeFrame({ id: plainOf(id), ...replyMembers(reply) })
}

function replyMembers(reply: Reply): Readonly<Record<string, unknown>> {
  switch (reply.kind) {
    case 'out':
    case 'err':
      return { [reply.kind]: reply.bytes }
    case 'progress':
      return { progress: reply.line }
    case 'end': {
      const { ok, exit, json } = reply
      return { ok, exit, ...(json === undefined ? {} : { [ok ? 'data' : 'error']: plainOf(parseJson(json)) }) }
    }
  }
}

/** The length of the message in four bytes, then the message. */
export function makeFrame(members: Readonly<Record<string, unknown>>): Uint8Array {
  const body = encode(members, { useBigInt64: true, ignoreUndefined: true })
  const frame = new Uint8Array(4 + body.length)
  new DataView(frame.buffer).setUint32(0, body.length)
  frame.set(body, 4)
  return frame
}

const INT64_MIN = -(2n ** 63n)
const UINT64_MAX = 2n ** 64n - 1n

/** Whole numbers stay exact; one that MessagePack has no form for stays a text. */
function plainOf(node: JsonNode): unknown {
  if (node === null || typeof node === 'boolean' || typeof node === 'string') return node
  if (isJsonObject(node)) return Object.fromEntries([...node].map(([key, member]) => [key, plainOf(member)]))
  if ('text' in node) return numberOf(node.text)
  return node.map((item) => plainOf(item))
}

function numberOf(text: string): number | bigint | string {
  if (!/^-?[0-9]+$/.test(text)) return Number(text)
  const whole = BigInt(text)
  if (whole < INT64_MIN || whole > UINT64_MAX) return text
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole
}

export function badMessage(message: string, cause?: unknown): AosError {
  return new AosError('control.bad_message', message, { cause, hint: 'see spec/15-control.md' })
}
