import { describe, expect, test } from 'vitest'
import { toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { accepted, refusal } from './_effects.ts'
import { GovernanceBench, HOST, OWNER, signer } from './_governance.ts'
import type { Signer } from './_governance.ts'
import { asMap } from './_util.ts'
import type { Script } from './_util.ts'

const COUNT: Script = ({ state, value }) => {
  const n = state === undefined ? 0 : Number(asMap(state).get('n'))
  return { state: { n: n + Number(asMap(value).get('by')) } }
}
const TWICE: Script = ({ state, value }) => {
  const n = state === undefined ? 0 : Number(asMap(state).get('n'))
  return { state: { n: n + 2 * Number(asMap(value).get('by')) } }
}

const APPROVERS = [signer(21), signer(22), signer(23)]
const [ANN, BOB, CAT] = APPROVERS as [Signer, Signer, Signer] // three, as just said

interface Parts {
  readonly module?: string
  readonly approvers?: readonly object[]
  readonly approvals?: readonly object[]
  readonly policy?: readonly object[]
  readonly grants?: readonly object[]
}

function world(parts: Parts = {}): readonly object[] {
  const module = parts.module ?? 'demo/count@1'
  return [
    { $kind: 'defschema', name: 'demo/Add@1', type: { record: { by: 'int' } } },
    { $kind: 'defschema', name: 'demo/Count@1', type: { record: { n: 'int' } } },
    { $kind: 'defmodule', name: module, module_kind: 'reducer', wasm_hash: '', abi: { reducer: { state: 'demo/Count@1', event: 'demo/Add@1', effects_emitted: [], cap_slots: {} } } }, // prettier-ignore
    { $kind: 'defpolicy', name: 'demo/policy@1', rules: parts.policy ?? [{ when: {}, decision: 'allow' }] },
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['demo/Add@1', 'demo/Count@1'],
      modules: [module],
      policies: ['demo/policy@1'],
      effects: ['sys/timer.set@1'],
      defaults: { policy: 'demo/policy@1', ...(parts.grants === undefined ? {} : { cap_grants: parts.grants }) },
      ...(parts.grants === undefined ? {} : { caps: ['sys/query@1'] }),
      routing: { events: [{ event: 'demo/Add@1', reducer: module }] },
      ...(parts.approvers === undefined ? {} : { approvers: parts.approvers }),
      ...(parts.approvals === undefined ? {} : { approvals: parts.approvals }),
    },
  ]
}

const people = (...names: readonly (readonly [string, Signer, ...string[]])[]): readonly object[] =>
  names.map(([name, { publicKey }, ...roles]) => ({ name, key: toHex(publicKey), ...(roles.length > 0 ? { roles } : {}) })) // prettier-ignore
const THREE = people(['ann', ANN, 'ops'], ['bob', BOB], ['cat', CAT, 'security'])

/** Ann may propose, whether she may approve or not. */
function started(parts: Parts = {}): GovernanceBench {
  const bench = new GovernanceBench()
  bench.push(world(parts), { 'demo/count@1': COUNT, 'demo/count_twice@1': TWICE })
  bench.register(ANN, 'proposer')
  return bench
}

const OTHER = {
  policy: [
    { when: { effect_kind: 'timer.set' }, decision: 'deny' },
    { when: {}, decision: 'allow' },
  ],
}

describe('a proposal', () => {
  test('goes from propose to apply, and the manifest is in force for the next entry', () => {
    const bench = started()
    const before = bench.world.manifestHash
    const number = bench.proposed(world(OTHER))
    expect(bench.proposal(number)).toMatchObject({ number: 1, status: 'open', authority: 'narrows', base: before })
    expect(accepted(bench.shadow(number)).governance).toMatchObject([{ proposal: 1, change: 'shadowed' }])
    expect(accepted(bench.decide(number)).governance).toMatchObject([{ proposal: 1, change: 'approved', text: OWNER.keyId }]) // prettier-ignore
    const { height, governance } = accepted(bench.apply(number))
    const { manifest } = bench.proposal(number)
    expect(governance).toMatchObject([{ proposal: 1, change: 'applied', hash: manifest }])
    expect(bench.world.manifestHash).toBe(manifest)
    expect(bench.world.manifestHeight).toBe(height)
    expect(bench.proposal(number)).toMatchObject({ status: 'applied', appliedHeight: height })
    bench.checkReplay()
  })

  test('is refused unless it is for what is in force', () => {
    const bench = started()
    const [first, second] = [bench.proposed(world(OTHER)), bench.proposed(world({ policy: [] }))]
    expect([first, second]).toEqual([1, 2])
    for (const number of [first, second]) {
      accepted(bench.shadow(number))
      accepted(bench.decide(number))
    }
    accepted(bench.apply(first))
    expect(refusal(bench.apply(second))).toBe('kernel.stale_base')
    expect(refusal(bench.decide(second))).toBe('kernel.stale_base')
    expect(refusal(bench.apply(first))).toBe('gov.not_open')
    expect(refusal(bench.apply(9))).toBe('gov.unknown_proposal')
    bench.checkReplay()
  })

  test('needs a signature, a shadow run by the host, and an owner where nobody else is named', () => {
    const bench = started()
    expect(refusal(bench.propose(world(OTHER), null))).toBe('gov.unsigned')
    const number = bench.proposed(world(OTHER), ANN)
    expect(refusal(bench.decide(number))).toBe('gov.no_shadow')
    expect(refusal(bench.apply(number))).toBe('gov.no_shadow')
    expect(refusal(bench.shadow(number, 'mine', OWNER))).toBe('kernel.not_authorized')
    expect(refusal(bench.shadow(number, 'mine', null))).toBe('gov.unsigned')
    accepted(bench.shadow(number))
    expect(refusal(bench.apply(number))).toBe('gov.quorum')
    expect(refusal(bench.decide(number, ANN))).toBe('gov.not_approver')
    expect(refusal(bench.decide(number, null))).toBe('gov.unsigned')
    accepted(bench.decide(number))
    expect(refusal(bench.apply(number, ANN))).toBe('gov.not_approver')
    accepted(bench.apply(number))
    bench.checkReplay()
  })

  test('is taken back by who proposed it or by an owner, and rejected by an approver', () => {
    const bench = started()
    const [mine, theirs, bad] = [bench.proposed(world(OTHER), ANN), bench.proposed(world(OTHER), ANN), bench.proposed(world(OTHER))] // prettier-ignore
    expect(refusal(bench.command({ op: 'withdraw', proposal: mine }, BOB))).toBe('kernel.not_authorized')
    accepted(bench.command({ op: 'withdraw', proposal: mine }, ANN))
    accepted(bench.command({ op: 'withdraw', proposal: theirs }, OWNER))
    accepted(bench.shadow(bad))
    accepted(bench.decide(bad, OWNER, { decision: 'reject', reason: 'no' }))
    expect([mine, theirs, bad].map((number) => bench.proposal(number).status)).toEqual(['withdrawn', 'withdrawn', 'rejected']) // prettier-ignore
    expect(refusal(bench.decide(bad))).toBe('gov.not_open')
    bench.checkReplay()
  })

  test('says what its patch leads to', () => {
    const bench = started()
    const { patch, blobs } = bench.patch(world(OTHER))
    const base = { base: bench.world.manifestHash as Hash, baseHeight: bench.world.manifestHeight } // there is one
    const at = blobs.at(-1) as Hash // its own
    const other = bench.set(world({ policy: [] })).blobs.at(-1) as Hash // any manifest
    expect(patch.operations.length).toBeGreaterThan(0)
    expect(refusal(bench.command({ op: 'propose', patch: at, manifest: other, ...base }, OWNER, blobs))).toBe('gov.patch_mismatch') // prettier-ignore
    expect(refusal(bench.command({ op: 'propose', patch: at, manifest: other, ...base }, OWNER, []))).toBe('kernel.unlisted_blob') // prettier-ignore
    const bad = bench.keep(Uint8Array.of(0xd9, 0xd9, 0xf7, 0xa0))
    expect(refusal(bench.command({ op: 'propose', patch: bad, manifest: other, ...base }, OWNER, [bad]))).toBe('gov.bad_patch') // prettier-ignore
    expect(refusal(bench.command({ op: 'propose', patch: at, manifest: other, ...base, baseHeight: 0 }, OWNER, blobs))).toBe('kernel.stale_base') // prettier-ignore
  })

  test('survives a snapshot, with its number, its report and its approvals', () => {
    const bench = started()
    const number = bench.proposed(world(OTHER))
    accepted(bench.shadow(number))
    accepted(bench.decide(number))
    const root = bench.snapshot()
    const open = bench.world.readProposal(number)
    bench.world = bench.openFrom(root)
    expect(bench.world.readProposal(number)).toEqual(open)
    expect(bench.proposed(world({ policy: [] }))).toBe(2)
    accepted(bench.apply(number))
    expect(bench.proposal(number).status).toBe('applied')
    bench.checkReplay()
  })
})

describe('approvals', () => {
  test('are bound to patch, base and report, expire, and count once', () => {
    const bench = started()
    const number = bench.proposed(world(OTHER))
    accepted(bench.shadow(number))
    const { base } = bench.proposal(number)
    expect(refusal(bench.decide(number, OWNER, { patch: base }))).toBe('gov.other_patch')
    expect(refusal(bench.decide(number, OWNER, { baseHeight: 0 }))).toBe('gov.other_patch')
    expect(refusal(bench.decide(number, OWNER, { report: base }))).toBe('gov.other_report')
    expect(refusal(bench.decide(number, OWNER, { expiresNs: 1n }))).toBe('gov.expired')
    accepted(bench.decide(number))
    expect(refusal(bench.decide(number))).toBe('gov.replayed')
    // A new report takes the old approvals away.
    accepted(bench.shadow(number, 'looked again'))
    expect(refusal(bench.apply(number))).toBe('gov.quorum')
    accepted(bench.decide(number))
    accepted(bench.apply(number))
    bench.checkReplay()
  })

  test('that have expired when the change is applied do not count', () => {
    const bench = started()
    const number = bench.proposed(world(OTHER))
    accepted(bench.shadow(number))
    const { logicalNowNs } = bench.world.time
    accepted(bench.decide(number, OWNER, { expiresNs: logicalNowNs + 1_000_000_000n }))
    bench.skip(2_000_000_000n)
    expect(refusal(bench.apply(number))).toBe('gov.quorum')
  })

  test('are those of the manifest in force: by roles, by count, by person', () => {
    const approvals = [{ authority: 'narrows', count: 2 }, { authority: 'narrows', role: 'security', count: 1 }] // prettier-ignore
    const bench = started({ approvers: THREE, approvals })
    const number = bench.proposed(world({ ...OTHER, approvers: THREE, approvals }), ANN)
    accepted(bench.shadow(number))
    expect(refusal(bench.decide(number, OWNER))).toBe('gov.not_approver')
    accepted(bench.decide(number, ANN)) // it narrows: who proposed it may count
    expect(refusal(bench.apply(number, ANN))).toBe('gov.quorum')
    accepted(bench.decide(number, BOB))
    expect(refusal(bench.apply(number, ANN))).toBe('gov.quorum') // nobody from security
    accepted(bench.decide(number, CAT))
    accepted(bench.apply(number, BOB))
    bench.checkReplay()
  })

  test('of a change that widens are never those of who proposed it', () => {
    const bench = started({ approvers: THREE, policy: [] })
    const number = bench.proposed(world({ approvers: THREE }), ANN) // denies nothing any more
    expect(bench.proposal(number).authority).toBe('widens')
    accepted(bench.shadow(number))
    expect(refusal(bench.decide(number, ANN))).toBe('gov.own_proposal')
    accepted(bench.decide(number, BOB))
    accepted(bench.apply(number, ANN))
    bench.checkReplay()
  })

  test('an owner alone does not change a world that names approvers', () => {
    const bench = started({ approvers: THREE })
    expect(() => {
      bench.air(world({ ...OTHER, approvers: THREE }))
    }).toThrow(expect.objectContaining({ code: 'gov.governed' }) as Error)
  })

  test('are not those of the change that is judged', () => {
    const bench = started({ approvers: THREE, approvals: [{ authority: 'widens', count: 2 }] })
    const mallory = signer(66)
    expect(refusal(bench.propose(world({ approvers: people(['mallory', mallory]) }), mallory))).toBe('gov.unknown_key')
    bench.register(mallory, 'proposer')
    const number = bench.proposed(world({ approvers: people(['mallory', mallory]) }), mallory)
    expect(bench.proposal(number).authority).toBe('widens')
    accepted(bench.shadow(number))
    expect(refusal(bench.decide(number, mallory))).toBe('gov.not_approver')
    accepted(bench.decide(number, BOB))
    expect(refusal(bench.apply(number, BOB))).toBe('gov.quorum') // the rule that the change would take away
    expect(refusal(bench.apply(number, mallory))).toBe('gov.not_approver')
  })

  test('signed by a host are none', () => {
    const bench = started()
    const number = bench.proposed(world(OTHER))
    accepted(bench.shadow(number))
    expect(refusal(bench.decide(number, HOST))).toBe('gov.not_approver')
  })
})

describe('new code', () => {
  test('runs for the next event, and a replay of old entries runs the old code', () => {
    const bench = started()
    accepted(bench.event('demo/Add@1', { by: 1 }))
    const next = world().map((definition) => ('module_kind' in definition ? { ...definition, wasm_hash: bench.keep(new TextEncoder().encode('demo/count_twice@1')) } : definition)) // prettier-ignore
    bench.change(next)
    accepted(bench.event('demo/Add@1', { by: 1 }))
    expect(bench.state('demo/count@1')).toEqual(new Map([['n', 3]]))
    bench.checkReplay()
  })
})
