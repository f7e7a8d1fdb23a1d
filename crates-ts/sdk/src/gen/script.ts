/** The generator for modules in TypeScript: a module's schemas become types, and the codecs that the glue needs. */
import { AosError } from '@aos/cbor'
import { GENERATED_FILE, GLUE_FILE } from './generate.ts'
import type { GuestRequest } from './generate.ts'
import { modelGuest } from './guest-type.ts'
import type { GuestModel, GuestType } from './guest-type.ts'
import { compareText } from './names.ts'
import { keyText, typeText, typesText, valueText, valuesText } from './script-types.ts'

/** A module in TypeScript, with the schemas of the params of effects. */
export interface ScriptRequest extends GuestRequest {
  /** By kind of effect: the name of the schema of its params. Those that the module declares are used. */
  readonly effectParams: ReadonlyMap<string, string>
}

/**
 * Files that stand beside the author's `index.ts` when it is bundled. The text depends on the module, the schemas it
 * reaches and its effects, on nothing else: definitions with equal hashes give equal texts. Throws `sdk.unknown_schema`, `sdk.recursive_schema`, `sdk.not_a_guest`.
 */
export function generateScript(request: ScriptRequest): ReadonlyMap<string, string> {
  const { name, reducer, pure } = request.module
  const note = `// Generated for ${name} from its schemas. Changes are lost: change the schemas instead.`
  if (reducer === undefined && pure === undefined) {
    throw new AosError('sdk.not_a_guest', `expected the ABI of a reducer or pure module, found none in ${name}`)
  }
  const generated = reducer === undefined ? pureText(request) : reducerText(request)
  return new Map([
    [GENERATED_FILE, joinLines([note, ...generated])],
    [GLUE_FILE, joinLines([note, ...glueText(reducer === undefined ? 'pure' : 'reducer')])],
  ])
}

function joinLines(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function optional(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name]
}

function rootType(model: GuestModel, schema: string): GuestType {
  const type = model.roots.get(schema)
  if (type === undefined)
    throw new AosError('sdk.unknown_schema', `expected the schema ${schema}, found no definition of it`)
  return type
}

function reducerText({ module, schemas, extraSchemas = [], effectParams }: ScriptRequest): readonly string[] {
  const { reducer } = module
  if (reducer === undefined) return []
  const effects = [...new Set(reducer.effectsEmitted)].sort(compareText).flatMap((kind) => {
    const params = effectParams.get(kind)
    return params === undefined ? [] : [[kind, params] as const]
  })
  const roots = [reducer.state, reducer.event, ...optional(reducer.context), ...effects.map(([, schema]) => schema)]
  const model = modelGuest([...roots, ...extraSchemas], schemas)
  const root = (schema: string): GuestType => rootType(model, schema)
  const state = root(reducer.state)
  const held = state.kind === 'option' ? state.inner : state
  const event = root(reducer.event)
  const context = reducer.context === undefined ? undefined : root(reducer.context)
  const raised = [...new Set([reducer.event, ...extraSchemas])].sort(compareText)
  return [
    "import { defineReducer as defineReducerOf } from '@aos/sdk'",
    "import type { Output as $Output, Reduce as $Reduce, Reducer as $Reducer } from '@aos/sdk'",
    "import type { ReducerCodecs as $ReducerCodecs, ValueType as $ValueType } from '@aos/sdk'",
    ...typesText(model),
    '',
    `/** The types of ${module.name}. */`,
    'export interface $Types {',
    `  readonly state: ${typeText(held)}`,
    `  readonly event: ${typeText(event)}`,
    `  readonly context: ${context === undefined ? 'undefined' : typeText(context)}`,
    '  readonly events: {',
    ...raised.map((schema) => `    readonly ${keyText(schema)}: ${typeText(root(schema))}`),
    '  }',
    '  readonly effects: {',
    ...effects.map(([kind, schema]) => `    readonly ${keyText(kind)}: ${typeText(root(schema))}`),
    '  }',
    '}',
    '',
    '/** What a step puts out. */',
    'export type Output = $Output<$Types>',
    '',
    '/** Makes what index.ts exports as `reducer`. */',
    'export const defineReducer: (reduce: $Reduce<$Types>) => $Reducer<$Types> = defineReducerOf<$Types>',
    ...valuesText(model),
    '',
    'export const codecs: $ReducerCodecs = {',
    `  state: ${valueText(held)},`,
    `  event: ${valueText(event)},`,
    `  context: ${context === undefined ? 'undefined' : valueText(context)},`,
    '  events: {',
    ...raised.map((schema) => `    ${keyText(schema)}: ${valueText(root(schema))},`),
    '  },',
    '  effects: {',
    ...effects.map(([kind, schema]) => `    ${keyText(kind)}: ${valueText(root(schema))},`),
    '  },',
    '}',
  ]
}

function pureText({ module, schemas, extraSchemas = [] }: ScriptRequest): readonly string[] {
  const { pure } = module
  if (pure === undefined) return []
  const model = modelGuest([pure.input, pure.output, ...optional(pure.context), ...extraSchemas], schemas)
  const input = rootType(model, pure.input)
  const output = rootType(model, pure.output)
  const context = pure.context === undefined ? undefined : rootType(model, pure.context)
  const texts = [input, output].map(typeText)
  const types = [...texts, context === undefined ? 'undefined' : typeText(context)]
  return [
    "import { definePure as definePureOf } from '@aos/sdk'",
    "import type { Pure as $Pure, ValueType as $ValueType } from '@aos/sdk'",
    ...typesText(model),
    '',
    '/** Makes what index.ts exports as `pure`. */',
    `export const definePure: (run: (input: ${types[0]}, context: ${types[2]}) => ${types[1]}) => $Pure<${types.join(', ')}> =`,
    `  definePureOf<${types.join(', ')}>`,
    ...valuesText(model),
    '',
    'export const codecs: { input: $ValueType; output: $ValueType; context: $ValueType | undefined } = {',
    `  input: ${valueText(input)},`,
    `  output: ${valueText(output)},`,
    `  context: ${context === undefined ? 'undefined' : valueText(context)},`,
    '}',
  ]
}

/** The entry of the bundle: the step stands where the engine looks for it. */
function glueText(kind: 'reducer' | 'pure'): readonly string[] {
  const make = kind === 'reducer' ? 'makeStep' : 'makeRun'
  return [
    `import { guardStep, ${make} } from '@aos/sdk'`,
    "import { codecs } from './generated'",
    `import { ${kind} } from './index'`,
    '',
    `Object.defineProperty(globalThis, '$aos$step', { value: guardStep(${make}(${kind}, codecs)) })`,
  ]
}
