/** The part of the engine's JavaScript interface that this package uses; TypeScript has it only with the DOM library. */

declare const compiledBrand: unique symbol

/** Code that the engine has compiled; it holds no memory and may be instantiated any number of times. */
export interface CompiledModule {
  readonly [compiledBrand]: true
}

interface WebAssemblyInterface {
  validate(bytes: Uint8Array): boolean
  readonly Module: new (bytes: Uint8Array) => CompiledModule
  readonly Instance: new (module: CompiledModule) => { readonly exports: Readonly<Record<string, unknown>> }
  readonly RuntimeError: new () => Error
}

declare const WebAssembly: WebAssemblyInterface

/** The engine behind a narrow face: no imports can be passed. */
export const wasmEngine = {
  validate: (bytes: Uint8Array): boolean => WebAssembly.validate(bytes),
  /** Throws the engine's CompileError. */
  compile: (bytes: Uint8Array): CompiledModule => new WebAssembly.Module(bytes),
  instantiate: (module: CompiledModule): Readonly<Record<string, unknown>> => new WebAssembly.Instance(module).exports,
  /** True for a trap; false for a RangeError (host stack) and everything else. */
  isTrap: (error: unknown): error is Error => error instanceof WebAssembly.RuntimeError,
} as const
