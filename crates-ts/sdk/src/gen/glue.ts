/** The text of the glue: the exports of the ABI around the author's one function (spec/04-abi.md). */
import { compositeName, presentText, readText, writeText, isNumeric, typeText } from './expressions.ts'
import type { GuestType } from './guest-type.ts'

export interface ReducerGlueTypes {
  readonly state: GuestType
  readonly event: GuestType
  readonly context: GuestType | undefined
}

export interface PureGlueTypes {
  readonly input: GuestType
  readonly output: GuestType
  readonly context: GuestType | undefined
}

/** What the glue takes from the generated module for one type. */
function importsFor(type: GuestType, direction: 'read' | 'write' | 'both'): readonly string[] {
  if (type.kind === 'scalar') return []
  if (type.kind === 'record' || type.kind === 'variant') return [type.className]
  const name = compositeName(type)
  return [
    ...(direction === 'write' ? [] : [`read$${name}`]),
    ...(direction === 'read' ? [] : [`write$${name}`]),
    ...nestedNames(type),
  ]
}

/** Classes that the text of a composite type mentions. */
function nestedNames(type: GuestType): readonly string[] {
  return [...typeText(type).matchAll(/[A-Za-z_]\w*/g)]
    .map(([name]) => name)
    .filter((name) => !/^(Array|SortedSet|SortedMap|Some|Uint8Array|string|bool|null|i64|u64)$/.test(name))
}

function importLine(names: readonly string[], from: string): readonly string[] {
  const unique = [...new Set(names)].sort((left, right) => (left < right ? -1 : 1))
  return unique.length === 0 ? [] : [`import { ${unique.join(', ')} } from '${from}'`]
}

/** The state as the author sees it: null when the cell does not exist. */
export function stateOf(type: GuestType): GuestType & { kind: 'option' } {
  return type.kind === 'option' ? type : { kind: 'option', inner: type }
}

/** Statements that decode the context, and the argument that hands it over. */
function contextText(context: GuestType | undefined): {
  readonly statements: readonly string[]
  readonly argument: readonly string[]
  readonly names: readonly string[]
} {
  if (context === undefined) return { statements: [], argument: [], names: [] }
  return {
    statements: ['  openContext()', `  const context = ${readText(context)}`],
    argument: ['context'],
    names: importsFor(context, 'read'),
  }
}

export function reducerGlueText(types: ReducerGlueTypes): readonly string[] {
  const state = stateOf(types.state).inner
  const context = contextText(types.context)
  const present = presentText(state)
  return [
    ...importLine([...importsFor(state, 'both'), ...importsFor(types.event, 'read'), ...context.names], './generated'),
    "import * as author from './index'",
    ...SDK_IMPORT,
    '',
    'export function step(target: usize, pointer: usize, size: usize): void {',
    '  openInput(pointer, size)',
    `  let state: ${present} | null = null`,
    `  if (openState()) state = ${isNumeric(state) ? `new ${present}(${readText(state)})` : readText(state)}`,
    '  openEvent()',
    `  const event = ${readText(types.event)}`,
    ...context.statements,
    '  const out = new Output()',
    ...chooseText({ type: `${present} | null`, name: 'next', defined: 'reducer', plain: 'reduce' }, [
      'state',
      'event',
      'out',
      ...context.argument,
    ]),
    '  openOutput()',
    '  if (next === null) {',
    '    writeNull()',
    '  } else {',
    '    const mark = openBytes()',
    `    ${writeText(state, isNumeric(state) ? 'next.value' : 'next')}`,
    '    closeBytes(mark)',
    '  }',
    '  out.encode()',
    '  closeOutput(target)',
    '}',
  ]
}

export function pureGlueText(types: PureGlueTypes): readonly string[] {
  const context = contextText(types.context)
  return [
    ...importLine(
      [...importsFor(types.input, 'read'), ...importsFor(types.output, 'write'), ...context.names],
      './generated',
    ),
    "import * as author from './index'",
    ...SDK_IMPORT,
    '',
    'export function run(target: usize, pointer: usize, size: usize): void {',
    '  openInput(pointer, size)',
    '  openEvent()',
    `  const input = ${readText(types.input)}`,
    ...context.statements,
    ...chooseText({ type: typeText(types.output), name: 'output', defined: 'pure', plain: 'run' }, [
      'input',
      ...context.argument,
    ]),
    '  openPureOutput()',
    '  const mark = openBytes()',
    `  ${writeText(types.output, 'output')}`,
    '  closeBytes(mark)',
    '  closeOutput(target)',
    '}',
  ]
}

/** What the author exports, of two things: the compiler leaves out the call of the one that is not there. */
function chooseText(
  call: { readonly type: string; readonly name: string; readonly defined: string; readonly plain: string },
  operands: readonly string[],
): readonly string[] {
  const given = operands.join(', ')
  return [
    `  const ${call.name}: ${call.type} = isDefined(author.${call.defined})`,
    `    ? author.${call.defined}(${given})`,
    `    : author.${call.plain}(${given})`,
  ]
}

/** What makes the export of the author's function: it does nothing but say what that function must be. */
export function defineReducerText(types: ReducerGlueTypes): readonly string[] {
  const present = presentText(stateOf(types.state).inner)
  const parameters = [`state: ${present} | null`, `event: ${typeText(types.event)}`, 'out: Output']
  if (types.context !== undefined) parameters.push(`context: ${typeText(types.context)}`)
  return defineText('defineReducer', 'reducer', `(${parameters.join(', ')}) => ${present} | null`)
}

/** The same for a pure module. */
export function definePureText(types: PureGlueTypes): readonly string[] {
  const parameters = [`input: ${typeText(types.input)}`]
  if (types.context !== undefined) parameters.push(`context: ${typeText(types.context)}`)
  return defineText('definePure', 'pure', `(${parameters.join(', ')}) => ${typeText(types.output)}`)
}

function defineText(name: string, exported: string, type: string): readonly string[] {
  return [
    `/** Makes what index.ts exports as \`${exported}\`. */`,
    '// @ts-ignore: the compiler has decorators of functions',
    '@inline',
    `export function ${name}(step: ${type}): ${type} {`,
    '  return step',
    '}',
  ]
}

const SDK_IMPORT: readonly string[] = [
  `import {
  Output,
  Some,
  SortedMap,
  SortedSet,
  closeBytes,
  closeOutput,
  openBytes,
  openContext,
  openEvent,
  openInput,
  openOutput,
  openPureOutput,
  openState,
  readBool,
  readBytes,
  readInt,
  readNat,
  readText,
  readUnit,
  writeBool,
  writeBytes,
  writeInt,
  writeNat,
  writeNull,
  writeText,
} from '@aos/sdk'`,
  "export { alloc } from '@aos/sdk'",
]
