/** A command that is killed while it puts a change in force leaves the old manifest or the new one (spec/17-governance.md, V4). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_128)
const ROUNDS = 16

const sandbox: Sandbox = makeSandbox()
const world = join(sandbox.folder, 'w')
const key = join(sandbox.folder, 'ann.key')
const copy = join(sandbox.folder, 'copy')

afterAll(() => {
  sandbox.remove()
})

const ask = (args: readonly string[], at = world): Promise<Document> => sandbox.ask([...args, '--world', at])

function write(publicKey: string, names: readonly string[]): void {
  const manifest = { $kind: 'manifest', air_version: '1', schemas: names.map((name) => ({ name })), modules: [], approvers: [{ name: 'ann', key: publicKey }] } // prettier-ignore
  const schemas = names.map((name) => ({ $kind: 'defschema', name, type: 'text' }))
  mkdirSync(join(world, 'air'), { recursive: true })
  writeFileSync(join(world, 'air/manifest.air.json'), JSON.stringify([manifest, ...schemas]))
}

test(`an apply that is killed ${ROUNDS} times is there whole or not at all (seed ${SEED})`, async () => {
  await sandbox.run(['init', world, '--template', 'empty'])
  const made = await sandbox.ask(['key', 'new', key])
  const { public_key } = made.data as { readonly public_key: string } // as the command says
  write(public_key, ['demo/Old@1'])
  const { manifest_hash: old } = (await ask(['push'])).data as { readonly manifest_hash: string } // as spec/schemas says
  write(public_key, ['demo/Old@1', 'demo/New@1'])
  const { manifest_hash: fresh } = (await ask(['push'])).data as { readonly manifest_hash: string } // as spec/schemas says
  expect(await ask(['gov', 'shadow', '1'])).toMatchObject({ exit: 0 })
  expect(await ask(['gov', 'approve', '1', '--key', key])).toMatchObject({ exit: 0 })
  const began = performance.now()
  expect(await applyOnCopy(undefined)).toEqual({ status: 'applied', manifest: fresh })
  const wholeMs = performance.now() - began
  let state = SEED
  for (let round = 0; round < ROUNDS; round += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    const found = await applyOnCopy((state / 2_147_483_648) * wholeMs)
    expect([
      { status: 'open', manifest: old },
      { status: 'applied', manifest: fresh },
    ]).toContainEqual(found)
  }
}, 240_000)

/** Applies in a copy of the world and says what is there afterwards. `killMs`: how long the command lives at most. */
async function applyOnCopy(
  killMs: number | undefined,
): Promise<{ readonly status: unknown; readonly manifest: unknown }> {
  rmSync(copy, { recursive: true, force: true })
  cpSync(world, copy, { recursive: true })
  const child = spawn(process.execPath, [join(CHECKOUT, 'cli/bin/aos.mjs'), 'gov', 'apply', '1', '--world', copy], {
    env: { ...process.env, AOS_KEY_DIR: sandbox.keys },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  if (killMs !== undefined) {
    await Promise.race([ended, sleep(killMs)])
    child.kill('SIGKILL')
  }
  await ended
  const shown = (await ask(['gov', 'show', '1'], copy)).data as { readonly status: string } // as spec/schemas says
  const head = (await ask(['status'], copy)).data as { readonly manifest_hash: string } // as spec/schemas says
  expect(await ask(['journal', 'verify'], copy)).toMatchObject({ exit: 0 })
  expect(await ask(['journal', 'replay', '--verify'], copy)).toMatchObject({ exit: 0 })
  return { status: shown.status, manifest: head.manifest_hash }
}
