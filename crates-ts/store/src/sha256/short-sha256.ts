/** SHA-256 of short messages without a call out of the engine; the module is written by `module.ts`. */
import { inflateRawSync } from 'node:zlib'
import { HASH_BYTES } from '@aos/cbor'
import { SHA256_MODULE_DEFLATED } from './bytes.ts'
import { MERKLE_SLOTS_AT, NODES_AT, ONE_AT, ONE_DIGEST_AT, SLOT_BYTES } from './places.ts'

interface ModuleExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  pad(at: number, length: number): void
  one(length: number): void
  parents(nodes: number, to: number): void
}

/** The part of the engine's interface that is used here; TypeScript has it only with the DOM library. */
declare const WebAssembly: {
  readonly validate: (bytes: Uint8Array) => boolean
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** The bytes of the module. */
export function sha256ModuleBytes(): Uint8Array {
  return inflateRawSync(Buffer.from(SHA256_MODULE_DEFLATED, 'base64'))
}

/** Leaves of a perfect subtree that `merkleRoot` takes. */
export const SUBTREE_LEAVES = 64
const NODE_PREFIX = 1
const NODE_BYTES = 1 + 2 * HASH_BYTES

/** One instance of the module. Nothing of a message stays behind that a later call would see. */
export class ShortSha256 {
  readonly #exports: ModuleExports
  readonly #memory: Uint8Array
  readonly #digest: Uint8Array
  readonly #root: Uint8Array

  private constructor(exports: ModuleExports) {
    const { buffer } = exports.memory
    this.#exports = exports
    this.#memory = new Uint8Array(buffer)
    this.#digest = new Uint8Array(buffer, ONE_DIGEST_AT, HASH_BYTES)
    this.#root = new Uint8Array(buffer, NODES_AT, HASH_BYTES)
    for (let slot = MERKLE_SLOTS_AT; slot < MERKLE_SLOTS_AT + 4 * SLOT_BYTES; slot += SLOT_BYTES) {
      this.#memory[slot] = NODE_PREFIX
      exports.pad(slot, NODE_BYTES)
    }
  }

  /** undefined where the engine has no vectors; then OpenSSL does it all. */
  static make(): ShortSha256 | undefined {
    const bytes = sha256ModuleBytes()
    if (!WebAssembly.validate(bytes)) return undefined
    // The module is ours and exports these with these types.
    return new ShortSha256(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as ModuleExports)
  }

  /** At most ONE_BYTES_MAX bytes. */
  hashInto(input: Uint8Array, output: Uint8Array, offset: number): void {
    this.#memory.set(input, ONE_AT)
    this.#exports.one(input.length)
    output.set(this.#digest, offset)
  }

  /** The root of the perfect subtree over 64 leaves of a Merkle log (RFC 6962), four nodes at a time. */
  subtreeInto(leaves: Uint8Array, output: Uint8Array, offset: number): void {
    const { one, parents } = this.#exports
    const memory = this.#memory
    memory.set(leaves, NODES_AT)
    for (let count = SUBTREE_LEAVES; count >= 8; count /= 2) {
      for (let done = 0; done < count; done += 8) {
        parents(NODES_AT + HASH_BYTES * done, NODES_AT + (HASH_BYTES / 2) * done)
      }
    }
    for (let count = 4; count >= 2; count /= 2) {
      for (let done = 0; done < count; done += 2) {
        const from = NODES_AT + HASH_BYTES * done
        memory[ONE_AT] = NODE_PREFIX
        memory.set(memory.subarray(from, from + 2 * HASH_BYTES), ONE_AT + 1)
        one(NODE_BYTES)
        memory.set(this.#digest, NODES_AT + (HASH_BYTES / 2) * done)
      }
    }
    output.set(this.#root, offset)
  }
}
