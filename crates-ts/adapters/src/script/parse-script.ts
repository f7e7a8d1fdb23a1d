/** The form of scripts (spec/13-adapters.md, "Scripts"). */
import { formatJson, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import type { ErrorPath } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'
import { JsonFault, readArray, readCost, readFlag, readNat, readObject, readStatus, readText } from '../json-fields.ts'

/** What a scripted adapter answers, step by step. */
export interface Script {
  readonly steps: readonly ScriptStep[]
  /** Content that payloads refer to as `@blob:NAME`. */
  readonly blobs: ReadonlyMap<string, Uint8Array>
}

/** One answer, and the calls that it is for. */
export interface ScriptStep {
  readonly match: ScriptMatch
  /** How many calls it answers; Infinity for `"always"`. */
  readonly usesMax: number
  readonly delayMs: number
  readonly outcome: ScriptOutcome
}

/** Everything that is given must fit; an empty match fits every call. */
export interface ScriptMatch {
  readonly kind: string | undefined
  readonly attempt: number | undefined
  /** A subset of the parameters in the sugar lens. */
  readonly params: JsonNode | undefined
  /** Texts, each of which stands in some content that the parameters refer to. */
  readonly contains: readonly string[]
}

/** `hang` waits until the signal ends the call. */
export type ScriptOutcome =
  | {
      readonly kind: 'result'
      readonly status: ReceiptStatus
      readonly payload: JsonNode
      readonly cost: ReadonlyMap<string, number>
      readonly retryable: boolean
    }
  | { readonly kind: 'fail'; readonly code: string; readonly message: string; readonly retryable: boolean }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'hang' }

const DELAY_MS_MAX = 3_600_000

/** Reads the text of a `scripts/*.json`. Throws `adapter.bad_script` with the path of what is wrong. */
export function parseScript(text: string): Script {
  try {
    const root = readObject(parseJson(text), [], ['steps', 'blobs'])
    const steps = readArray(root.get('steps'), ['steps']).map((node, index) => readStep(node, ['steps', index]))
    const blobs = root.get('blobs')
    const named = blobs === undefined ? [] : [...readObject(blobs, ['blobs'])]
    return { steps, blobs: new Map(named.map(([name, node]) => [name, readBlob(node, ['blobs', name])])) }
  } catch (error) {
    if (error instanceof JsonFault) throw new AosError('adapter.bad_script', error.message, { path: error.path })
    if (isAosError(error)) throw new AosError('adapter.bad_script', error.message, { path: error.path, cause: error })
    throw error
  }
}

const OUTCOMES = ['result', 'fail', 'unknown', 'hang'] as const

function readStep(node: JsonNode, path: ErrorPath): ScriptStep {
  const step = readObject(node, path, ['match', 'repeat', 'delay_ms', ...OUTCOMES])
  const named = OUTCOMES.filter((name) => step.has(name))
  const [name] = named
  if (name === undefined || named.length > 1)
    throw new JsonFault(path, `expected exactly one of ${OUTCOMES.join(', ')}`)
  const repeat = step.get('repeat')
  const delay = step.get('delay_ms')
  const delayMs = delay === undefined ? 0 : readNat(delay, [...path, 'delay_ms'])
  if (delayMs > DELAY_MS_MAX) throw new JsonFault([...path, 'delay_ms'], `expected at most ${DELAY_MS_MAX}`)
  return {
    match: readMatch(step.get('match'), [...path, 'match']),
    usesMax: repeat === undefined ? 1 : repeat === 'always' ? Infinity : readNat(repeat, [...path, 'repeat']),
    delayMs,
    outcome: readOutcome(name, step.get(name), [...path, name]),
  }
}

function readMatch(node: JsonNode | undefined, path: ErrorPath): ScriptMatch {
  const match = readObject(node ?? new Map(), path, ['kind', 'attempt', 'params', 'contains'])
  const kind = match.get('kind')
  const attempt = match.get('attempt')
  return {
    kind: kind === undefined ? undefined : readText(kind, [...path, 'kind']),
    attempt: attempt === undefined ? undefined : readNat(attempt, [...path, 'attempt']),
    params: match.get('params'),
    contains: match.has('contains') ? readTexts(match.get('contains'), [...path, 'contains']) : [],
  }
}

function readTexts(node: JsonNode | undefined, path: ErrorPath): readonly string[] {
  return readArray(node, path).map((item, index) => readText(item, [...path, index]))
}

function readOutcome(name: (typeof OUTCOMES)[number], node: JsonNode | undefined, path: ErrorPath): ScriptOutcome {
  switch (name) {
    case 'result': {
      const result = readObject(node, path, ['status', 'payload', 'cost', 'retryable'])
      return {
        kind: 'result',
        status: result.has('status') ? readStatus(result.get('status'), [...path, 'status']) : 'ok',
        payload: result.get('payload') ?? null,
        cost: readCost(result.get('cost'), [...path, 'cost']),
        retryable: readFlag(result.get('retryable'), [...path, 'retryable']),
      }
    }
    case 'fail': {
      const fail = readObject(node, path, ['code', 'message', 'retryable'])
      const message = fail.get('message')
      return {
        kind: 'fail',
        code: readText(fail.get('code'), [...path, 'code']),
        message: message === undefined ? '' : readText(message, [...path, 'message']),
        retryable: readFlag(fail.get('retryable'), [...path, 'retryable']),
      }
    }
    default:
      if (node !== true) throw new JsonFault(path, 'expected true')
      return { kind: name }
  }
}

function readBlob(node: JsonNode, path: ErrorPath): Uint8Array {
  const blob = readObject(node, path, ['text', 'json', 'base64'])
  const [[name, content] = ['', null]] = blob
  if (blob.size !== 1) throw new JsonFault(path, 'expected exactly one of text, json, base64')
  if (name === 'json') return new TextEncoder().encode(formatJson(content))
  const text = readText(content, [...path, name])
  if (name === 'text') return new TextEncoder().encode(text)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new JsonFault([...path, name], 'expected base64 with padding')
  return new Uint8Array(bytes)
}
