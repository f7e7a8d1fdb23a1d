/** `adapters` of aos.json: what this host performs beside what is built in (spec/15-control.md, "Adapters of a host"). */
import { badConfig, isRecord, refuseOthers } from './config-file.ts'

/** A service that generates: the dialect it speaks, and its strict base URL. Its key is a secret of the manifest. */
export interface ProviderSettings {
  readonly dialect: 'openai' | 'anthropic'
  readonly baseUrl: string
  /** It may be at an address that is not public. */
  readonly isTrusted: boolean
}

/** A program that performs effects (spec/13-adapters.md). */
export interface DriverSettings {
  readonly id: string
  readonly kinds: readonly string[]
  readonly command: readonly string[]
  /** Names of variables that it is given. */
  readonly environment: readonly string[]
}

/** An adapter that answers by a script and does nothing (spec/13-adapters.md, "Scripts"). */
export interface ScriptedSettings {
  readonly id: string
  readonly kinds: readonly string[]
  /** Path of the script from the world folder. */
  readonly script: string
}

/** Empty when aos.json says nothing. */
export interface AdapterSettings {
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly drivers: readonly DriverSettings[]
  readonly scripts: readonly ScriptedSettings[]
}

/** Throws `host.bad_config`. */
export function readAdapterSettings(file: string, given: unknown = {}): AdapterSettings {
  if (!isRecord(given)) throw badConfig(file, ['adapters'], 'expected an object')
  refuseOthers(file, given, ['providers', 'drivers', 'scripts'], ['adapters'])
  const { providers = {}, drivers = [], scripts = [] } = given
  if (!isRecord(providers)) throw badConfig(file, ['adapters', 'providers'], 'expected an object')
  if (!Array.isArray(drivers)) throw badConfig(file, ['adapters', 'drivers'], 'expected a list')
  if (!Array.isArray(scripts)) throw badConfig(file, ['adapters', 'scripts'], 'expected a list')
  const found = {
    providers: new Map(Object.entries(providers).map(([name, provider]) => [name, readProvider(file, name, provider)])),
    drivers: drivers.map((driver: unknown, index) => readDriver(file, String(index), driver)),
    scripts: scripts.map((script: unknown, index) => readScripted(file, String(index), script)),
  }
  refuseTaken(file, found)
  return found
}

const BUILTIN_ADAPTERS: readonly string[] = ['http', 'blob', 'llm']

/** Of two adapters of one id only one would be asked; a script must not look like the one that acts. */
function refuseTaken(file: string, { drivers, scripts }: Pick<AdapterSettings, 'drivers' | 'scripts'>): void {
  const taken = new Set([...BUILTIN_ADAPTERS, ...drivers.map(({ id }) => id)])
  for (const [index, { id }] of scripts.entries()) {
    if (taken.has(id)) {
      throw badConfig(file, ['adapters', 'scripts', String(index), 'id'], `expected an id of its own, found ${id}`)
    }
    taken.add(id)
  }
}

function readProvider(file: string, name: string, given: unknown): ProviderSettings {
  const path = ['adapters', 'providers', name]
  if (!isRecord(given)) throw badConfig(file, path, 'expected an object')
  refuseOthers(file, given, ['dialect', 'base_url', 'trusted'], path)
  const { dialect, base_url: baseUrl, trusted = false } = given
  if (dialect !== 'openai' && dialect !== 'anthropic') {
    throw badConfig(file, [...path, 'dialect'], 'expected openai or anthropic')
  }
  if (typeof baseUrl !== 'string') throw badConfig(file, [...path, 'base_url'], 'expected a URL')
  if (typeof trusted !== 'boolean') throw badConfig(file, [...path, 'trusted'], 'expected true or false')
  return { dialect, baseUrl, isTrusted: trusted }
}

function readDriver(file: string, index: string, given: unknown): DriverSettings {
  const path = ['adapters', 'drivers', index]
  if (!isRecord(given)) throw badConfig(file, path, 'expected an object')
  refuseOthers(file, given, ['id', 'kinds', 'command', 'environment'], path)
  const { id } = given
  if (typeof id !== 'string' || id === '') throw badConfig(file, [...path, 'id'], 'expected an adapter id')
  const texts = (member: string, least: number): readonly string[] =>
    readTexts(given[member] ?? [], least, (expected) => badConfig(file, [...path, member], expected))
  return { id, kinds: texts('kinds', 1), command: texts('command', 1), environment: texts('environment', 0) }
}

function readScripted(file: string, index: string, given: unknown): ScriptedSettings {
  const path = ['adapters', 'scripts', index]
  if (!isRecord(given)) throw badConfig(file, path, 'expected an object')
  refuseOthers(file, given, ['id', 'kinds', 'script'], path)
  const { id, kinds, script } = given
  if (typeof id !== 'string' || id === '') throw badConfig(file, [...path, 'id'], 'expected an adapter id')
  if (typeof script !== 'string' || script === '') throw badConfig(file, [...path, 'script'], 'expected a file')
  return { id, kinds: readTexts(kinds, 1, (expected) => badConfig(file, [...path, 'kinds'], expected)), script }
}

function readTexts(value: unknown, least: number, refuse: (expected: string) => Error): readonly string[] {
  const isTexts = Array.isArray(value) && value.length >= least && value.every((item) => typeof item === 'string')
  if (isTexts) return value.map(String)
  throw refuse(least === 0 ? 'expected texts' : 'expected one text at least')
}
