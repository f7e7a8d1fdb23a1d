/** A world that keeps workspaces, with folders beside it. */
import { mkdirSync, readFileSync, readdirSync, lstatSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { editTree, parseRef } from '@aos/workspace'
import { changeWorkspace, pullWorkspace, push, pushWorkspace } from '../src/index.ts'
import type { HostWorld, SyncReport, SyncRequest } from '../src/index.ts'
import { answeringDefinitions } from './_answers.ts'
import { makeLastEventModule } from './_module.ts'
import { PUSH, makeTestWorld } from './_world.ts'

export type More = Partial<Omit<SyncRequest, 'ref' | 'folder'>>

export interface SyncWorld {
  readonly host: HostWorld
  at(folder: string, ...path: readonly string[]): string
  push(ref: string, folder: string, more?: More): Promise<SyncReport>
  pull(ref: string, folder: string, more?: More): Promise<SyncReport>
  /** Writes files into a folder. */
  put(folder: string, files: Readonly<Record<string, string>>): void
  /** Path to content and right to be run; links and empty folders are seen, too. */
  look(folder: string): Readonly<Record<string, string>>
  /** Writes into the workspace `notes`; null takes away. */
  inWorld(files: Readonly<Record<string, string | null>>): Promise<void>
  close(): Promise<void>
}

export async function makeSyncWorld(): Promise<SyncWorld> {
  const world = makeTestWorld()
  const { root } = world.folder
  writeFileSync(join(root, 'air', 'all.json'), JSON.stringify(answeringDefinitions()))
  const host = await world.open()
  await host.store.content.put([makeLastEventModule()])
  await push(host, PUSH)
  const at = (...path: readonly string[]): string => join(root, ...path)
  const request = (ref: string, folder: string, more: More): SyncRequest => {
    const plain = { ignore: [], annotations: new Map(), prune: false, dryRun: false, message: undefined }
    return { ref: parseRef(ref), folder: at(folder), ...plain, ...more }
  }
  return {
    host,
    at,
    push: (ref, folder, more = {}) => pushWorkspace(host, request(ref, folder, more)),
    pull: (ref, folder, more = {}) => pullWorkspace(host, request(ref, folder, more)),
    put: (folder, files) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(at(folder, path)), { recursive: true })
        writeFileSync(at(folder, path), text)
      }
    },
    look: (folder) => lookAt(at(folder)),
    inWorld: (files) => writeInWorld(host, files),
    close: async () => {
      await host.close()
      world.remove()
    },
  }
}

function lookAt(folder: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const stats = lstatSync(join(folder, name))
    const content = stats.isFile() ? readFileSync(join(folder, name), 'utf8') : ''
    found[name] = stats.isDirectory()
      ? 'folder'
      : stats.isFile()
        ? `${stats.mode & 0o100 ? '+' : '-'}${content}`
        : 'link'
  }
  return found
}

async function writeInWorld(host: HostWorld, files: Readonly<Record<string, string | null>>): Promise<void> {
  await changeWorkspace(host, {
    ...{ workspace: 'notes', expectedHead: undefined, message: undefined },
    edit: ({ store, root }) =>
      editTree(
        store,
        root,
        Object.entries(files).map(([path, text]) => {
          if (text === null) return { kind: 'remove', path, directories: 'empty' }
          const content = new TextEncoder().encode(text)
          return { kind: 'write', path, hash: store.write(content), size: content.length, mode: undefined }
        }),
      ),
  })
}
