/** Pushes and pulls that are killed, and the same command again: both sides are equal then. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'
import { makeWorkspaceWorld } from './_workspaces.ts'

const FILES = 1500
const KILLS = 20
const COMMAND = join(CHECKOUT, 'cli', 'bin', 'aos.mjs')

let sandbox: Sandbox
let world: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = await makeWorkspaceWorld(sandbox)
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

function useFolder(dir: string): void {
  writeFileSync(join(world, 'aos.sync.json'), JSON.stringify({ version: 1, workspaces: [{ ref: 'notes', dir }] }))
}

async function aos(command: 'push' | 'pull'): Promise<number> {
  const from = performance.now()
  const ran = await sandbox.run([command, '--world', world, '--quiet'])
  expect(ran, ran.stderr).toMatchObject({ exit: 0 })
  return performance.now() - from
}

/** True when the command was still going on. */
async function kill(command: 'push' | 'pull', ms: number): Promise<boolean> {
  const environment = { ...process.env, AOS_KEY_DIR: sandbox.keys }
  const child = spawn(process.execPath, [COMMAND, command, '--world', world, '--quiet'], {
    env: environment,
    stdio: 'ignore',
  })
  const ended = new Promise<boolean>((resolve) => {
    child.on('exit', (_code, signal) => resolve(signal === 'SIGKILL'))
  })
  await Promise.race([sleep(ms), ended])
  child.kill('SIGKILL')
  return ended
}

/** Paths, rights and contents of files; folders in which nothing is do not count. */
function digest(dir: string): string {
  const hash = createHash('sha256')
  const folder = join(world, dir)
  if (!existsSync(folder)) return 'none'
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const stats = statSync(join(folder, path))
    if (stats.isFile()) hash.update(`${path} ${stats.mode}\n`).update(readFileSync(join(folder, path)))
  }
  return hash.digest('hex')
}

/** Writes, renames and removes a third of the files. */
function change(dir: string, round: number): void {
  for (let at = round % 3; at < FILES; at += 3) {
    const folder = join(world, dir, `d${at % 40}`)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `f${at}`)
    if (at % 15 === round % 15) rmSync(file, { force: true })
    else writeFileSync(file, `${round} ${at}\n`.repeat(20))
  }
}

test(`${KILLS} kills`, { timeout: 300_000 }, async () => {
  const seed = Number(process.env['AOS_SEED'] ?? 7)
  let cut = 0
  change('one', 0)
  useFolder('one')
  let pushMs = await aos('push')
  useFolder('two')
  let pullMs = await aos('pull')
  for (let round = 1; round <= KILLS / 2; round += 1) {
    const share = ((seed * 31 + round * 17) % 100) / 100
    useFolder('one')
    change('one', round)
    if (await kill('push', pushMs * (0.3 + 0.7 * share))) cut += 1
    // What was about to go over changes again, now and then.
    if (round % 2 === 0) change('one', round + 100)
    pushMs = await aos('push')
    useFolder('two')
    if (await kill('pull', pullMs * (0.3 + 0.7 * share))) cut += 1
    if (round % 3 === 0) {
      useFolder('one')
      change('one', round + 200)
      await aos('push')
      useFolder('two')
    }
    pullMs = await aos('pull')
    expect(digest('two'), `round ${round}, seed ${seed}`).toBe(digest('one'))
  }
  expect(cut).toBeGreaterThan(KILLS / 4)
})
