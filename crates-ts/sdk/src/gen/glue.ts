/** The text of the glue: the exports of the ABI around the author's one function (spec/04-abi.md). */
import { compositeName, presentText, readText, writeText, isNumeric, typeText } from './expressions.ts'
import type { GuestType } from './guest-type.ts'

export interface GlueTypes {
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

export function reducerGlueText(types: GlueTypes): readonly string[] {
  const state = stateOf(types.state).inner
  const context = types.context === undefined ? [] : [readText(types.context, 'input.context')]
  const contextNames = types.context === undefined ? [] : importsFor(types.context, 'read')
  const call = ['state', readText(types.event, 'input.event'), 'out', ...context].join(', ')
  const read = readText(state, 'before')
  return [
    ...importLine([...importsFor(state, 'both'), ...importsFor(types.event, 'read'), ...contextNames], './generated'),
    "import { reduce } from './index'",
    "import { Output, ReducerInput, Some, SortedMap, SortedSet, beginOutput, beginValue, finishOutput } from '@aos/sdk'",
    "export { alloc } from '@aos/sdk'",
    '',
    'export function step(target: usize, pointer: usize, size: usize): void {',
    '  const input = new ReducerInput(pointer, size)',
    '  const out = new Output()',
    '  const before = input.state',
    `  let state: ${presentText(state)} | null = null`,
    `  if (before !== null) state = ${isNumeric(state) ? `new ${presentText(state)}(${read})` : read}`,
    `  const next: ${presentText(state)} | null = reduce(${call})`,
    '  const writer = beginOutput()',
    '  if (next === null) {',
    '    writer.none()',
    '  } else {',
    '    const mark = beginValue(writer)',
    `    ${writeText(state, 'writer', isNumeric(state) ? 'next.value' : 'next')}`,
    '    writer.close(mark)',
    '  }',
    '  out.writeTo(writer)',
    '  finishOutput(writer, target)',
    '}',
  ]
}

export function pureGlueText(types: PureGlueTypes): readonly string[] {
  const context = types.context === undefined ? [] : [readText(types.context, 'input.context')]
  const contextNames = types.context === undefined ? [] : importsFor(types.context, 'read')
  const call = [readText(types.input, 'input.input'), ...context].join(', ')
  return [
    ...importLine(
      [...importsFor(types.input, 'read'), ...importsFor(types.output, 'write'), ...contextNames],
      './generated',
    ),
    "import { run as compute } from './index'",
    "import { PureInput, Some, SortedMap, SortedSet, beginPureOutput, beginValue, finishOutput } from '@aos/sdk'",
    "export { alloc } from '@aos/sdk'",
    '',
    'export function run(target: usize, pointer: usize, size: usize): void {',
    '  const input = new PureInput(pointer, size)',
    `  const output: ${typeText(types.output)} = compute(${call})`,
    '  const writer = beginPureOutput()',
    '  const mark = beginValue(writer)',
    `  ${writeText(types.output, 'writer', 'output')}`,
    '  writer.close(mark)',
    '  finishOutput(writer, target)',
    '}',
  ]
}
