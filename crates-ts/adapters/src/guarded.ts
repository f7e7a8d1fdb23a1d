/** Calling an adapter so that nothing it does can surprise the caller (spec/13-adapters.md, "Adapters"; spec/25-secrets.md, "Scrubbing"). */
import { failureResult } from './failures.ts'
import type { Adapter, AdapterCall, AdapterResult } from './port.ts'
import type { Scrubber } from './secret/scrub.ts'

/** How it is called: the first try, or a question about an earlier one. */
export type AdapterQuestion = 'perform' | 'lookup'

/**
 * The result without secrets: what the adapter stores through the call's blobs is scrubbed before it is hashed, the payload before
 * anybody sees it. What the adapter throws becomes `adapter_fault`; undefined only from a look-up that cannot tell.
 */
export function callAdapter(
  adapter: Adapter,
  call: AdapterCall,
  options: { readonly scrubber: Scrubber; readonly question?: AdapterQuestion },
): Promise<AdapterResult | undefined> {
  const { scrubber } = options
  const guarded = scrubber.isIdle ? call : guard(call, scrubber)
  return options.question === 'lookup' ? lookUp(adapter, guarded, scrubber) : perform(adapter, guarded, scrubber)
}

/** Thousands may be under way at once: this takes half of what an asynchronous function would. */
function perform(adapter: Adapter, call: AdapterCall, scrubber: Scrubber): Promise<AdapterResult> {
  const fault = (error: unknown): AdapterResult => {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no error was thrown'
    return failureResult('adapter_fault', scrubber.text(message), new Map([['calls', 1]]))
  }
  const scrubbed = (result: AdapterResult): AdapterResult => {
    try {
      return scrubResult(scrubber, result)
    } catch (error) {
      return fault(error)
    }
  }
  try {
    return Promise.resolve(adapter.perform(call)).then(scrubbed, fault)
  } catch (error) {
    return Promise.resolve(fault(error))
  }
}

async function lookUp(adapter: Adapter, call: AdapterCall, scrubber: Scrubber): Promise<AdapterResult | undefined> {
  try {
    const found = await adapter.lookup?.(call.idempotencyKey, call)
    return found === undefined ? undefined : scrubResult(scrubber, found)
  } catch {
    return undefined
  }
}

function guard(call: AdapterCall, scrubber: Scrubber): AdapterCall {
  const { effectKind, params, intentHash, idempotencyKey, attempt, grant, blobs, signal } = call
  return {
    effectKind,
    params,
    intentHash,
    idempotencyKey,
    attempt,
    grant,
    blobs: { get: (hash) => blobs.get(hash), put: (bytes) => blobs.put(scrubber.bytes(bytes)) },
    signal,
  }
}

function scrubResult(scrubber: Scrubber, result: AdapterResult): AdapterResult {
  if (scrubber.isIdle) return result
  return { ...result, payload: scrubber.value(result.payload) }
}
