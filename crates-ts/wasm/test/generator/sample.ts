/** A whole module from a sequence of choices: the bytes of a program, and the same program made to be its own reference. */
import { ByteWriter } from '../../src/byte-writer.ts'
import { Body, type FinishedBody, type Grammar } from './body.ts'
import type { Choices } from './choices.ts'
import { writeExpression } from './expressions.ts'
import { writeAlloc, writeDigest, writeEntry } from './entry-code.ts'
import { ALLOC, FIRST_ENTRY, planModule, type EntryName, type Floats, type ModulePlan, type Signature } from './plan.ts'
import {
  REFERENCE_EXPORTS,
  REFERENCE_FUNCTIONS,
  REFERENCE_GLOBALS,
  referenceBodies,
  referenceGlobals,
} from './reference-module.ts'
import { writeDead, writeStatements } from './statements.ts'

export interface Sample {
  /** The program, without anything added. */
  readonly bytes: Uint8Array
  /** The program that counts what it does; see code-writer.ts. */
  readonly reference: Uint8Array
  readonly choices: readonly number[]
  /** Opcodes that stand in the program. */
  readonly codes: ReadonlySet<number>
  readonly entries: readonly EntryName[]
  readonly floats: Floats
  /** The original may trap where the rewritten module, whose memory has the size of the cap, does not. */
  readonly gap: boolean
  /** `memory.grow` may answer differently than in the original: there is no declared maximum. */
  readonly unbounded: boolean
  readonly minPages: number
  readonly capPages: number
  /** No frame can be charged more than this. */
  readonly chargeMax: number
}

const GRAMMAR: Grammar = { statements: writeStatements, dead: writeDead }

/** Ever the same for the same choices; valid for all. */
export function makeSample(choices: Choices): Sample {
  const plan = planModule(choices)
  const finished = [...plan.functions.keys()].map((index) => writeFunction(plan, index))
  const rest = writeRest(plan)
  const plain = finished.map((body) => body.plain)
  const reference = [...finished.map((body) => body.reference), ...referenceBodies(plan)]
  return {
    bytes: assemble(plan, rest, plain, false),
    reference: assemble(plan, rest, reference, true),
    choices: choices.taken,
    codes: new Set(finished.flatMap((body) => [...body.codes])),
    entries: plan.entries,
    floats: plan.floats,
    gap: plan.gap && plan.capPages !== plan.minPages,
    unbounded: plan.maxPages === undefined && plan.grows,
    minPages: plan.minPages,
    capPages: plan.capPages,
    chargeMax: Math.max(...finished.map((body) => body.chargeMax)),
  }
}

function writeFunction(plan: ModulePlan, index: number): FinishedBody {
  const { choices, functions, entries } = plan
  const signature = functions[index]
  if (signature === undefined) throw new Error('generator: no such function')
  const body = new Body(plan, GRAMMAR, signature, choices.pick([30, 10, 60, 120]))
  const digest = index === functions.length - 1
  const entry = index >= FIRST_ENTRY && index < FIRST_ENTRY + entries.length
  if (!digest) declareLocals(body, entry || index === ALLOC)
  if (index === ALLOC) writeAlloc(body)
  else if (digest) writeDigest(body)
  else if (entry) writeEntry(body)
  else {
    writeStatements(body, 0, 6)
    for (const type of signature.results) writeExpression(body, type)
  }
  body.end()
  return body.finish()
}

/** Some locals of every type; parameters that the host gives keep their values. */
function declareLocals(body: Body, given: boolean): void {
  const { choices, floats } = body.plan
  if (!given) body.free.push(...body.locals.keys())
  for (let count = choices.below(5); count > 0; count -= 1) {
    body.local(choices.pick(floats === 'none' ? ([0x7f, 0x7e] as const) : ([0x7f, 0x7e, 0x7d, 0x7c] as const)), true)
  }
}

/** Sections that both modules share: elements and data. */
interface Rest {
  readonly elements: Uint8Array
  readonly data: Uint8Array
  readonly dataCount: number
}

function writeRest(plan: ModulePlan): Rest {
  const { choices } = plan
  const elements = new ByteWriter()
  // Every function at its own index, in two pieces; an earlier segment may be overwritten by a later one.
  const [count, cut] = [plan.functions.length, choices.below(plan.functions.length)]
  const pieces = [
    [0, count],
    [cut, count],
  ] as const
  elements.u32(pieces.length)
  for (const [from, to] of pieces) {
    elements
      .op(0, 0x41)
      .signed(from)
      .byte(0x0b)
      .u32(to - from)
    for (let index = from; index < to; index += 1) elements.u32(index)
  }
  const data = new ByteWriter()
  const segments = Array.from({ length: choices.below(5) }, () => {
    const bytes = Array.from({ length: choices.pick([0, 5, 16, 60]) }, () => choices.below(256))
    const border = choices.pick([64, 1020, 4090, 8190, 32_760, 65_500])
    const at = choices.rarely(2) ? Math.min(border, 65_536 - bytes.length) : choices.below(60_000)
    const repeated = choices.rarely(6) ? 40 : 1
    return { at: Math.min(at, 60_000), bytes: Array.from({ length: repeated }, () => bytes).flat() }
  })
  data.u32(segments.length)
  for (const { at, bytes } of segments) data.op(0, 0x41).signed(at).byte(0x0b).sized(Uint8Array.from(bytes))
  return { elements: elements.take(), data: data.take(), dataCount: segments.length }
}

function assemble(plan: ModulePlan, rest: Rest, bodies: readonly Uint8Array[], reference: boolean): Uint8Array {
  const out = new ByteWriter(4096)
  const section = (id: number, write: (into: ByteWriter) => void): void => {
    const into = new ByteWriter(1024)
    write(into)
    out.byte(id).sized(into.view())
  }
  const signatures = reference ? [...plan.functions, ...REFERENCE_FUNCTIONS] : plan.functions
  const indexes = signatures.map((signature) => plan.types.indexOf(signature))
  out.op(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)
  section(1, (into) => writeTypes(into, plan.types.signatures))
  section(3, (into) => {
    into.u32(indexes.length)
    for (const index of indexes) into.u32(index)
  })
  section(4, (into) => into.op(1, 0x70, 0).u32(plan.tableSize))
  section(5, (into) => writeMemory(into, plan, reference))
  section(6, (into) => writeGlobals(into, plan, reference))
  section(7, (into) => writeExports(into, plan, reference))
  if (plan.start !== undefined && !reference) section(8, (into) => into.u32(plan.start ?? 0))
  section(9, (into) => into.raw(rest.elements))
  if (plan.functions.length % 2 === 0) section(12, (into) => into.u32(rest.dataCount))
  section(10, (into) => {
    into.u32(bodies.length)
    for (const body of bodies) into.sized(body)
  })
  section(11, (into) => into.raw(rest.data))
  return out.take()
}

function writeTypes(into: ByteWriter, signatures: readonly Signature[]): void {
  into.u32(signatures.length)
  for (const { parameters, results } of signatures) {
    into
      .byte(0x60)
      .u32(parameters.length)
      .op(...parameters)
    into.u32(results.length).op(...results)
  }
}

/** The memory of the reference has the size of the cap, as spec/05-determinism.md, "Memory" wants it. */
function writeMemory(into: ByteWriter, plan: ModulePlan, reference: boolean): void {
  if (reference) into.op(1, 1).u32(plan.capPages).u32(plan.capPages)
  else if (plan.maxPages === undefined) into.op(1, 0).u32(plan.minPages)
  else into.op(1, 1).u32(plan.minPages).u32(plan.maxPages)
}

function writeGlobals(into: ByteWriter, plan: ModulePlan, reference: boolean): void {
  into.u32(plan.globals.length + (reference ? REFERENCE_GLOBALS : 0))
  for (const { type, mutable, init } of plan.globals) {
    into
      .op(type, mutable ? 1 : 0)
      .raw(init)
      .byte(0x0b)
  }
  if (reference) into.raw(referenceGlobals(plan))
}

/** The ABI; the module also exports what the rewriter must drop, the reference what the tests read. */
function writeExports(into: ByteWriter, plan: ModulePlan, reference: boolean): void {
  const exports: [string, number, number][] = [
    ['memory', 2, 0],
    ['alloc', 0, ALLOC],
  ]
  plan.entries.forEach((name, at) => exports.push([name, 0, FIRST_ENTRY + at]))
  if (!reference) exports.push(['heap', 3, 0], ['table', 1, 0])
  else {
    for (const [name, at] of REFERENCE_EXPORTS) exports.push([name, 3, plan.globals.length + at])
    if (plan.start !== undefined) exports.push(['start', 0, plan.start])
  }
  into.u32(exports.length)
  for (const [name, kind, index] of exports) into.name(name).byte(kind).u32(index)
}
