/** Text to binary with every proposal switched on, for fixtures. */
import wabtModule from 'wabt'

const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
}

export interface Assembler {
  assemble(name: string, text: string, options?: { readonly names?: true; readonly invalid?: true }): Uint8Array
}

export async function loadAssembler(): Promise<Assembler> {
  const wabt = await wabtModule()
  return {
    assemble(name, text, options = {}) {
      const module = wabt.parseWat(`${name}.wat`, text, FEATURES)
      try {
        if (options.invalid !== true) module.validate()
        return module.toBinary({ write_debug_names: options.names === true }).buffer
      } finally {
        module.destroy()
      }
    },
  }
}

export interface Disassembler {
  /** The text of a module, for people. */
  disassemble(bytes: Uint8Array): string
}

export async function loadDisassembler(): Promise<Disassembler> {
  const wabt = await wabtModule()
  return {
    disassemble(bytes) {
      const module = wabt.readWasm(bytes, { ...FEATURES, readDebugNames: true })
      try {
        return module.toText({ foldExprs: false, inlineExport: false })
      } finally {
        module.destroy()
      }
    },
  }
}
