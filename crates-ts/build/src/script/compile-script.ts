/** A bundled script to WebAssembly: the engine with the script loaded (docs/decisions/0020-scripts-run-from-a-snapshot.md). */
import { AosError } from '@aos/cbor'
import { decodeScriptMap, formatPosition } from '@aos/wasm'
import { createHash } from 'node:crypto'
import type { CompiledGuest } from '../compile-guest.ts'
import { engineVersion, readEngine } from '../quickjs/engine.ts'
import { ScriptThrew, snapshotScript } from '../quickjs/snapshot.ts'
import { isForeign } from './bundle-script.ts'
import type { ScriptBundle } from './bundle-script.ts'

/** Raised when this package makes other bytes of the same script and the same engine. */
const BUILDER_VERSION = 1

/** 64 hexadecimal digits over everything the bytes of the module depend on. */
export function scriptKey(bundle: ScriptBundle): string {
  return createHash('sha256')
    .update(`script ${BUILDER_VERSION} ${engineVersion()} ${Buffer.byteLength(bundle.script)}:${bundle.script}`)
    .digest('hex')
}

/**
 * Runs the script's top level and keeps what came of it; equal scripts give equal bytes. Takes about a second. Throws
 * `build.script_failed` for a script that throws, does not come to an end or needs too much memory, and
 * `build.engine_mismatch`.
 */
export function compileScript(bundle: ScriptBundle): CompiledGuest {
  const { name, map, warnings } = bundle
  try {
    const { wasm, noteAddress } = snapshotScript(readEngine(), name, bundle.script)
    const sourceMap = JSON.stringify({
      version: 3,
      file: `sha256:${createHash('sha256').update(wasm).digest('hex')}`,
      sources: map.sources,
      names: [],
      // The first line is the prelude.
      mappings: `;${map.mappings}`,
      ignoreList: map.sources.flatMap((source, index) => (isForeign(source) ? [index] : [])),
      // Where a call leaves the text of what was thrown, as pointer and length: positions in it are those of the script.
      x_aos_note: noteAddress,
    })
    return { wasm, sourceMap, warnings }
  } catch (error) {
    if (!(error instanceof ScriptThrew)) throw error
    throw new AosError(
      'build.script_failed',
      `${name} throws when it is loaded: ${error.message}${placeOf(bundle, error.stack)}`,
    )
  }
}

/** The innermost place, and the innermost one that the author wrote. */
function placeOf({ map }: ScriptBundle, stack: string): string {
  const positions = decodeScriptMap(JSON.stringify({ version: 3, ...map }))
  const places = [...stack.matchAll(/bundle\.js:(\d+):(\d+)/g)].flatMap((match) => {
    // The first line is the prelude.
    const position = positions?.find(Number(match[1]) - 1, Number(match[2]))
    return position === undefined ? [] : [position]
  })
  const own = places.find(({ source }) => !isForeign(source))
  const shown = [places[0], own].flatMap((place) => (place === undefined ? [] : [formatPosition(place)]))
  return shown.length === 0 ? '' : ` (${[...new Set(shown)].join(', called from ')})`
}
