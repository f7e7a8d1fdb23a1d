/** spec/vectors/shadow: a world as an archive, and what its proposals come to (spec/24-shadow-report.md). */
import { makeJsonSchemas } from '@aos/air'
import { fromHex, hashText } from '@aos/cbor'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importWorld, nodeSha256, openWorld, runShadow, worldFolderAt } from '../src/index.ts'
import type { HostWorld, ShadowReport } from '../src/index.ts'
import { encodeShadowReport } from '../src/shadow/report-json.ts'

interface ReportVectors {
  /** Base64 of a world archive. */
  readonly archive: string
  readonly cases: readonly ReportCase[]
}

interface ReportCase {
  readonly name: string
  readonly proposal: number
  readonly from?: number
  /** Values in hexadecimal. */
  readonly seeds?: readonly { readonly schema: string; readonly value: string }[]
  readonly bounds?: Readonly<Record<string, number>>
  readonly report: unknown
}

interface ByteVectors {
  readonly valid: readonly {
    readonly name: string
    readonly report: unknown
    readonly text: string
    readonly hash: string
  }[]
  /** A member by its path, and what stands there instead; null: nothing. */
  readonly invalid: readonly {
    readonly name: string
    readonly at: readonly (string | number)[]
    readonly is: unknown
  }[]
}

function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../../spec/vectors/shadow', name), 'utf8')) as T // their shape
}

/** What is for people, other hosts may say otherwise. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name]) => !['message', 'note', 'reason'].includes(name) || !isProse(name, value)) // prettier-ignore
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutProse(inner)]))
}

/** The reason of a stretch is a word. */
function isProse(name: string, value: object): boolean {
  return name !== 'reason' || !('reached' in value)
}

function jsonOf(report: ShadowReport): unknown {
  return JSON.parse(new TextDecoder().decode(encodeShadowReport(report)))
}

function isReport(value: unknown): boolean {
  const document = makeJsonSchemas().find(({ name }) => name === 'shadow-report')
  if (document === undefined) throw new Error('there is no document')
  return document.check(value).length === 0
}

describe('reports of a world', () => {
  const { archive, cases } = readVectors<ReportVectors>('reports.json')
  let folder: string
  let host: HostWorld

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'aos-shadow-vectors-'))
    const file = join(folder, 'world.aosa')
    const environment = { AOS_KEY_DIR: join(folder, 'keys') }
    writeFileSync(file, Buffer.from(archive, 'base64'))
    await importWorld(file, join(folder, 'world'), { environment })
    host = await openWorld(worldFolderAt(join(folder, 'world')), { environment })
  })

  afterAll(async () => {
    await host.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(cases)('$name', async ({ proposal, from, seeds = [], bounds, report }) => {
    const given = seeds.map(({ schema, value }) => ({ schema, value: fromHex(value) }))
    const made = await runShadow({ host, proposal, from, seeds: given, bounds })
    expect(withoutProse(jsonOf(made))).toEqual(report)
    expect(isReport(jsonOf(made))).toBe(true)
  })
})

describe('bytes', () => {
  const { valid, invalid } = readVectors<ByteVectors>('bytes.json')

  it.each(valid)('$name', ({ report, text, hash }) => {
    const bytes = encodeShadowReport(report as ShadowReport) // names of one word or with _ stay as they are
    expect(new TextDecoder().decode(bytes)).toBe(text)
    expect(hashText(nodeSha256, bytes)).toBe(hash)
    expect(isReport(report)).toBe(true)
  })

  it.each(invalid)('not a report: $name', ({ at, is }) => {
    const changed: unknown = JSON.parse(valid[0]?.text ?? '')
    put(changed, at, is)
    expect(isReport(changed)).toBe(false)
  })
})

function put(value: unknown, at: readonly (string | number)[], is: unknown): void {
  const [last = '', ...above] = at.toReversed()
  let place = value as Record<string | number, unknown> // an object or a list of the report
  for (const step of above.toReversed()) place = place[step] as Record<string | number, unknown>
  if (is === null) Reflect.deleteProperty(place, last)
  else place[last] = is
}
