/** An editor that opens a world folder after a push sees no errors that the compiler does not see. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { GUEST_GENERATED_DIR, GUEST_SDK_DIR, guestTsconfig, readSdkFiles } from '@aos/sdk'
import ts from 'typescript'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEditorTypes } from '../src/index.ts'
import { readExample } from './_example-world.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'aos-editor-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function put(path: string, text: string): void {
  const file = join(directory, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** The messages of TypeScript for a project, with the names of the files. */
function checkProject(): readonly string[] {
  const config = join(directory, 'tsconfig.json')
  const parsed = ts.getParsedCommandLineOfConfigFile(
    config,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
  )
  if (parsed === undefined) throw new Error('expected a project')
  const program = ts.createProgram({ rootNames: parsed.fileNames, options: parsed.options })
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')
    return `${diagnostic.file?.fileName.slice(directory.length) ?? ''}: ${text}`
  })
}

function fail(diagnostic: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '))
}

describe('the files for editors', () => {
  it.each(['00-counter', '10-flights'])('make the project of %s check without a message', (name) => {
    const { directory: source, sources } = readExample(name)
    cpSync(join(source, 'reducers'), join(directory, 'reducers'), { recursive: true })
    cpSync(join(source, 'tsconfig.json'), join(directory, 'tsconfig.json'))
    for (const [file, text] of readSdkFiles()) put(join(GUEST_SDK_DIR, file), text)
    put(join(GUEST_SDK_DIR, 'assembly.d.ts'), readEditorTypes())
    for (const [file, text] of sources.generated) put(join(GUEST_GENERATED_DIR, sources.name, file), text)
    expect(checkProject()).toEqual([])
    put(join(sources.name, 'index.ts'), "import { Nothing } from './generated'\nexport const wrong: string = Nothing\n")
    expect(checkProject()).not.toEqual([])
  })

  it('are what the examples have', () => {
    for (const name of ['00-counter', '10-flights']) {
      const { directory: source } = readExample(name)
      const written = ts.sys.readFile(join(source, 'tsconfig.json')) ?? ''
      expect(JSON.parse(written)).toEqual(JSON.parse(guestTsconfig()))
    }
  })
})
