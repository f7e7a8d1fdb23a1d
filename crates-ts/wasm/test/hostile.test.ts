import { toHex, fromHex } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { inspectModule, rewriteModule, WASM_ERRORS } from '../src/index.ts'
import { loadPooled, type PooledGuest } from './_guests.ts'
import { HOSTILE, hostileBytes, hostileText } from './_hostile.ts'
import { loadAssembler } from './_wat.ts'

const INPUT = fromHex(HOSTILE.input)
const refused = HOSTILE.cases.filter((item) => item.refused !== undefined)
const admitted = HOSTILE.cases.filter((item) => item.refused === undefined)

/** Without bounds the original of these takes all the memory there is. */
const GROWS = /^(growth|memory-bomb)/

function loadHostile(name: string): PooledGuest {
  return loadPooled(hostileBytes(name), 'step', { original: !GROWS.test(name) })
}

describe('the hostile corpus', () => {
  it.each(refused)('refuses $name with $refused', ({ name, refused: code }) => {
    const report = inspectModule(hostileBytes(name))
    expect(report.ok).toBe(false)
    expect(report.meteredSize).toBeUndefined()
    expect(report.issues[0]?.code).toBe(code)
    expect(() => rewriteModule(hostileBytes(name))).toThrow(expect.objectContaining({ code }))
  })

  it.each(admitted)('$name ends $outcome, every time', ({ name, outcome, output }) => {
    const guest = loadHostile(name)
    const calls = [1, 2, 3].map(() => guest.call(INPUT, HOSTILE.fuel))
    for (const call of calls) {
      expect(call.outcome).toBe(outcome)
      expect(call.fuel).toBe(calls[0]?.fuel)
      if (output !== undefined) expect(toHex(call.output)).toBe(output)
      if (outcome !== 'ok') expect([call.fuel, call.output.length]).toEqual([HOSTILE.fuel, 0])
    }
  })

  it('ends the worst of it within a second', () => {
    for (const { name } of admitted) {
      const guest = loadHostile(name)
      const start = performance.now()
      guest.call(INPUT, HOSTILE.fuel)
      expect(performance.now() - start, name).toBeLessThan(1_000)
    }
  })

  it('is what its text forms say', async () => {
    const assembler = await loadAssembler()
    for (const { name, binary, invalid } of HOSTILE.cases) {
      if (binary === true) continue
      const options = invalid === true ? ({ invalid: true } as const) : {}
      expect(toHex(assembler.assemble(name, hostileText(name), options)), name).toBe(toHex(hostileBytes(name)))
    }
  })

  it('knows where: every refusal of an instruction has its offset', () => {
    for (const { name, refused: code } of refused) {
      if (code === 'wasm.missing_export' || code === 'wasm.invalid') continue
      const [issue] = inspectModule(hostileBytes(name)).issues
      expect(issue?.offset, name).toBeGreaterThanOrEqual(0)
      expect(Object.keys(WASM_ERRORS)).toContain(issue?.code)
    }
  })
})
