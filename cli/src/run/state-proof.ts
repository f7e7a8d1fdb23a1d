/** `aos state prove|verify-proof`: what a state root says of one cell, for somebody who has no world. */
import { decode, isAosError } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import {
  checkStateProof,
  formatStateProof,
  keyOfCell,
  loadDefinitions,
  makeStateProof,
  parseStateProof,
  readText,
  writeWhole,
} from '@aos/host'
import { decodeSnapshot } from '@aos/kernel'
import { resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { withFolder } from '../world.ts'
import { findSnapshot } from './snapshot.ts'

/** `aos state prove`: of the newest snapshot, or the one that was cut at a height. */
export async function stateProve(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const reducer = args.text('reducer')
  const cut = args.optionalHeight('cut')
  const out = args.optionalText('out')
  return withFolder<CommandResult>(context, args, (opened) => {
    const note = findSnapshot(opened, cut)
    const definitions = loadDefinitions(decodeSnapshot(opened.readContent(note.root)).manifest, opened.readContent)
    const key = keyOfCell(definitions, reducer, args.optionalText('key'))
    const proof = makeStateProof(opened, { note, reducer, key })
    const file = formatStateProof(proof)
    const shown = checkStateProof(proof)
    const path = out === undefined ? undefined : resolve(context.cwd, out)
    if (path !== undefined) writeWhole(path, new TextEncoder().encode(`${file}\n`))
    const data = {
      ...document(shown),
      bytes: file.length,
      ...(path === undefined ? { proof: JSON.parse(file) as unknown } : { file: path }),
    }
    const text = path === undefined ? file : `${describe(shown)}\nwritten to ${path}, ${file.length} bytes`
    return Promise.resolve({ data, text })
  })
}

type Shown = ReturnType<typeof checkStateProof>

/** `aos state verify-proof`: needs no world, no keys and no network. Exit 1 when the proof does not hold, or not for what was asked. */
export async function stateVerifyProof(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const text = readText(resolve(context.cwd, args.text('file')))
  const wanted = { root: args.optionalText('root'), log_root: args.optionalText('log-root') }
  for (const [name, hash] of Object.entries(wanted)) {
    if (hash !== undefined && !/^sha256:[0-9a-f]{64}$/.test(hash))
      throw usage(`${name}: expected sha256: and 64 digits`)
  }
  try {
    const shown = checkStateProof(parseStateProof(text))
    const data = document(shown)
    const other = Object.entries(wanted).find(([name, hash]) => hash !== undefined && hash !== Reflect.get(data, name))
    if (other !== undefined) {
      const [name, hash] = other
      const problem = { code: 'host.bad_proof', message: `it is for another ${name} than ${String(hash)}` }
      const said = `${context.style.bad('does not hold')}: ${problem.message}`
      return { data: { ok: false, ...data, problem }, text: said, exit: EXIT.failed }
    }
    return { data: { ok: true, ...data }, text: `${context.style.good('holds')}: ${describe(shown)}` }
  } catch (error) {
    if (!isAosError(error)) throw error
    const problem = { code: error.code, message: error.message, path: error.path }
    return { data: { ok: false, problem }, text: `${context.style.bad('does not hold')}: ${error.message}`, exit: 1 }
  }
}

function document(shown: Shown) {
  const { world, reducer, key, height, root, state, logRoot, logSize } = shown
  return {
    world,
    reducer,
    ...(key === undefined ? {} : { key: plain(key, 'required') }),
    height,
    root,
    log_root: logRoot,
    log_size: logSize,
    present: state !== undefined,
    state: state === undefined ? null : plain(state, 'optional'),
    ...(state === undefined ? {} : { state_base64: Buffer.from(state).toString('base64') }),
  }
}

function describe(shown: Shown): string {
  const { reducer, height, root, state, logRoot, logSize } = shown
  const cell = `${reducer}${shown.key === undefined ? '' : ` ${JSON.stringify(plain(shown.key, 'required'))}`}`
  const said = state === undefined ? 'there is no such cell' : JSON.stringify(plain(state, 'optional'))
  return [
    `${cell} at height ${height}: ${said}`,
    `state root ${root}`,
    `claimed in the log of ${logSize} entries with root ${logRoot}`,
    `of the world ${shown.world}`,
  ].join('\n')
}

/** CBOR without a schema, for people: what JSON has no form for stands as text. */
function plain(bytes: Uint8Array, prefix: 'required' | 'optional'): unknown {
  try {
    return toPlain(decode(bytes, { prefix }))
  } catch (error) {
    if (!isAosError(error)) throw error
    return { bytes: Buffer.from(bytes).toString('base64') }
  }
}

function toPlain(data: Data): unknown {
  if (typeof data === 'bigint') return String(data)
  if (data instanceof Uint8Array) return { bytes: Buffer.from(data).toString('base64') }
  if (Array.isArray(data)) return (data as readonly Data[]).map(toPlain) // narrowed to any[]
  if (data instanceof Map) {
    const entries: ReadonlyMap<Data, Data> = data
    return Object.fromEntries([...entries].map(([key, value]) => [typeof key === 'string' ? key : JSON.stringify(toPlain(key)), toPlain(value)])) // prettier-ignore
  }
  return data
}
