/** @aos/adapters: what performs effects, one call at a time (spec/13-adapters.md). */
export type { Adapter, AdapterCall, AdapterResult, BlobAccess, GrantView } from './port.ts'
export { ADAPTERS_ERRORS, type AdaptersErrorCode } from './errors.ts'
export { ADAPTER_FAILURES, FAILURE_TYPE, makeFailurePayload, type AdapterFailureCode } from './failures.ts'
export { URL_CHARACTERS_MAX, parseStrictUrl, type StrictUrl, type StrictUrlResult } from './url.ts'
export { classifyAddress, type AddressClass } from './address.ts'
export { makeHttpAdapter, type HttpAdapterOptions } from './http/http-adapter.ts'
export { HTTP_LIMITS, type HttpLimits } from './http/limits.ts'
export type { ResolveHost } from './http/resolve.ts'
export { makeBlobAdapter, type BlobAdapterOptions } from './blob-adapter.ts'
export { SCRUBBED, SECRET_BYTES_MIN, makeScrubber, type ScrubStream, type Scrubber } from './secret/scrub.ts'
export { makeVaultAdapter, type VaultEntry, type VaultEntryVersion, type VaultPort } from './secret/vault-adapter.ts'
export { callAdapter, type AdapterQuestion } from './guarded.ts'
export type { KindTypes, TypesOf } from './kind-types.ts'
export {
  parseScript,
  type Script,
  type ScriptMatch,
  type ScriptOutcome,
  type ScriptStep,
} from './script/parse-script.ts'
export { makeScripted, scriptedId } from './script/scripted.ts'
export type { ScriptedAdapter, ScriptedCall, ScriptedOptions } from './script/scripted.ts'
export { makeLlmAdapter, type LlmAdapterOptions, type LlmPrice, type LlmProvider } from './llm/llm-adapter.ts'
export { makeProcessAdapter, pickEnvironment, type ProcessAdapterOptions } from './process/process-adapter.ts'
export { PROCESS_LIMITS, type ProcessLimits } from './process/limits.ts'
export { DRIVER_PROTOCOL } from './process/protocol.ts'
export { testDriver } from './process/test-driver.ts'
export type { DriverCheck, DriverSample, TestDriverOptions } from './process/test-driver.ts'
