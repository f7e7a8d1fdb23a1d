import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const FILE = fileURLToPath(new URL('mistakes.ts', import.meta.url))
const CONFIG = fileURLToPath(new URL('../tsconfig.test.json', import.meta.url))
const DIRECTIVE = /^\s*\/\/ @ts-expect-error says (.+)$/

interface Said {
  readonly line: number
  readonly message: string
}

/** What the compiler says of a text in the place of the file. */
function compile(text: string): { readonly said: readonly Said[]; readonly instantiations: number } {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(CONFIG, readFileText).config,
    ts.sys,
    `${CONFIG}/..`,
  )
  const host = ts.createCompilerHost(options)
  const read = host.readFile.bind(host)
  host.readFile = (name) => (name === FILE ? text : read(name))
  const program = ts.createProgram([FILE], { ...options, noErrorTruncation: true }, host)
  const source = program.getSourceFile(FILE)
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  return {
    said: found.map(({ start = 0, messageText }) => ({
      line: source?.getLineAndCharacterOfPosition(start).line ?? -1,
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    })),
    instantiations: program.getInstantiationCount(),
  }
}

function readFileText(name: string): string {
  return readFileSync(name, 'utf8')
}

const text = readFileText(FILE)
const planted = text.split('\n').flatMap((line, index) => {
  const reason = DIRECTIVE.exec(line)?.[1]
  return reason === undefined ? [] : [{ line: index + 1, reason }]
})

test('every mistake is reported where it stands and for what it is, and nothing else is', { timeout: 60_000 }, () => {
  expect(planted.length).toBeGreaterThan(55)
  const { said } = compile(text.replaceAll('// @ts-expect-error says ', '// '))
  for (const { line, reason } of planted) {
    const here = said.filter((each) => each.line === line).map(({ message }) => message)
    expect(here.join('\n'), `line ${line + 1}`).toContain(reason)
  }
  const lines = new Set(planted.map(({ line }) => line))
  expect(said.filter(({ line }) => !lines.has(line))).toEqual([])
})

test('what is no mistake compiles, and the compiler has little to do', { timeout: 60_000 }, () => {
  const { said, instantiations } = compile(text)
  expect(said).toEqual([])
  // Seven plans, all operators. A type that instantiates itself without end would show here long before it is felt.
  expect(instantiations).toBeLessThan(30_000)
})
