/** Runs every module of a folder and prints outcomes, fuel and outputs: the same text in every tier of the compiler. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { callGuest, compileGuest, inspectModule, makeGuest, rewriteModule } from '../src/index.ts'

const [folder = '.'] = process.argv.slice(2)
const files = readdirSync(folder).filter((file) => file.endsWith('.wasm'))
const lines: string[] = []
for (const file of files.toSorted()) {
  const bytes = new Uint8Array(readFileSync(join(folder, file)))
  const { ok, issues } = inspectModule(bytes)
  if (!ok) {
    lines.push(`${file} refused ${issues.map(({ code, offset }) => `${code}@${offset ?? ''}`).join(' ')}`)
    continue
  }
  const rewritten = rewriteModule(bytes)
  const guest = makeGuest(rewritten, compileGuest(rewritten))
  for (const first of [0, 1, 9, 1, 1, 1]) {
    const input = Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? first : at))
    const { outcome, fuel, output } = callGuest(guest, { entry: 'step', input, fuelLimit: 2_000_000 })
    lines.push(`${file} ${first} ${outcome} ${fuel} ${Buffer.from(output).toString('hex')}`)
  }
}
process.stdout.write(`${lines.join('\n')}\n`)
