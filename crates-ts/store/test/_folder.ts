/** Temporary world folders. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'aos-store-'))
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = makeFolder()
  try {
    return await body(folder)
  } finally {
    removeFolder(folder)
  }
}
