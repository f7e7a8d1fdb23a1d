/** Damages journals on disk, one byte at a time. */
import { cpSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reply, Sandbox, Verdict } from './command.ts'

/** Segment files of a world, oldest first. The last one is open. */
export function listSegments(world: string): readonly string[] {
  const folder = join(world, '.aos/world/journal')
  const names = readdirSync(folder).filter((name) => name.endsWith('.seg'))
  return names.sort((left, right) => (left < right ? -1 : 1)).map((name) => join(folder, name))
}

export function flipByte(file: string, place: { readonly offset: number; readonly mask: number }): void {
  const bytes = readFileSync(file)
  bytes[place.offset] = (bytes[place.offset] ?? 0) ^ place.mask
  writeFileSync(file, bytes)
}

export function cutFile(file: string, length: number): void {
  truncateSync(file, length)
}

/** A copy of a world with its journal, made anew for each kind of damage. */
export function copyWorld(world: string, to: string): string {
  rmSync(to, { recursive: true, force: true })
  cpSync(world, to, { recursive: true })
  return to
}

/** The height that a refusal names, wherever it says so; undefined when it names none. */
export function namedHeight(reply: Reply<Verdict>): number | undefined {
  if (reply.ok) return reply.data.first_difference?.height
  // What store and host put there.
  const details = reply.error.details as { readonly height?: number; readonly first_missing?: number } | undefined
  return details?.height ?? details?.first_missing ?? heightIn(reply.error.message)
}

function heightIn(message: string): number | undefined {
  const found = /height (\d+)/.exec(message)
  return found === null ? undefined : Number(found[1])
}

export function verifyJournal(sandbox: Sandbox, world: string): Promise<Reply<Verdict>> {
  return sandbox.ask<Verdict>(['journal', 'verify', '--world', world])
}
