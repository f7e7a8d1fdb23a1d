/** A world as those see it who sign for it: open in this process, or held by a daemon (spec/15-control.md, "Verbs"). */
import { AosError, fromHex, hashText, parseHash, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type {
  ApprovalIngress,
  EngineIngress,
  GenesisIngress,
  GovernanceIngress,
  KeyIngress,
  KeyReport,
  ManifestIngress,
} from '@aos/kernel'
import type { ModuleRuntime, Proposal, TurnResult, World } from '@aos/kernel'
import { createModuleRuntime } from '@aos/wasm'
import { inFlightOf } from '../governance/in-flight.ts'
import { HostWorld } from '../host-world.ts'
import { refuseInsideWorld, resolveKeyFolder } from '../keys/key-folder.ts'
import type { KeyEnvironment } from '../keys/key-folder.ts'
import { isRecord } from '../config-file.ts'
import { readSettings } from '../settings.ts'
import { nodeSha256 } from '../sha256.ts'
import type { WorldFolder } from '../world-folder.ts'
import type { ControlClient } from './control-client.ts'
import { formatSignedIngress } from './signed-ingress.ts'

/** What a person signs. Genesis is signed by nobody, and comes from the same side. */
export type SignedIngress =
  GenesisIngress | ManifestIngress | KeyIngress | EngineIngress | ApprovalIngress | GovernanceIngress

/** What a signer must know of the world. */
export interface WorldFacts {
  readonly id: Hash | undefined
  readonly height: number | undefined
  readonly manifestHash: Hash | undefined
  readonly manifestHeight: number
  readonly keysHeight: number
  readonly keys: readonly KeyReport[]
  readonly engineDigest: Hash
  /** What an entry would be stamped with now, as far as the world believes in the clock; never before its logical time. */
  readonly nowNs: bigint
}

/** What a signer must know of a proposal. */
export type ProposalFacts = Pick<
  Proposal,
  'number' | 'status' | 'patch' | 'manifest' | 'base' | 'baseHeight' | 'authority'
> & {
  /** Hash of the newest report of a shadow run; undefined: nobody has reported. */
  readonly report: Hash | undefined
}

/** A proposal by its number, or by the height of the entry that put it up. */
export type WhichProposal = { readonly number: number } | { readonly height: number }

/** Where signed ingress goes. */
export interface SigningWorld {
  readonly folder: WorldFolder
  readonly keyFolder: string
  readonly modules: Pick<ModuleRuntime, 'load'>
  facts(): Promise<WorldFacts>
  /** Open intents whose calls have begun, as far as the process that performs effects knows. */
  inFlight(): Promise<readonly Hash[]>
  /** Throws `gov.unknown_proposal`. */
  proposal(which: WhichProposal): Promise<ProposalFacts>
  /** undefined on a miss. */
  get(hash: Hash): Promise<Uint8Array | undefined>
  /** Durable when it resolves. */
  put(values: readonly Uint8Array[]): Promise<void>
  /** The height of the entry, which is durable; that of the first when it was a duplicate. Throws the refusal. */
  submit(ingress: SignedIngress): Promise<number>
}

/** A world that this process has open, or one that is given as it is. */
export function signingWorldOf(world: HostWorld | SigningWorld): SigningWorld {
  return world instanceof HostWorld ? localSigningWorld(world) : world
}

/** A world that this process has open. */
export function localSigningWorld(host: HostWorld): SigningWorld {
  const { folder, keyFolder, modules } = host
  return {
    folder,
    keyFolder,
    modules,
    facts: async () => factsOf(host),
    inFlight: async () => inFlightOf(host),
    proposal: async (which) => proposalFacts(host.kernel, which),
    get: async (hash) => host.store.content.get(hash),
    put: async (values) => {
      await host.store.content.put(values)
    },
    submit: async (ingress) => needAccepted(await host.send(ingress)),
  }
}

function needAccepted(result: TurnResult): number {
  if (result.kind === 'refused') throw result.error
  return result.height
}

/** What `SigningWorld.facts` says of an open world. */
export function factsOf({ kernel, clock }: Pick<HostWorld, 'kernel' | 'clock'>): WorldFacts {
  const { id, head, manifestHash, manifestHeight, keysHeight, keys, engineDigest, time } = kernel
  const stampedNs = time.clock === 'virtual' ? undefined : clock?.stampedNs
  const nowNs = stampedNs === undefined || stampedNs < time.logicalNowNs ? time.logicalNowNs : stampedNs
  return { id, height: head?.height, manifestHash, manifestHeight, keysHeight, keys, engineDigest, nowNs }
}

/** What `SigningWorld.proposal` says of an open world. Throws `gov.unknown_proposal`. */
export function proposalFacts(kernel: World, which: WhichProposal): ProposalFacts {
  const found =
    'number' in which
      ? kernel.readProposal(which.number)
      : [...kernel.listProposals()].find(({ height }) => height === which.height)
  if (found === undefined) {
    const named = 'number' in which ? `proposal ${which.number}` : `proposal of height ${which.height}`
    throw new AosError('gov.unknown_proposal', `there is no ${named}`, { hint: 'see `aos gov ls`' })
  }
  const { number, status, patch, manifest, base, baseHeight, authority, report } = found
  return { number, status, patch, manifest, base, baseHeight, authority, report: report?.hash }
}

/** A world that a daemon holds. Throws `host.bad_config`, `key.inside_world`. */
export function remoteSigningWorld(
  client: ControlClient,
  folder: WorldFolder,
  environment: KeyEnvironment,
): SigningWorld {
  const keyFolder = resolveKeyFolder(environment, { root: folder.root, keys: readSettings(folder.settingsFile).keys })
  refuseInsideWorld(keyFolder, folder.root)
  const ask = async (verb: string, args: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const answer = await client.ask({ verb, args })
    if (answer.ok) return answer.data
    throw answer.error ?? new AosError('control.failed', 'the daemon gave no reason')
  }
  return {
    folder,
    keyFolder,
    modules: createModuleRuntime({ sha256: nodeSha256 }),
    facts: async () => parseFacts(await ask('world facts', {})),
    inFlight: async () => parseInFlight(await ask('effects in-flight', {})),
    proposal: async (which) => parseProposal(await ask('gov facts', which)),
    get: (hash) => getContent(client, hash),
    put: async (values) => {
      for (const value of values) await putContent(client, value)
    },
    submit: async (ingress) => {
      const data = await ask('submit', { ingress: formatSignedIngress(ingress) })
      if (isRecord(data) && typeof data['height'] === 'number') return data['height']
      throw new AosError('control.failed', 'the daemon gave no height')
    },
  }
}

async function getContent(client: ControlClient, hash: Hash): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  const answer = await client.ask({
    verb: 'blob get',
    args: { hash },
    as: 'text',
    out: (bytes) => {
      chunks.push(bytes)
      return undefined
    },
  })
  return answer.ok ? new Uint8Array(Buffer.concat(chunks)) : undefined
}

async function putContent(client: ControlClient, value: Uint8Array): Promise<void> {
  const answer = await client.ask({ verb: 'blob put', args: { file: '@-' }, input: once(value) })
  const stored = isRecord(answer.data) ? answer.data['hash'] : undefined
  if (stored === hashText(nodeSha256, value)) return
  throw new AosError('control.failed', answer.error?.message ?? 'the daemon stored something else')
}

async function* once(value: Uint8Array): AsyncGenerator<Uint8Array> {
  yield value
}

/** Facts as they go over the socket. */
export function formatFacts(facts: WorldFacts): unknown {
  return {
    world: facts.id ?? null,
    height: facts.height ?? null,
    manifest_hash: facts.manifestHash ?? null,
    manifest_height: facts.manifestHeight,
    keys_height: facts.keysHeight,
    engine_digest: facts.engineDigest,
    keys: facts.keys.map(({ publicKey, role, kinds, from, revoked }) => ({
      public_key: toHex(publicKey),
      role,
      kinds,
      from,
      ...(revoked === undefined ? {} : { revoked_at: revoked }),
    })),
    now_ns: String(facts.nowNs),
  }
}

function parseFacts(data: unknown): WorldFacts {
  if (!isRecord(data)) throw new AosError('control.failed', 'the daemon gave no facts')
  const hash = (member: string): Hash | undefined => {
    const value = data[member]
    return typeof value === 'string' ? parseHash(value) : undefined
  }
  const engineDigest = hash('engine_digest')
  if (engineDigest === undefined) throw new AosError('control.failed', 'the daemon gave no engine')
  const { height, keys } = data
  return {
    id: hash('world'),
    height: typeof height === 'number' ? height : undefined,
    manifestHash: hash('manifest_hash'),
    manifestHeight: Number(data['manifest_height']),
    keysHeight: Number(data['keys_height']),
    keys: (Array.isArray(keys) ? keys : []).filter(isRecord).map(keyOf),
    engineDigest,
    nowNs: BigInt(String(data['now_ns'])),
  }
}

function parseInFlight(data: unknown): readonly Hash[] {
  const hashes = isRecord(data) ? data['in_flight'] : undefined
  if (!Array.isArray(hashes)) throw new AosError('control.failed', 'the daemon does not say what is in flight')
  return hashes.map((hash) => parseHash(String(hash)))
}

/** As it goes over the socket. */
export function formatProposal(facts: ProposalFacts): unknown {
  const { number, status, patch, manifest, base, baseHeight, authority, report } = facts
  return { number, status, patch, manifest, base, base_height: baseHeight, authority, report: report ?? null }
}

function parseProposal(data: unknown): ProposalFacts {
  if (!isRecord(data)) throw new AosError('control.failed', 'the daemon says nothing of the proposal')
  const { report } = data
  return {
    number: Number(data['number']),
    status: oneOf(data['status'], PROPOSAL_STATUSES),
    patch: parseHash(String(data['patch'])),
    manifest: parseHash(String(data['manifest'])),
    base: parseHash(String(data['base'])),
    baseHeight: Number(data['base_height']),
    authority: oneOf(data['authority'], AUTHORITIES),
    report: typeof report === 'string' ? parseHash(report) : undefined,
  }
}

const PROPOSAL_STATUSES: readonly Proposal['status'][] = ['open', 'rejected', 'withdrawn', 'applied', 'reverted']
const AUTHORITIES: readonly Proposal['authority'][] = ['narrows', 'keeps', 'widens']

function oneOf<T extends string>(value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value)
  if (found !== undefined) return found
  throw new AosError('control.failed', 'the daemon says something else of the proposal')
}

function keyOf(key: Readonly<Record<string, unknown>>): KeyReport {
  const { kinds, revoked_at: revoked } = key
  return {
    publicKey: fromHex(String(key['public_key'])),
    role: String(key['role']),
    kinds: Array.isArray(kinds) ? kinds.map(String) : [],
    from: Number(key['from']),
    revoked: typeof revoked === 'number' ? revoked : undefined,
  }
}
