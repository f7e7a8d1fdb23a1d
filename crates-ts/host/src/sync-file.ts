/** aos.sync.json: what `aos push` takes from the folder into the world. */
import { existsSync } from 'node:fs'
import { readText } from './files.ts'
import { badConfig, isRecord, parseConfig, refuseOthers } from './config-file.ts'

/** Where a module's bytes come from. Paths are relative to the world folder. */
export interface ModuleSource {
  /** Folder of a guest's sources, with index.ts in it; or a compiled module, whose name ends in .wasm. */
  readonly source: string
}

/** Which folders hold AIR and the sources of modules; paths are relative to the world folder. */
export interface SyncFile {
  /** Folder with AIR JSON. */
  readonly airDir: string
  /** By AIR name of the module. */
  readonly modules: ReadonlyMap<string, ModuleSource>
}

/** A missing file means `air/` and no modules. Throws `host.bad_config`. */
export function readSyncFile(file: string): SyncFile {
  if (!existsSync(file)) return { airDir: 'air', modules: new Map() }
  const record = parseConfig(file, readText(file))
  refuseOthers(file, record, ['version', 'air', 'modules'], [])
  if (record['version'] !== 1) throw badConfig(file, ['version'], 'expected 1')
  return { airDir: readAirDir(file, record['air']), modules: readModules(file, record['modules']) }
}

function readAirDir(file: string, air: unknown): string {
  if (air === undefined) return 'air'
  if (!isRecord(air)) throw badConfig(file, ['air'], 'expected {"dir": FOLDER}')
  refuseOthers(file, air, ['dir'], ['air'])
  const dir = air['dir']
  if (dir === undefined) return 'air'
  if (typeof dir !== 'string') throw badConfig(file, ['air', 'dir'], 'expected a folder')
  return dir
}

function readModules(file: string, modules: unknown): ReadonlyMap<string, ModuleSource> {
  const found = new Map<string, ModuleSource>()
  if (modules === undefined) return found
  if (!isRecord(modules)) throw badConfig(file, ['modules'], 'expected {NAME: {"source": FOLDER or FILE.wasm}}')
  for (const [name, entry] of Object.entries(modules)) {
    const path = ['modules', name]
    if (!isRecord(entry)) throw badConfig(file, path, 'expected {"source": FOLDER or FILE.wasm}')
    refuseOthers(file, entry, ['source'], path)
    const source = entry['source']
    if (typeof source !== 'string') throw badConfig(file, [...path, 'source'], 'expected a folder or a .wasm file')
    found.set(name, { source })
  }
  return found
}
