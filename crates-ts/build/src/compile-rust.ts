/** Rust to WebAssembly, with the cargo that is there. */
import { AosError } from '@aos/cbor'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CompiledGuest } from './compile-guest.ts'
import { keepFunctionNames } from './name-section.ts'

/** A crate that is a `cdylib`. */
export interface RustSources {
  /** How messages call the folder. */
  readonly name: string
  /** The folder, with Cargo.toml. */
  readonly folder: string
  /** Where cargo keeps what it builds. */
  readonly targetDir: string
}

const TARGET = 'wasm32-unknown-unknown'
const MESSAGE_CHARS_MAX = 4000

const INSTALL = `install Rust and \`rustup target add ${TARGET}\`, or Debian's packages cargo and libstd-rust-dev-wasm32`

/** What stands in the way of building Rust here, or undefined. */
export function whyNoRust(): string | undefined {
  const cargo = spawnSync('cargo', ['--version'], { encoding: 'utf8' })
  if (cargo.status !== 0) return 'there is no cargo'
  const root = spawnSync('rustc', ['--print', 'sysroot'], { encoding: 'utf8' }).stdout.trim()
  if (!existsSync(join(root, 'lib', 'rustlib', TARGET))) return `the target ${TARGET} is not installed`
  return undefined
}

/**
 * Runs cargo, which decides itself what has changed. Throws `build.tool_missing`, and `build.compile_failed` with what the
 * compiler said.
 */
export function compileRust({ name, folder, targetDir }: RustSources): Promise<CompiledGuest> {
  const missing = whyNoRust()
  if (missing !== undefined) {
    throw new AosError('build.tool_missing', `${name} cannot be built: ${missing}`, { hint: INSTALL })
  }
  const flags = [
    '--release',
    '--target',
    TARGET,
    '--target-dir',
    targetDir,
    '--message-format',
    'json-render-diagnostics',
  ]
  const { status, stdout, stderr } = spawnSync('cargo', ['build', ...flags], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) {
    const said = stderr.trim().slice(0, MESSAGE_CHARS_MAX)
    throw new AosError('build.compile_failed', `${name} does not compile:\n${said}`, { details: { name } })
  }
  const wasm = stdout.split('\n').flatMap(wasmOf).at(-1)
  if (wasm === undefined) {
    throw new AosError('build.bad_sources', `${name} makes no WebAssembly module`, {
      hint: 'its Cargo.toml needs [lib] with crate-type = ["cdylib"]',
    })
  }
  return Promise.resolve({ wasm: keepFunctionNames(readFileSync(wasm)), sourceMap: '', warnings: [] })
}

/** Module files in one of the lines that cargo prints. */
function wasmOf(line: string): readonly string[] {
  if (!line.startsWith('{')) return []
  // What cargo writes: other messages have no file names.
  const { filenames = [] } = JSON.parse(line) as { readonly filenames?: readonly string[] }
  return filenames.filter((file) => file.endsWith('.wasm'))
}
