/** docs/ten-minutes.md, done literally: its commands by a shell, its files as they stand, its outputs as it says. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
  const bin = join(sandbox.folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'aos'), `#!/bin/sh\nexec "${process.execPath}" "${join(CHECKOUT, 'cli/bin/aos.mjs')}" "$@"\n`)
  chmodSync(join(bin, 'aos'), 0o755)
})

afterAll(() => {
  sandbox.remove()
})

interface Block {
  readonly language: string
  readonly text: string
  /** The last file that was named before. */
  readonly file: string
}

function readBlocks(): readonly Block[] {
  const page = readFileSync(join(CHECKOUT, 'docs/ten-minutes.md'), 'utf8')
  return [...page.matchAll(/```(\w+)\n([\s\S]*?)```\n/g)].map((found) => {
    const [, language = '', text = ''] = found
    const files = [...page.slice(0, found.index).matchAll(/`([^`\s]+)` becomes/g)]
    return { language, text, file: files.at(-1)?.[1] ?? '' }
  })
}

function runLine(line: string, cwd: string): string {
  const { AOS_WORLD: _world, ...environment } = process.env
  const PATH = `${join(sandbox.folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`
  const env = { ...environment, PATH, AOS_KEY_DIR: sandbox.keys }
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', line], { cwd, encoding: 'utf8', env })
  expect(status, `${line}\n${stdout}${stderr}`).toBe(Number(/# exit (\d)/.exec(line)?.[1] ?? 0))
  return stdout
}

test('the tutorial does what it says', { timeout: 300_000 }, () => {
  const blocks = readBlocks()
  expect(blocks.length).toBeGreaterThan(12)
  let cwd = sandbox.folder
  let said = ''
  // A host that is slow may cut a snapshot, which is an entry, too: the page counts the entries of its own commands.
  const heights: string[] = ['0']
  const inThisWorld = (line: string): string =>
    line.replace(/(?<=(--at|show) )\d+/, (height) => heights[Number(height)] ?? height)
  for (const { language, text, file } of blocks) {
    const lines = text.trimEnd().split('\n')
    if (language === 'text') for (const line of lines) expect(said).toContain(line)
    else if (language !== 'sh') writeFileSync(join(cwd, file), text)
    else {
      said = ''
      for (const line of lines) {
        if (line.startsWith('cd ')) cwd = join(cwd, line.slice(3))
        else {
          const output = runLine(inThisWorld(line), cwd)
          heights.push(...[...output.matchAll(/^height (\d+)/gm)].map(([, height = '']) => height))
          said += output
        }
      }
    }
  }
  expect(existsSync(join(cwd, 'client/world.ts'))).toBe(true)
  const tsc = join(CHECKOUT, 'node_modules/typescript/bin/tsc')
  for (const project of ['.', 'reducers/bank']) {
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd, encoding: 'utf8' })
    expect(stdout).toBe('')
  }
})
