/** What `aos module check` shows. */
import type { WasmIssue } from './errors.ts'
import { ENTRIES, entryConvention, type Convention, type Entry } from './module-abi.ts'
import type { ExternKind, ModuleImport } from './module-model.ts'
import { checkModule } from './rewrite-module.ts'

/** What a binary is and why it is refused, if it is; sizes are in bytes. */
export interface ModuleReport {
  readonly ok: boolean
  /** In the order of the module; empty exactly when `ok`. */
  readonly issues: readonly WasmIssue[]
  readonly imports: readonly ModuleImport[]
  readonly exports: readonly { readonly name: string; readonly kind: ExternKind }[]
  /** Entry points of an admitted or refused module with a type that the ABI allows. */
  readonly entries: readonly { readonly name: Entry; readonly convention: Convention }[]
  /** Length of the binary as given. */
  readonly size: number
  /** Size of the rewritten module; undefined when refused. */
  readonly meteredSize: number | undefined
}

/** Admits or says everything that is wrong, as far as the bytes can be read. Never throws for what the bytes are. */
export function inspectModule(bytes: Uint8Array): ModuleReport {
  const { module, issues, rewritten } = checkModule(bytes)
  const entries = ENTRIES.flatMap((name) => {
    const convention = entryConvention(module, name)
    return convention === undefined ? [] : [{ name, convention }]
  })
  return {
    ok: rewritten !== undefined,
    issues,
    imports: module.imports,
    exports: module.exports.map(({ name, kind }) => ({ name, kind })),
    entries,
    size: bytes.length,
    meteredSize: rewritten?.bytes.length,
  }
}
