import { isAosError } from '@aos/cbor'
import { beforeAll, describe, expect, it } from 'vitest'
import { callFresh, inspectModule, makeFresh, WASM_ERRORS } from '../src/index.ts'
import { fixtureText, FIXTURE_NAMES, makeRandom, SEED } from './_guests.ts'
import { HOSTILE, hostileBytes } from './_hostile.ts'
import { loadAssembler } from './_wat.ts'

const CODES = new Set<string>(Object.keys(WASM_ERRORS))
const OUTCOMES = new Set(['ok', 'out_of_fuel', 'stack_overflow', 'trap', 'bad_output'])

let modules: ReadonlyMap<string, Uint8Array>
beforeAll(async () => {
  const assembler = await loadAssembler()
  const small = HOSTILE.cases.map(({ name }) => [name, hostileBytes(name)] as const)
  modules = new Map([
    ...FIXTURE_NAMES.map((name) => [name, assembler.assemble(name, fixtureText(name), { names: true })] as const),
    ...small.filter(([, bytes]) => bytes.length < 2_000),
  ])
})

/** Refused with known codes, or admitted and then every call ends with an outcome. */
function expectCoded(bytes: Uint8Array, label: string): boolean {
  const report = inspectModule(bytes)
  for (const { code } of report.issues) if (!CODES.has(code)) expect.fail(`${label}: ${code}`)
  if (report.issues.some(({ code }) => code === 'wasm.rewriter_defect')) expect.fail(`${label}: rewriter defect`)
  if (report.ok !== (report.issues.length === 0)) expect.fail(label)
  return report.ok
}

function callOnce(bytes: Uint8Array, label: string): void {
  try {
    const { outcome } = callFresh(makeFresh(bytes), { entry: 'step', input: new Uint8Array(8), fuelLimit: 20_000 })
    if (!OUTCOMES.has(outcome)) expect.fail(label)
  } catch (error) {
    if (!isAosError(error) || error.code === 'wasm.host_fault') throw error
  }
}

describe('malformed binaries', () => {
  it('refuses every module that is cut at any byte', () => {
    for (const [name, bytes] of modules) {
      for (let length = 0; length < bytes.length; length += 1) {
        expectCoded(bytes.subarray(0, length), `${name} cut at ${length}`)
      }
    }
  })

  it('refuses or runs every module with bytes changed', () => {
    const random = makeRandom(SEED)
    let admitted = 0
    for (const [name, bytes] of modules) {
      for (let round = 0; round < 15; round += 1) {
        const changed = bytes.slice()
        for (let count = 1 + random(2); count > 0; count -= 1) changed[random(changed.length)] = random(256)
        const label = `seed ${SEED}, ${name}, round ${round}`
        if (!expectCoded(changed, label)) continue
        admitted += 1
        callOnce(changed, label)
      }
    }
    // Many changes hit constants, data and names: the generator reaches the rewriter and the instance too.
    expect(admitted).toBeGreaterThan(40)
  })

  it('refuses noise', () => {
    const random = makeRandom(SEED)
    for (let round = 0; round < 500; round += 1) {
      const noise = Uint8Array.from(
        { length: 8 + random(64) },
        (_, at) => [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0][at] ?? random(20),
      )
      expect(expectCoded(noise, `seed ${SEED}, noise ${round}`)).toBe(false)
    }
  })

  it('tells all issues of a module, not only the first', () => {
    const codes = inspectModule(hostileBytes('import-function')).issues.map(({ code }) => code)
    expect(codes).toEqual(['wasm.import'])
    const two = inspectModule(hostileBytes('memory-init')).issues.map(({ code }) => code)
    expect(two).toEqual(['wasm.passive_segment', 'wasm.passive_segment'])
  })
})
