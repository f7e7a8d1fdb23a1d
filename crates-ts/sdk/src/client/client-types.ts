/** TypeScript types for programs that talk to a world (spec/21-world-files.md, "Client types"). */
import type { DefEffect, DefModule, DefPlan, Manifest, SchemaTable } from '@aos/air'
import { ClassNames, compareText, nameSchemas } from '../gen/names.ts'
import { Lens, isPrintedAsAccepted } from './lens.ts'
import { reachedSchemas } from './reached.ts'

/** The definitions of a world; what it lists and what comes with every world. */
export interface ClientTypesRequest {
  readonly manifest: Manifest
  /** Types by name, built-in ones included. */
  readonly table: SchemaTable
  readonly modules: ReadonlyMap<string, DefModule>
  readonly plans: ReadonlyMap<string, DefPlan>
  /** Listed ones, built-in ones included. */
  readonly effects: ReadonlyMap<string, DefEffect>
}

const HEAD = `/**
 * Values of a world as JSON, as \`aos --json\` prints and takes them: \`X\` is what is printed, \`XInput\` what is accepted.
 * Made by \`aos gen types\`; do not edit.
 */`

const INDEXES = ['Events', 'Reducers', 'Plans', 'Effects'] as const

/** One module without imports. It depends on the definitions alone, and not on their order. */
export function generateClientTypes(request: ClientTypesRequest): string {
  const { table } = request
  const claimed = new ClassNames()
  for (const index of INDEXES) claimed.claim(index)
  const names = nameSchemas([...reachedSchemas(request)], claimed)
  const inputs = new Map([...names].map(([schema, name]) => [schema, claimed.claim(`${name}Input`)]))
  const printed = new Lens({ direction: 'printed', table, names })
  const accepted = new Lens({ direction: 'accepted', table, names: inputs })
  const types = [...names].toSorted(([, left], [, right]) => compareText(left, right))
  const declared = types.flatMap(([schema, name]) => {
    const input = inputs.get(schema) ?? ''
    const both = printed.declare(name, schema)
    const isSame = isPrintedAsAccepted({ kind: 'ref', name: schema }, table)
    const taken = isSame ? `export type ${input} = ${name}` : accepted.declare(input, schema)
    return [`/** \`${schema}\` */\n${both}`, taken]
  })
  const printedOf = (schema: string | undefined): string => names.get(schema ?? '') ?? 'undefined'
  const acceptedOf = (schema: string | undefined): string => inputs.get(schema ?? '') ?? 'undefined'
  return `${[HEAD, ...declared, ...indexes(request, { printedOf, acceptedOf })].join('\n\n')}\n`
}

interface Namings {
  readonly printedOf: (schema: string | undefined) => string
  readonly acceptedOf: (schema: string | undefined) => string
}

function indexes(request: ClientTypesRequest, { printedOf, acceptedOf }: Namings): readonly string[] {
  const { modules, plans, effects } = request
  const events = eventsOf(request).map((name) => [name, { value: printedOf(name), input: acceptedOf(name) }] as const)
  const reducers = [...modules.values()].flatMap(({ name, keySchema, reducer }) => {
    if (reducer === undefined) return []
    const { state, event } = reducer
    const types = { state: printedOf(state), key: printedOf(keySchema), keyInput: acceptedOf(keySchema) }
    return [[name, { ...types, event: printedOf(event) }] as const]
  })
  const starts = [...plans.values()].map(
    ({ name, input, output }) => [name, { input: acceptedOf(input), output: printedOf(output) }] as const,
  )
  const asked = [...effects.values()].map(({ effectKind, paramsSchema, receiptSchema }) => {
    const receipt = { receipt: printedOf(receiptSchema), receiptInput: acceptedOf(receiptSchema) }
    return [effectKind, { params: printedOf(paramsSchema), ...receipt }] as const
  })
  return [
    index('Events', 'What is routed, starts plans or is waited for, by schema.', events),
    index('Reducers', 'Cells by the name of their reducer; `key` is undefined when there is one cell.', reducers),
    index('Plans', 'What starts a plan and what comes of it, by name.', starts),
    index('Effects', 'What adapters are asked and what they answer, by effect kind.', asked),
  ]
}

/** Of the manifest: routed events, those of triggers, and those that plans wait for. */
function eventsOf({ manifest, plans }: ClientTypesRequest): readonly string[] {
  const awaited = [...plans.values()].flatMap(({ steps }) =>
    steps.flatMap((step) => (step.op === 'await_event' ? [step.event] : [])),
  )
  const events = [...manifest.routes, ...manifest.triggers].map(({ event }) => event)
  return [...new Set([...events, ...awaited])]
}

function index(
  name: (typeof INDEXES)[number],
  doc: string,
  entries: readonly (readonly [key: string, types: Readonly<Record<string, string>>])[],
): string {
  const sorted = entries.toSorted(([left], [right]) => compareText(left, right))
  const lines = sorted.map(([key, types]) => {
    const members = Object.entries(types).map(([member, type]) => `readonly ${member}: ${type}`)
    return `  readonly ${JSON.stringify(key)}: { ${members.join('; ')} }`
  })
  return `/** ${doc} */\nexport interface ${name} {${lines.length === 0 ? '' : `\n${lines.join('\n')}\n`}}`
}
