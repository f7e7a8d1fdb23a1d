/** The SDK of reducers in TypeScript: what `@aos/sdk` is inside of a script. Nothing here needs a host. */
export { makeCodec } from './codec.ts'
export type { Codec, ValueType } from './codec.ts'
export { defineReducer, definePure, guardStep, makeRun, makeStep } from './reducer.ts'
export { bytesOfText, textOfBytes } from './text.ts'
export type { EffectOptions, Output, Pure, Reduce, Reducer, ReducerCodecs, ReducerTypes, Step } from './reducer.ts'
