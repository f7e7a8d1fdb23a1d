/** Worlds for tests: the files of this folder, copied and begun anew, with keys of their own. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = dirname(dirname(fileURLToPath(import.meta.url)))
const LEFT_OUT = ['.aos', '.git', 'node_modules']

/** Pushed once. `aos(...words)` runs a command on it; call `remove` at the end. */
export function makeWorld() {
  const home = mkdtempSync(join(tmpdir(), 'aos-test-'))
  const world = join(home, 'world')
  cpSync(FOLDER, world, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) })
  const env = { ...process.env, AOS_WORLD: world, AOS_KEY_DIR: join(home, 'keys') }
  const aos = (...words) => {
    const { error, status, stdout } = spawnSync('aos', [...words, '--json'], { cwd: world, env, encoding: 'utf8' })
    if (error !== undefined) throw error
    const document = JSON.parse(stdout)
    return { exit: status, data: document.data, error: document.error }
  }
  const pushed = aos('push')
  if (pushed.error !== undefined) throw new Error(pushed.error.message)
  return {
    aos,
    /** Sends an event and performs what follows, until nothing is left to do. Returns the exit code and what was done. */
    send: (schema, value) => aos('event', 'send', schema, JSON.stringify(value), '--wait=20s'),
    /** The state of a cell. */
    state: (reducer, key) => aos('state', 'get', reducer, ...(key === undefined ? [] : ['--key', key])).data.state,
    remove: () => rmSync(home, { recursive: true, force: true }),
  }
}
