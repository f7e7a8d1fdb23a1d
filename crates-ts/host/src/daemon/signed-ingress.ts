/** Signed ingress as it goes over the control socket, and its check (spec/15-control.md, "Verbs"). */
import { isJsonArray, isJsonObject } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { decode, formatHash, fromHex, hashBytes, parseHash, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { Approval } from '@aos/effects'
import { decodeGovernance, encodeGovernance, encodeKeyChange, encodeSetEngine, encodeSetManifest } from '@aos/kernel'
import type { GovernanceCommand, VerifiedSignature } from '@aos/kernel'
import type { HostWorld } from '../host-world.ts'
import { checkApproval } from '../keys/approval.ts'
import { checkGovernance } from '../keys/governance-command.ts'
import { needKnownKey } from '../keys/known-key.ts'
import { checkRequest } from '../keys/request.ts'
import { localPrincipal } from '../principal.ts'
import { badMessage } from './messages.ts'
import type { SignedIngress } from './signing-world.ts'

/** As an object of texts, numbers and lists. */
export function formatSignedIngress(ingress: SignedIngress): Readonly<Record<string, unknown>> {
  if (ingress.kind === 'genesis') {
    const { kind, nonce, clock, entropy, ownerKeys, hostKeys, engine } = ingress
    return {
      kind,
      nonce: toHex(nonce),
      clock,
      entropy,
      owner_keys: ownerKeys.map(toHex),
      host_keys: hostKeys.map(toHex),
      engine,
    }
  }
  const [auth] = ingress.auth
  const signature = auth === undefined ? undefined : { key_id: toHex(auth.keyId), signature: toHex(auth.signature) }
  return { kind: ingress.kind, ...commandOf(ingress), signature }
}

function commandOf(ingress: Exclude<SignedIngress, { readonly kind: 'genesis' }>): Readonly<Record<string, unknown>> {
  switch (ingress.kind) {
    case 'manifest': {
      const { manifest, base, baseHeight, message, blobs } = ingress
      return { manifest, base, base_height: baseHeight, message, blobs }
    }
    case 'key': {
      const { change, publicKey, role, kinds, baseHeight } = ingress
      return { change, public_key: toHex(publicKey), role, kinds, base_height: baseHeight }
    }
    case 'engine':
      return { engine: ingress.engine }
    case 'governance':
      return { command: toHex(encodeGovernance(ingress.command)), blobs: ingress.blobs }
    case 'approval': {
      const { intentHash, manifest, decision, expiresNs } = ingress.approval
      const hashes = { intent_hash: formatHash(intentHash), manifest_hash: formatHash(manifest) }
      return { ...hashes, decision, expires_ns: String(expiresNs) }
    }
  }
}

/** Throws `control.bad_message`, and `host.signature` when a key of the world did not sign what is said. */
export function readSignedIngress(host: HostWorld, node: JsonNode | undefined): SignedIngress {
  const fields = new Fields(node)
  switch (fields.oneOf('kind', ['genesis', 'manifest', 'key', 'engine', 'approval', 'governance'])) {
    case 'genesis': {
      const engine = fields.optional('engine')
      return {
        kind: 'genesis',
        principal: localPrincipal(),
        nonce: fields.hex('nonce'),
        clock: fields.oneOf('clock', ['real', 'virtual']),
        entropy: fields.oneOf('entropy', ['os', 'seeded']),
        ownerKeys: fields.texts('owner_keys').map(hexOf),
        hostKeys: fields.texts('host_keys').map(hexOf),
        ...(engine === undefined ? {} : { engine: parseHash(engine) }),
      }
    }
    case 'manifest': {
      const message = fields.optional('message')
      const command = {
        manifest: fields.hash('manifest'),
        base: fields.hash('base'),
        baseHeight: fields.whole('base_height'),
        ...(message === undefined ? {} : { message }),
      }
      const signed = verifyRequest(host, fields, encodeSetManifest(command))
      return { kind: 'manifest', ...signed, ...command, blobs: fields.texts('blobs').map(parseHash) }
    }
    case 'key': {
      const kinds = fields.has('kinds') ? { kinds: fields.texts('kinds') } : {}
      const command = {
        change: fields.oneOf('change', ['register', 'revoke']),
        publicKey: fields.hex('public_key'),
        role: fields.text('role'),
        ...kinds,
        baseHeight: fields.whole('base_height'),
      }
      return { kind: 'key', ...verifyRequest(host, fields, encodeKeyChange(command)), ...command }
    }
    case 'engine': {
      const command = { engine: fields.hash('engine') }
      return { kind: 'engine', ...verifyRequest(host, fields, encodeSetEngine(command)), ...command }
    }
    case 'approval': {
      const approval: Approval = {
        world: host.id,
        intentHash: hashBytes(fields.hash('intent_hash')),
        manifest: hashBytes(fields.hash('manifest_hash')),
        decision: fields.oneOf('decision', ['approve', 'reject']),
        expiresNs: BigInt(fields.digits('expires_ns')),
      }
      const { publicKey, given, principal } = signatureOf(host, fields)
      checkApproval(publicKey, approval, given)
      return { kind: 'approval', principal, approval, auth: [given] }
    }
    case 'governance': {
      const command = readGovernance(fields.hex('command'))
      const { publicKey, given, principal } = signatureOf(host, fields)
      checkGovernance(publicKey, { world: host.id, command }, given)
      return { kind: 'governance', principal, command, blobs: fields.texts('blobs').map(parseHash), auth: [given] }
    }
  }
}

interface Signed {
  readonly principal: string
  readonly auth: readonly VerifiedSignature[]
}

/** A review has no signature, so it does not come from outside. */
function readGovernance(bytes: Uint8Array): GovernanceCommand {
  const fields = decode(bytes, { prefix: 'absent' })
  if (!(fields instanceof Map)) throw badMessage('ingress: command: expected a map')
  const command = decodeGovernance(fields)
  if (command.op === 'review') throw badMessage("ingress: command: a review is the host's")
  return command
}

function verifyRequest(host: HostWorld, fields: Fields, command: Uint8Array): Signed {
  const { publicKey, given, principal } = signatureOf(host, fields)
  checkRequest(publicKey, { world: host.id, command }, given)
  return { principal, auth: [given] }
}

interface GivenSignature {
  /** Registered, or an approver's. */
  readonly publicKey: Uint8Array
  readonly given: VerifiedSignature
  readonly principal: string
}

/** Throws `host.signature` for a key that nobody of the world has: the kernel takes signatures as verified. */
function signatureOf(host: HostWorld, fields: Fields): GivenSignature {
  const signature = new Fields(fields.node('signature'))
  const given = { keyId: signature.hex('key_id'), signature: signature.hex('signature') }
  return { publicKey: needKnownKey(host, given.keyId), given, principal: `key:${toHex(given.keyId)}` }
}

/** Typed access to the members of an object. Throws `control.bad_message`. */
class Fields {
  readonly #members: ReadonlyMap<string, JsonNode>

  constructor(node: JsonNode | undefined) {
    if (node === undefined || !isJsonObject(node)) throw badMessage('ingress: expected an object')
    this.#members = node
  }

  has(name: string): boolean {
    return this.#members.has(name)
  }

  node(name: string): JsonNode | undefined {
    return this.#members.get(name)
  }

  optional(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined
  }

  text(name: string): string {
    const value = this.#members.get(name)
    if (typeof value === 'string') return value
    throw badMessage(`ingress: ${name}: expected a text`)
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.text(name)
    const found = choices.find((choice) => choice === value)
    if (found !== undefined) return found
    throw badMessage(`ingress: ${name}: expected ${choices.join(', ')}`)
  }

  texts(name: string): readonly string[] {
    const value = this.#members.get(name)
    if (value !== undefined && isJsonArray(value)) {
      return value.map((item) => {
        if (typeof item === 'string') return item
        throw badMessage(`ingress: ${name}: expected texts`)
      })
    }
    throw badMessage(`ingress: ${name}: expected a list`)
  }

  hash(name: string): Hash {
    return parseHash(this.text(name))
  }

  hex(name: string): Uint8Array {
    return hexOf(this.text(name))
  }

  digits(name: string): string {
    const value = this.text(name)
    if (/^[0-9]{1,19}$/.test(value)) return value
    throw badMessage(`ingress: ${name}: expected digits`)
  }

  whole(name: string): number {
    const value = this.#members.get(name)
    const text = typeof value === 'object' && value !== null && 'text' in value ? String(value.text) : ''
    if (/^[0-9]{1,15}$/.test(text)) return Number(text)
    throw badMessage(`ingress: ${name}: expected a whole number`)
  }
}

function hexOf(text: string): Uint8Array {
  if (/^([0-9a-f]{2})*$/.test(text)) return fromHex(text)
  throw badMessage('ingress: expected hexadecimal digits')
}
