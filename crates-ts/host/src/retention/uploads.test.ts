import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Hash } from '@aos/cbor'
import { keepUploads, leasedUploads } from './uploads.ts'

const DAY_MS = 86_400_000
const hash = (digit: string): Hash => `sha256:${digit.repeat(64)}` as Hash // 64 digits

function makeFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'aos-uploads-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  return join(folder, 'uploads')
}

test('a lease runs for a day, from the last time; lines that are cut off or wrong are passed over', () => {
  const file = makeFile()
  expect(leasedUploads(file, 0)).toEqual(new Map())
  const now = 10 * DAY_MS
  writeFileSync(file, `\n${hash('a')} ${now - DAY_MS}\n\n${hash('b')} ${now - DAY_MS + 1}\n`)
  appendFileSync(
    file,
    `\n${hash('c')} ${now + 5}\n\nsha256:123 ${now}\n\n${hash('d')}\n\n${hash('a')} 12x\n\n${hash('e')} ${now}`,
  )
  const leased = leasedUploads(file, now)
  expect([...leased]).toEqual([[hash('b'), now - DAY_MS + 1], [hash('c'), now], [hash('e'), now]]) // prettier-ignore
  keepUploads(file, leased)
  expect([...leasedUploads(file, now)]).toEqual([...leased])
  expect(readFileSync(file, 'utf8')).not.toContain(hash('a'))
})
