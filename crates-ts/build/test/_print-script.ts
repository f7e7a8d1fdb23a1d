/** Builds a module in TypeScript, runs it, and prints what came of both: run by other versions of Node and other tiers. */
import { createHash } from 'node:crypto'
import { bundleScript, compileScript } from '../src/index.ts'
import { makeScriptCaller, scriptSources } from './_script-world.ts'

const INDEX = `
import { defineReducer } from './generated'

/** What engines could differ in: floats as text, sorting, texts, regular expressions. */
function mix(name: string, items: bigint): string {
  const floats = [0.1 + 0.2, 1 / 3, Math.sin(items ? 1 : 2), Math.pow(2.5, 3.5), 0 / 0, -0, 1e21, 5e-324]
  const bits = new Uint8Array(new Float64Array([0 / 0, Math.log(-1), NaN]).buffer)
  const words = (name + ' zebra Äpfel apple éclair').split(/\\s+/u).sort((a, b) => a.localeCompare(b))
  return [floats.map(String), bits.join(), words, name.normalize('NFD').length, (12345.678).toFixed(1)].join('|')
}

export const reducer = defineReducer((cart, event) => {
  if (event.name === 'deep') nest(1e6)
  if (event.name === 'endless') for (;;) cart = null
  if (event.name === 'large') cart = { items: 1n, names: new Set(), note: 'x'.repeat(1e9) }
  const items = (cart?.items ?? 0n) + 1n
  return { items, names: new Set(cart?.names ?? []).add(event.name), note: mix(event.name, items) }
})

function nest(depth: number): number {
  return depth === 0 ? 0 : 1 + nest(depth - 1)
}
`

const built = compileScript(await bundleScript(scriptSources({ 'reducers/cart/index.ts': INDEX })))
const call = makeScriptCaller(built)
const lines = [createHash('sha256').update(built.wasm).digest('hex')]
let state: Uint8Array | null = null
for (const name of ['one', 'zwölf', 'deep', 'endless', 'large', 'three']) {
  const { outcome, output } = call(state, name)
  state = output?.state ?? state
  lines.push(`${name} ${outcome} ${Buffer.from(state ?? []).toString('hex')}`)
}
process.stdout.write(`${lines.join('\n')}\n`)
