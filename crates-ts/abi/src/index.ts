/** @aos/abi: the envelopes between the kernel and WASM modules (spec/04-abi.md). */
export { ABI_ERRORS } from './errors.ts'
export type { AbiErrorCode } from './errors.ts'
export { ABI_VERSION } from './envelope.ts'
export type { EffectEnvelope, EventEnvelope, PureInput, PureOutput, ReducerInput, ReducerOutput } from './envelope.ts'
export { encodePureInput, encodeReducerInput, writePureInput, writeReducerInput } from './encode-input.ts'
export { encodePureContext, encodeReducerContext, writePureContext, writeReducerContext } from './context.ts'
export type { PureContext, ReducerContext } from './context.ts'
export { decodePureOutput, decodeReducerOutput } from './decode-output.ts'
