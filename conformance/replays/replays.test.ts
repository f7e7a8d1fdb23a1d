import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cellsOf, readRecording, replayRecording } from './recording.ts'

const FOLDER = join(import.meta.dirname, 'format-1')
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

describe.each(FILES)('the recorded world %s', (name) => {
  const recording = readRecording(join(FOLDER, name))

  it('is derived again, state by state, under the engine it was made for', () => {
    const { world, root } = replayRecording(recording)
    expect(world.engineDigest).toBe(recording.engine)
    expect(world.id).toBe(recording.world)
    expect(root).toBe(recording.root)
    expect(cellsOf(world, Object.keys(recording.cells))).toEqual(recording.cells)
  })

  it('fails when any entry is changed in its last byte', () => {
    recording.entries.forEach((_entry, changed) => {
      const tamper = (entry: Uint8Array, height: number): Uint8Array => {
        if (height === changed) entry[entry.length - 1] = (entry.at(-1) ?? 0) ^ 1
        return entry
      }
      expect(() => replayRecording(recording, tamper)).toThrow()
    })
  })
})

it('there are recordings', () => {
  expect(FILES.length).toBeGreaterThan(1)
})
