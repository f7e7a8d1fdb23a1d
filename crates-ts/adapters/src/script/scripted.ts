/** Twins: adapters that answer by a script instead of doing anything (spec/13-adapters.md, "Scripts"). */
import { isJsonArray, isJsonNumber, isJsonObject } from '@aos/air'
import type { JsonNode, Value } from '@aos/air'
import { AosError, formatPath, parseHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { AdapterFailure, failureResult, makeFailurePayload } from '../failures.ts'
import { abortable } from '../abortable.ts'
import { paramsToJson, payloadFromJson, typesFor } from '../kind-types.ts'
import type { KindTypes, TypesOf } from '../kind-types.ts'
import type { Adapter, AdapterCall, AdapterResult } from '../port.ts'
import type { Script, ScriptOutcome, ScriptStep } from './parse-script.ts'

/** The twin of the adapter `http` is `http.scripted`. */
export function scriptedId(id: string): string {
  return `${id}.scripted`
}

/** What a twin is and knows. */
export interface ScriptedOptions {
  readonly id: string
  readonly kinds: readonly string[]
  readonly script: Script
  readonly typesOf: TypesOf
}

/** A call as the twin saw it. */
export interface ScriptedCall {
  readonly kind: string
  /** In the sugar lens. */
  readonly params: JsonNode
  readonly intentHash: Hash
  readonly idempotencyKey: string
  readonly attempt: number
  /** Index of the step that answered; undefined when none was left. */
  readonly step: number | undefined
}

/** An adapter that also tells what it was asked. */
export interface ScriptedAdapter extends Adapter {
  /** In the order in which they came. */
  readonly calls: readonly ScriptedCall[]
}

/**
 * The first step that fits a call and has uses left answers it; without one the result is `script_exhausted`. Same script and
 * same calls in the same order, same results. `lookup` tells what this twin answered under the key.
 */
export function makeScripted(options: ScriptedOptions): ScriptedAdapter {
  const { id, kinds, script, typesOf } = options
  const calls: ScriptedCall[] = []
  const uses = script.steps.map(() => 0)
  const results = new Map<string, AdapterResult>()
  const choose = (call: AdapterCall, params: JsonNode): number | undefined => {
    const fits = (step: ScriptStep, at: number): boolean =>
      (uses[at] ?? 0) < step.usesMax &&
      (step.match.kind ?? call.effectKind) === call.effectKind &&
      (step.match.attempt ?? call.attempt) === call.attempt &&
      (step.match.params === undefined || isSubset(step.match.params, params)) &&
      (step.match.contains.length === 0 || hasTexts(step.match.contains, referredTexts(params, call)))
    const at = script.steps.findIndex(fits)
    if (at === -1) return undefined
    uses[at] = (uses[at] ?? 0) + 1
    return at
  }
  return {
    id,
    kinds,
    calls,
    async perform(call) {
      const types = typesFor(typesOf, call.effectKind)
      const params = paramsToJson(types, call.params)
      const step = choose(call, params)
      const { effectKind: kind, intentHash, idempotencyKey, attempt } = call
      calls.push({ kind, params, intentHash, idempotencyKey, attempt, step })
      const chosen = script.steps[step ?? -1]
      if (chosen === undefined) return failureResult('script_exhausted', `no step is left for call ${calls.length}`)
      const result = await playStep(chosen, { script, types, call })
      results.set(idempotencyKey, result)
      return result
    },
    lookup: (key) => Promise.resolve(results.get(key)),
    close: () => Promise.resolve(),
  }
}

interface Scene {
  readonly script: Script
  readonly types: KindTypes
  readonly call: AdapterCall
}

async function playStep({ outcome, delayMs }: ScriptStep, scene: Scene): Promise<AdapterResult> {
  try {
    if (outcome.kind === 'hang') return await abortable(new Promise<never>(() => undefined), scene.call.signal)
    if (delayMs > 0) await waitFor(delayMs, scene.call.signal)
  } catch (error) {
    if (error instanceof AdapterFailure) return failureResult(error.code, error.message, new Map([['calls', 1]]))
    throw error
  }
  return resultOf(outcome, scene)
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await abortable(elapsed, signal).finally(() => {
    clearTimeout(timer)
  })
}

async function resultOf(
  outcome: Exclude<ScriptOutcome, { kind: 'hang' }>,
  { script, types, call }: Scene,
): Promise<AdapterResult> {
  const once = new Map([['calls', 1]])
  if (outcome.kind === 'unknown') {
    return { status: 'unknown', payload: makeFailurePayload('unknown', 'the script says so'), cost: once }
  }
  if (outcome.kind === 'fail') {
    const { code, message, retryable } = outcome
    return { status: 'error', payload: makeFailurePayload(code, message), cost: once, retryable }
  }
  const { status, cost, retryable } = outcome
  const payload = await readPayload(outcome.payload, { status, script, types, call })
  return { status, payload, cost, retryable }
}

async function readPayload(
  node: JsonNode,
  { status, script, types, call }: Scene & { readonly status: AdapterResult['status'] },
): Promise<Value> {
  const hashes = new Map<string, Hash>()
  for (const name of blobNames(node)) {
    const bytes = script.blobs.get(name)
    if (bytes === undefined)
      throw new AosError('adapter.bad_script', `there is no blob ${name}`, { path: ['blobs', name] })
    hashes.set(name, await call.blobs.put(bytes))
  }
  const read = payloadFromJson(types, status, putHashes(node, hashes))
  if (read.ok) return read.value
  const [issue] = read.issues
  const where = issue === undefined ? '' : ` at ${formatPath(issue.path)}: ${issue.message}`
  throw new AosError('adapter.bad_script', `a payload is not of its schema${where}`)
}

const BLOB_REFERENCE = '@blob:'

function blobNames(node: JsonNode): readonly string[] {
  if (typeof node === 'string') return node.startsWith(BLOB_REFERENCE) ? [node.slice(BLOB_REFERENCE.length)] : []
  if (isJsonArray(node)) return node.flatMap(blobNames)
  return isJsonObject(node) ? [...node.values()].flatMap(blobNames) : []
}

function putHashes(node: JsonNode, hashes: ReadonlyMap<string, Hash>): JsonNode {
  if (typeof node === 'string') return hashes.get(node.slice(BLOB_REFERENCE.length)) ?? node
  if (isJsonArray(node)) return node.map((item) => putHashes(item, hashes))
  if (!isJsonObject(node)) return node
  return new Map([...node].map(([name, item]) => [name, putHashes(item, hashes)]))
}

/** Of every content that is there and that a hash in the parameters names. */
function referredTexts(params: JsonNode, { blobs }: AdapterCall): readonly string[] {
  return hashesIn(params).flatMap((hash) => {
    const bytes = blobs.get(hash)
    return bytes === undefined ? [] : [Buffer.from(bytes).toString('utf8')]
  })
}

function hashesIn(node: JsonNode): readonly Hash[] {
  if (typeof node === 'string') return isHashText(node) ? [parseHash(node)] : []
  if (isJsonArray(node)) return node.flatMap(hashesIn)
  return isJsonObject(node) ? [...node.values()].flatMap(hashesIn) : []
}

function isHashText(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}

function hasTexts(wanted: readonly string[], texts: readonly string[]): boolean {
  return wanted.every((part) => texts.some((text) => text.includes(part)))
}

/** Members of objects that are given must fit; everything else must be the same, numbers by their text. */
function isSubset(pattern: JsonNode, node: JsonNode): boolean {
  if (isJsonObject(pattern)) {
    return isJsonObject(node) && [...pattern].every(([name, item]) => isSubset(item, node.get(name) ?? null))
  }
  if (isJsonArray(pattern)) {
    return (
      isJsonArray(node) &&
      node.length === pattern.length &&
      pattern.every((item, at) => isSubset(item, node[at] ?? null))
    )
  }
  if (isJsonNumber(pattern)) return isJsonNumber(node) && node.text === pattern.text
  return pattern === node
}
