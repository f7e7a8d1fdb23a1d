/** A folder of counter worlds and the host that serves it. */
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { makeSandbox } from './_command.ts'
import type { Document, Ran, Sandbox } from './_command.ts'

export const EVENT = 'demo/CounterEvent@1'
const START = '{"Start":{"target":1000}}'

/** A line of `aos worlds ls`. */
export interface Row {
  readonly name: string
  readonly state: string
  readonly height: number | null
  readonly error: { readonly code: string } | null
}

export interface Worlds {
  readonly sandbox: Sandbox
  readonly folder: string
  /** The folder of a world. */
  at(name: string): string
  serve(...words: readonly string[]): Promise<Document>
  stop(): Promise<Ran>
  list(): Promise<readonly Row[]>
  row(name: string): Promise<Row | undefined>
  send(name: string): Promise<Document>
  /** Until it sleeps. */
  asleep(name: string): Promise<void>
}

/** They are pushed; one is built, and the others take what it compiled. */
export async function makeWorlds(names: readonly string[]): Promise<Worlds> {
  const sandbox = makeSandbox()
  const folder = join(sandbox.folder, 'worlds')
  const at = (name: string): string => join(folder, name)
  mkdirSync(folder)
  const [first = '', ...others] = names
  await sandbox.run(['init', at(first)])
  await sandbox.run(['push', '--world', at(first)])
  for (const name of others) {
    await sandbox.run(['init', at(name)])
    cpSync(join(at(first), '.aos/cache'), join(at(name), '.aos/cache'), { recursive: true })
    await sandbox.run(['push', '--world', at(name)])
  }
  const list = async (): Promise<readonly Row[]> => {
    const listed = await sandbox.ask(['worlds', 'ls', '--worlds', folder])
    return (listed.data as { readonly worlds: readonly Row[] }).worlds // as spec/schemas says
  }
  const row = async (name: string): Promise<Row | undefined> => (await list()).find((one) => one.name === name)
  return {
    sandbox,
    folder,
    at,
    list,
    row,
    serve: (...words) => sandbox.ask(['run', '--worlds', folder, '--detach', ...words]),
    stop: () => sandbox.run(['stop', '--worlds', folder]),
    send: (name) => sandbox.ask(['event', 'send', EVENT, START, '--world', at(name)]),
    asleep: (name) => until(`${name} sleeps`, async () => (await row(name))?.state === 'asleep'),
  }
}

/** The process that a started daemon or host names. */
export function pidOf(document: Document): number {
  return (document.data as { readonly pid: number }).pid // as spec/schemas says
}

export function heightOf(document: Document): number {
  return (document.data as { readonly height: number }).height // as spec/schemas says
}

/** Looks again and again: each look starts a process. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) if (tries > 60) throw new Error(`this did not come about: ${what}`)
}
