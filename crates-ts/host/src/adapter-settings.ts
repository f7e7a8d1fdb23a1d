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

/** Empty when aos.json says nothing. */
export interface AdapterSettings {
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly drivers: readonly DriverSettings[]
}

/** Throws `host.bad_config`. */
export function readAdapterSettings(file: string, given: unknown = {}): AdapterSettings {
  if (!isRecord(given)) throw badConfig(file, ['adapters'], 'expected an object')
  refuseOthers(file, given, ['providers', 'drivers'], ['adapters'])
  const { providers = {}, drivers = [] } = given
  if (!isRecord(providers)) throw badConfig(file, ['adapters', 'providers'], 'expected an object')
  if (!Array.isArray(drivers)) throw badConfig(file, ['adapters', 'drivers'], 'expected a list')
  return {
    providers: new Map(Object.entries(providers).map(([name, provider]) => [name, readProvider(file, name, provider)])),
    drivers: drivers.map((driver: unknown, index) => readDriver(file, String(index), driver)),
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
  const texts = (member: string, least: number): readonly string[] => {
    const value = given[member] ?? []
    const isTexts = Array.isArray(value) && value.length >= least && value.every((item) => typeof item === 'string')
    if (isTexts) return value.map(String)
    throw badConfig(file, [...path, member], least === 0 ? 'expected texts' : 'expected one text at least')
  }
  return { id, kinds: texts('kinds', 1), command: texts('command', 1), environment: texts('environment', 0) }
}
