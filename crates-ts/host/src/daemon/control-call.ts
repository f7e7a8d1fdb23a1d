/** One request under way, as the side that does it sees it (spec/15-control.md, "Messages"). */
import type { Readable, Writable } from 'node:stream'
import type { JsonNode } from '@aos/air'
import { isJsonArray, isJsonObject } from '@aos/air'
import type { Message } from './messages.ts'
import { badMessage } from './messages.ts'

/** In which form the asker wants the result: as data in the last reply, or as what a terminal would show. */
export type ShownAs = 'data' | 'json' | 'text'

/** What a request asks for. */
export interface ControlRequest {
  readonly id: JsonNode
  /** The name of a world, for a host of many. */
  readonly world: string | undefined
  readonly verb: string
  /** Words as on a command line, or positionals and options by name. */
  readonly args: readonly JsonNode[] | ReadonlyMap<string, JsonNode>
  readonly as: ShownAs
  readonly colour: boolean
  readonly quiet: boolean
}

/** A request with its streams. */
export interface ControlCall extends ControlRequest {
  /** What the asker sends after the request. */
  readonly input: Readable
  readonly out: Writable
  readonly err: Writable
  readonly progress: (line: string) => void
  /** Aborted when the asker cancels or goes away, and when the daemon stops. */
  readonly signal: AbortSignal
}

/** How a request ended. `json` is the text of data, or of the error. */
export interface ControlResult {
  readonly ok: boolean
  readonly exit: number
  readonly json: string | undefined
}

/** Does what is asked. Never rejects for what the asker did wrong. */
export type ControlHandler = (call: ControlCall) => Promise<ControlResult>

const SHOWN_AS: readonly string[] = ['data', 'json', 'text']
const MEMBERS: readonly string[] = ['id', 'world', 'verb', 'args', 'as', 'colour', 'quiet']

/** Throws `control.bad_message`. */
export function readRequest(message: Message): ControlRequest {
  for (const member of message.keys()) {
    if (!MEMBERS.includes(member)) throw badMessage(`expected ${MEMBERS.join(', ')}, found ${member}`)
  }
  const verb = message.get('verb')
  if (typeof verb !== 'string') throw badMessage('verb: expected a text')
  const world = message.get('world')
  if (world !== undefined && typeof world !== 'string') throw badMessage('world: expected a text')
  return {
    id: readId(message),
    world,
    verb,
    args: readArgs(message.get('args')),
    as: readShownAs(message.get('as')),
    colour: message.get('colour') === true,
    quiet: message.get('quiet') === true,
  }
}

/** The id of a message: a text or a whole number. Throws `control.bad_message`. */
export function readId(message: Message): JsonNode {
  const id = message.get('id')
  if (typeof id === 'string' && id.length <= ID_LENGTH_MAX) return id
  if (typeof id === 'object' && id !== null && 'kind' in id && /^[0-9]{1,15}$/.test(id.text)) return id
  throw badMessage('id: expected a short text or a whole number')
}

const ID_LENGTH_MAX = 128

function readArgs(args: JsonNode | Uint8Array | undefined): ControlRequest['args'] {
  if (args === undefined || args === null) return []
  if (!(args instanceof Uint8Array) && (isJsonArray(args) || isJsonObject(args))) return args
  throw badMessage('args: expected a list of words or an object')
}

function readShownAs(as: JsonNode | Uint8Array | undefined): ShownAs {
  if (as === undefined) return 'data'
  if (typeof as === 'string' && isShownAs(as)) return as
  throw badMessage(`as: expected ${SHOWN_AS.join(', ')}`)
}

function isShownAs(text: string): text is ShownAs {
  return SHOWN_AS.includes(text)
}
