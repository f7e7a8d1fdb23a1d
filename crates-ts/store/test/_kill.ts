/** The kill -9 loop: no acknowledged entry may be lost, whenever the process dies. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { openWorldStore, verifyContent, verifyJournal } from '../src/index.ts'
import { withBundle } from './_bundle.ts'
import { withFolder } from './_folder.ts'
import { LIVE_HEIGHTS, contentOf, hashOf } from './_height-content.ts'

export interface KillRound {
  /** Highest height the child said was acknowledged. */
  readonly acknowledged: number
  /** Highest height that stands after reopening. */
  readonly head: number
  /** Entries below it have only their headers. */
  readonly compactedBelow: number
  /** Values of content that stand. */
  readonly values: number
}

/** Lets the child run until it has acknowledged `heights` more, then kills it without warning. */
function runAndKill(
  script: string,
  folder: string,
  options: { readonly seed: number; readonly heights: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, folder, String(options.seed)], { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    let errors = ''
    let first = -1
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const lines = text.split('\n')
      const last = Number(lines.at(-2) ?? -1)
      if (first < 0) first = Number(lines[0])
      if (last - first >= options.heights) child.kill('SIGKILL')
    })
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(Number(text.split('\n').at(-2) ?? -1))
      else reject(new Error(`the child ended by itself: ${errors}`))
    })
  })
}

/** Runs, kills and reopens one world again and again; each round starts where the last one died. */
export function killRounds(rounds: number, seed: number): Promise<readonly KillRound[]> {
  return withBundle({ entryPoints: [join(import.meta.dirname, '_appender.ts')] }, (script) =>
    withFolder(async (folder) => {
      const results: KillRound[] = []
      for (let round = 0; round < rounds; round += 1) {
        const heights = 50 + ((seed * 31 + round * 977) % 1500)
        const acknowledged = await runAndKill(script, folder, { seed: seed + round, heights })
        const store = await openWorldStore(folder)
        const head = store.journal.head?.height ?? -1
        const must = contentOf(acknowledged - LIVE_HEIGHTS, acknowledged)
        const lost = must.filter((value) => store.content.get(hashOf(value)) === undefined).length
        await store.close()
        const content = await verifyContent(folder)
        if (!content.ok || lost > 0) throw new Error(`${lost} values lost, ${JSON.stringify(content.problems)}`)
        const verdict = verifyJournal(folder)
        if (!verdict.ok || verdict.entries !== head + 1) throw new Error(JSON.stringify(verdict))
        results.push({ acknowledged, head, compactedBelow: verdict.compactedBelow, values: content.count })
      }
      return results
    }),
  )
}
