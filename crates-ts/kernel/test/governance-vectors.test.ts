import { parseDefinitions, parseJson } from '@aos/air'
import type { TypeExpr } from '@aos/air'
import { decode, fromHex, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { governanceStatement, signingBytes } from '@aos/effects'
import type { GovernanceDecision } from '@aos/effects'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFingerprints } from '../src/governance/fingerprint.ts'
import { decodeGovernance, encodeGovernance } from '../src/index.ts'
import type { GovernanceCommand } from '../src/index.ts'
import { nodeSha256 } from './_util.ts'

const FOLDER = join(import.meta.dirname, '../../../spec/vectors/governance')

/** Nanoseconds are texts of digits in the files. */
function read<T>(name: string): T {
  const revive = (key: string, value: unknown): unknown => (key === 'expiresNs' ? BigInt(String(value)) : value)
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8'), revive) as T // the form is stated below
}

interface CommandVector {
  readonly name: string
  readonly command: GovernanceCommand
  readonly hex: string
}

interface BadCommandVector {
  readonly name: string
  readonly hex: string
  readonly code: string
}

interface DecisionVector {
  readonly name: string
  readonly decision: GovernanceDecision
  readonly signed: string
}

interface FingerprintVector {
  readonly name: string
  readonly definitions: readonly { readonly name: string }[]
  readonly fingerprints: Readonly<Record<string, Hash>>
}

const commands = read<{ readonly commands: readonly CommandVector[]; readonly invalid: readonly BadCommandVector[] }>('commands.json') // prettier-ignore

function fieldsOf(hex: string): Parameters<typeof decodeGovernance>[0] {
  const fields = decode(fromHex(hex), { prefix: 'absent' })
  if (fields instanceof Map) return fields
  throw new Error('a command is a map')
}

describe('commands', () => {
  it.each(commands.commands)('$name', ({ command, hex }) => {
    expect(toHex(encodeGovernance(command))).toBe(hex)
    expect(decodeGovernance(fieldsOf(hex))).toEqual(command)
  })

  it.each(commands.invalid)('$name', ({ hex, code }) => {
    expect(() => decodeGovernance(fieldsOf(hex))).toThrow(expect.objectContaining({ code }))
  })
})

it.each(read<{ readonly decisions: readonly DecisionVector[] }>('decisions.json').decisions)(
  'decision: $name',
  ({ decision, signed }) => {
    expect(toHex(signingBytes(nodeSha256, 'gov-approval', governanceStatement(decision)))).toBe(signed)
  },
)

it.each(read<{ readonly sets: readonly FingerprintVector[] }>('fingerprints.json').sets)(
  'fingerprints: $name',
  ({ definitions, fingerprints }) => {
    const parsed = parseDefinitions(parseJson(JSON.stringify(definitions)))
    const schemas = parsed.ok ? parsed.value : []
    const table = new Map(
      schemas.flatMap((each): readonly (readonly [string, TypeExpr])[] =>
        each.kind === 'defschema' ? [[each.name, each.type]] : [],
      ),
    )
    const of = makeFingerprints(nodeSha256, table)
    expect(Object.fromEntries(definitions.map(({ name }) => [name, of(name)]))).toEqual(fingerprints)
  },
)
