/** Looks for a planted defect with the checks of generated modules. */
import { rewriteModule, type RewrittenModule } from '../src/index.ts'
import { makeRandom } from './_guests.ts'
import { plantDefect, withBytes, type Planted } from './_planted.ts'
import { loadAssembler, loadDisassembler, type Assembler, type Disassembler } from './_wat.ts'
import { checkSample, Disagreement, type Rewrite } from './generator/checks.ts'
import { Choices, moduleSeed } from './generator/choices.ts'
import { makeSample } from './generator/sample.ts'

export interface Found {
  /** The rule that the first module that breaks one breaks. */
  readonly rule: string | undefined
  /** Modules with a place for the defect that were tried. */
  readonly tried: number
}

export type FindPlanted = (planted: Planted, options: { readonly seed: number; readonly modulesMax: number }) => Found

/** A rewriter that plants the defect wherever there is a place for it. */
export async function loadPlantingRewriter(planted: Planted): Promise<Rewrite> {
  const tools = { ...(await loadAssembler()), ...(await loadDisassembler()) }
  return (bytes) => rewriteWith(tools, planted, bytes, 1) ?? rewriteModule(bytes)
}

export async function loadFinder(): Promise<FindPlanted> {
  const tools = { ...(await loadAssembler()), ...(await loadDisassembler()) }
  return (planted, options) => find(tools, planted, options)
}

function find(
  tools: Assembler & Disassembler,
  planted: Planted,
  { seed, modulesMax }: { readonly seed: number; readonly modulesMax: number },
): Found {
  let tried = 0
  for (let index = 0; tried < modulesMax && index < 20 * modulesMax; index += 1) {
    const sample = makeSample(Choices.fromSeed(moduleSeed(seed, index)))
    if (planted.nan === true && sample.floats !== 'seen') continue
    const rewritten = rewriteWith(tools, planted, sample.bytes, seed + index)
    if (rewritten === undefined) continue
    tried += 1
    try {
      checkSample(sample, () => rewritten)
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error
      return { rule: error.rule, tried }
    }
  }
  return { rule: undefined, tried }
}

/** The rewriter with a defect; undefined for modules that have no place for it. */
function rewriteWith(
  tools: Assembler & Disassembler,
  planted: Planted,
  bytes: Uint8Array,
  seed: number,
): RewrittenModule | undefined {
  const rewritten = rewriteModule(bytes)
  const text = plantDefect(tools.disassemble(rewritten.bytes), planted, makeRandom(seed))
  return text === undefined ? undefined : withBytes(rewritten, tools.assemble('planted', text))
}
