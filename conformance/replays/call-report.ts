/** Every module call of the recorded worlds, held to the oracles: the same text in every tier of the compiler. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nodeSha256 } from '@aos/host'
import { createCheckedRuntime, type CheckedCall } from '@aos/wasm'
import { readRecording, replayRecording } from './recording.ts'

export const RECORDINGS: string = join(import.meta.dirname, 'format-1')

/** Replays one recording. Throws when it does not come out as recorded or when oracles disagree. */
export function reportCalls(name: string): readonly CheckedCall[] {
  const recording = readRecording(join(RECORDINGS, name))
  const calls: CheckedCall[] = []
  const modules = createCheckedRuntime({ sha256: nodeSha256 }, (call) => calls.push(call))
  const { root } = replayRecording(recording, undefined, modules)
  if (root !== recording.root) throw new Error(`${name}: another root`)
  return calls
}

export function recordingNames(): readonly string[] {
  return readdirSync(RECORDINGS).filter((name) => name.endsWith('.json'))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const name of recordingNames())
    for (const { text } of reportCalls(name)) process.stdout.write(`${name} ${text}\n`)
}
