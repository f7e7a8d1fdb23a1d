/** The class generator: a module's schemas become AssemblyScript that the author imports from `./generated`. */
import type { DefModule, SchemaTable } from '@aos/air'
import { AosError } from '@aos/cbor'
import { compositeText, compositesOf } from './composites.ts'
import { Defaults } from './defaults.ts'
import { typeText } from './expressions.ts'
import { definePureText, defineReducerText, pureGlueText, reducerGlueText } from './glue.ts'
import { modelGuest } from './guest-type.ts'
import type { GuestModel, GuestType } from './guest-type.ts'
import { NAMED_CLASS, NAMED_TEXT, recordText } from './record-class.ts'
import { variantText } from './variant-class.ts'

/** A module for which classes are generated, with every schema that its schemas name. */
export interface GuestRequest {
  readonly module: DefModule
  readonly schemas: SchemaTable
  /** Schemas that the module also wants classes of: events that it raises, params of its effects. */
  readonly extraSchemas?: readonly string[]
}

/** The file that the author imports, without its `.ts`. */
export const GENERATED_FILE = 'generated.ts'

/** The compiler's entry: exports `alloc` and `step` or `run`. */
export const GLUE_FILE = 'glue.ts'

/**
 * Files that stand beside the author's `index.ts` when it is compiled, by name. The text depends on the module and
 * the schemas it reaches, on nothing else: definitions with equal hashes give equal texts. Throws `sdk.unknown_schema`, `sdk.recursive_schema`, `sdk.not_a_guest`.
 */
export function generateGuest(request: GuestRequest): ReadonlyMap<string, string> {
  const { module, schemas, extraSchemas = [] } = request
  const { reducer, pure } = module
  if (reducer !== undefined) {
    const roots = [reducer.state, reducer.event, ...(reducer.context === undefined ? [] : [reducer.context])]
    const model = modelGuest([...roots, ...extraSchemas], schemas)
    const context = reducer.context === undefined ? undefined : rootType(model, reducer.context)
    const types = { state: rootType(model, reducer.state), event: rootType(model, reducer.event), context }
    return filesOf(module.name, [...generatedText(model), '', ...defineReducerText(types)], reducerGlueText(types))
  }
  if (pure !== undefined) {
    const roots = [pure.input, pure.output, ...(pure.context === undefined ? [] : [pure.context])]
    const model = modelGuest([...roots, ...extraSchemas], schemas)
    const context = pure.context === undefined ? undefined : rootType(model, pure.context)
    const types = { input: rootType(model, pure.input), output: rootType(model, pure.output), context }
    return filesOf(module.name, [...generatedText(model), '', ...definePureText(types)], pureGlueText(types))
  }
  throw new AosError('sdk.not_a_guest', `expected the ABI of a reducer or pure module, found none in ${module.name}`)
}

function rootType(model: GuestModel, schema: string): GuestType {
  const type = model.roots.get(schema)
  if (type === undefined)
    throw new AosError('sdk.unknown_schema', `expected the schema ${schema}, found no definition of it`)
  return type
}

function filesOf(
  moduleName: string,
  generated: readonly string[],
  glue: readonly string[],
): ReadonlyMap<string, string> {
  const note = `// Generated for ${moduleName} from its schemas. Changes are lost: change the schemas instead.`
  return new Map([
    [GENERATED_FILE, joinLines([note, ...generated])],
    [GLUE_FILE, joinLines([note, ...glue])],
  ])
}

function joinLines(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

const SDK_IMPORT = `import {
  ItemSorter,
  Output,
  Some,
  SortedMap,
  SortedSet,
  matchLiteral,
  matchWord,
  matchWords,
  openPayload,
  openValueBytes,
  openVariant,
  readArray,
  readBool,
  readBytes,
  readInt,
  readMap,
  readNat,
  readNull,
  readText,
  readUnit,
  skipItem,
  skipPayload,
  trapMissingField,
  trapUnknownArm,
  trapWrongArm,
  writeArray,
  writeBool,
  writeBytes,
  writeInt,
  writeMap,
  writeNat,
  writeNull,
  writeText,
  writeWord,
} from '@aos/sdk'
export { Output, Some, SortedMap, SortedSet, encodeTextKey, encodeValue } from '@aos/sdk'`

function generatedText(model: GuestModel): readonly string[] {
  const aliases = model.aliases.flatMap(({ aliasName, schema, type }) => [
    '',
    `/** The schema ${schema}. */`,
    `export type ${aliasName} = ${typeText(type)}`,
  ])
  const defaults = new Defaults(model.classes)
  const classes = model.classes.flatMap((guestClass) => [
    '',
    ...(guestClass.kind === 'record' ? recordText(guestClass, defaults) : variantText(guestClass, defaults)),
  ])
  const composites = compositesOf(model).flatMap((type) => ['', ...compositeText(type)])
  const named = classes.some((line) => line.includes(NAMED_CLASS)) ? ['', ...NAMED_TEXT] : []
  return [SDK_IMPORT, ...named, ...aliases, ...classes, ...composites]
}
