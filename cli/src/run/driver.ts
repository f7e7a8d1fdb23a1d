/** `aos driver test`: does a program perform effects as drivers do? (spec/13-adapters.md) */
import { testDriver } from '@aos/adapters'
import type { DriverSample } from '@aos/adapters'
import { decodeDefinition, isJsonArray, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { hashText, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { loadDefinitions, makeContentReader, nodeSha256 } from '@aos/host'
import type { Definitions, SigningWorld } from '@aos/host'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { readArgumentText } from '../input.ts'
import { makeTypesOf } from '../kind-types.ts'
import { withSigningWorld } from '../world.ts'

/** Exit 0 when every check holds, else 1. The samples are really performed. */
export async function driverTest(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const [program, ...rest] = args.list('--')
  if (program === undefined) throw usage('say which program: aos driver test --kind KIND -- COMMAND…')
  const kinds = args.list('kind')
  if (kinds.length === 0) throw usage('say with --kind what the driver performs')
  const samples = await readSamples(context, args)
  const typesOf = makeTypesOf(await definitionsHere(context, args))
  const stored = new Map<Hash, Uint8Array>()
  const checks = await testDriver({
    command: [program, ...rest],
    kinds,
    cwd: context.cwd,
    environment: definedOnly(context.environment),
    typesOf,
    samples,
    blobs: {
      get: (hash) => stored.get(hash),
      put: (bytes) => {
        const hash = hashText(nodeSha256, bytes)
        stored.set(hash, bytes)
        return Promise.resolve(hash)
      },
    },
  })
  const ok = checks.every((check) => check.ok)
  const { style } = context
  const lines = checks.map(
    (check) =>
      `${check.ok ? style.good('ok  ') : style.bad('fail')}  ${check.check}${check.note === '' ? '' : `: ${check.note}`}`,
  )
  return { data: { ok, checks }, text: lines.join('\n'), exit: ok ? EXIT.ok : EXIT.failed }
}

/** `[{kind, params}]` in the sugar lens. */
async function readSamples(context: CommandContext, args: Arguments): Promise<readonly DriverSample[]> {
  const file = args.optionalText('samples')
  if (file === undefined) return []
  const node = parseJson(await readArgumentText(context, file.startsWith('@') ? file : `@${file}`))
  if (!isJsonArray(node)) throw usage('--samples: expected a list of {kind, params}')
  return node.map((item) => {
    const kind = member(item, 'kind')
    const params = member(item, 'params')
    if (typeof kind === 'string' && params !== undefined) return { kind, params }
    throw usage('--samples: expected a list of {kind, params}')
  })
}

function member(node: JsonNode, name: string): JsonNode | undefined {
  return isJsonObject(node) ? node.get(name) : undefined
}

/** Of the world at hand, so that its own kinds can be tried; without one the built-in kinds are known. */
async function definitionsHere(context: CommandContext, args: Arguments): Promise<Definitions | undefined> {
  try {
    return await withSigningWorld(context, args, async (world) => {
      const { manifestHash } = await world.facts()
      return manifestHash === undefined ? undefined : fetchDefinitions(world, manifestHash)
    })
  } catch (error) {
    if (isAosError(error) && error.code === 'host.no_world') return undefined
    throw error
  }
}

/** Everything that the manifest names is fetched first: a daemon may have it. */
async function fetchDefinitions(world: SigningWorld, manifestHash: Hash): Promise<Definitions> {
  const fetched = new Map<Hash, Uint8Array>()
  const fetch = async (hash: Hash): Promise<Uint8Array | undefined> => {
    const bytes = await world.get(hash)
    if (bytes !== undefined) fetched.set(hash, bytes)
    return bytes
  }
  const bytes = await fetch(manifestHash)
  const manifest = bytes === undefined ? undefined : decodeDefinition(bytes)
  if (manifest?.kind === 'manifest') {
    const { schemas, modules, plans, effects, caps, policies, secrets } = manifest
    for (const { hash } of [schemas, modules, plans, effects, caps, policies, secrets].flat()) await fetch(hash)
  }
  return loadDefinitions(manifestHash, makeContentReader({ content: { get: (hash) => fetched.get(hash) } }))
}

function definedOnly(environment: CommandContext['environment']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
}
