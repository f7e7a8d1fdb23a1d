/**
 * JSON Schemas of the files that people write into a world folder (spec/schemas/README.md). They stand in this package
 * because it is the one that has TypeBox; a test holds them to what the host reads.
 */
import { Type, type TSchema } from '@sinclair/typebox'
import { closedObject } from './build.ts'
import type { JsonDocument } from './port.ts'

/** Annotations, and the key by which editors find a schema. */
const FILE_PATTERN = '^(\\$schema|\\$comment|description|x-[\\s\\S]*)$'

/** What a host performs beside what is built in (spec/15-control.md, "Adapters of a host"). */
function adapters(): TSchema {
  const optional = Type.Optional
  const provider = closedObject({
    dialect: Type.Union([Type.Literal('openai'), Type.Literal('anthropic')]),
    base_url: Type.String(),
    trusted: optional(Type.Boolean()),
  })
  const driver = closedObject({
    id: Type.String({ minLength: 1 }),
    kinds: Type.Array(Type.String(), { minItems: 1 }),
    command: Type.Array(Type.String(), { minItems: 1 }),
    environment: optional(Type.Array(Type.String())),
  })
  const providers = Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), provider, { additionalProperties: false })
  const scripted = closedObject({
    id: Type.String({ minLength: 1 }),
    kinds: Type.Array(Type.String(), { minItems: 1 }),
    script: Type.String({ minLength: 1 }),
  })
  return closedObject({
    providers: optional(providers),
    drivers: optional(Type.Array(driver)),
    scripts: optional(Type.Array(scripted)),
  })
}

/** Of `aos.json`, `aos.sync.json` and `aos.worlds.json`. */
export function worldFileDocuments(): readonly JsonDocument[] {
  const optional = Type.Optional
  const seed = Type.String({ pattern: '^[0-9a-f]{64}$' })
  const settings = closedObject(
    {
      version: optional(Type.Literal(1)),
      segment_bytes: optional(Type.Number({ minimum: 65_536, multipleOf: 4096 })),
      cache_bytes: optional(Type.Integer({ minimum: 16_777_216 })),
      recovery_ms: optional(Type.Integer({ minimum: 10 })),
      keys: optional(Type.String()),
      clock: optional(
        closedObject({
          mode: optional(Type.Union([Type.Literal('real'), Type.Literal('virtual')])),
          hold_at_open: optional(Type.Boolean()),
        }),
      ),
      entropy: optional(
        Type.Union([
          closedObject({ mode: optional(Type.Literal('os')), seed: optional(seed) }),
          closedObject({ mode: Type.Literal('seeded'), seed }),
        ]),
      ),
      adapters: optional(adapters()),
    },
    FILE_PATTERN,
  )
  const closed = { additionalProperties: false }
  const language = Type.Union([Type.Literal('assemblyscript'), Type.Literal('typescript'), Type.Literal('rust')])
  const source = closedObject({
    source: Type.String(),
    language: optional(language),
    unreached: optional(Type.Array(Type.String())),
  })
  const anyText = Type.String({ pattern: '^[\\s\\S]*$' })
  const sources = Type.Record(anyText, source, closed)
  const workspace = closedObject({
    ref: Type.String({ pattern: '^[A-Za-z0-9._~-]{1,255}(@[1-9][0-9]{0,14})?(/.*)?$' }),
    dir: optional(Type.String()),
    local_dir: optional(Type.String()),
    ignore: optional(Type.Array(Type.String({ pattern: '^[^\\r\\n]+$' }))),
    annotations: optional(Type.Record(anyText, Type.Record(anyText, Type.Unknown(), closed), closed)),
  })
  const sync = closedObject(
    {
      version: Type.Literal(1),
      air: optional(closedObject({ dir: optional(Type.String()) })),
      modules: optional(sources),
      workspaces: optional(Type.Array(workspace)),
    },
    FILE_PATTERN,
  )
  const whole = (from: number, to?: number): TSchema =>
    optional(Type.Integer({ minimum: from, ...(to === undefined ? {} : { maximum: to }) }))
  const worlds = closedObject(
    {
      version: optional(Type.Literal(1)),
      idle_ms: whole(1, 86_400_000),
      awake_max: whole(1, 1_000_000),
      memory_bytes: whole(67_108_864),
      workers: whole(0, 64),
    },
    FILE_PATTERN,
  )
  return [
    { name: 'aos', title: 'aos.json: settings of the host for one world', schema: settings, parts: {} },
    { name: 'aos-sync', title: 'aos.sync.json: what goes between the folder and the world', schema: sync, parts: {} },
    { name: 'aos-worlds', title: 'aos.worlds.json: settings of a host of many worlds', schema: worlds, parts: {} },
  ]
}
