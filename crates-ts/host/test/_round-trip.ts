/** A change of each example that comes from elsewhere is pulled, and taken back again: bytes are compared. */
import { expect } from 'vitest'
import { exampleFiles, makePullWorld, manifestOf } from './_pull-world.ts'
import type { Written } from './_pull-world.ts'

const EXTRA = 'demo/Extra@1'

/** Something of each kind that there is: a schema, a copy and a change of a plan, a rule, a budget, another order of triggers. */
function changeAll(definitions: Written[]): void {
  const manifest = manifestOf(definitions)
  const list = (section: string): unknown[] => (manifest[section] ??= []) as unknown[]
  list('schemas').unshift(EXTRA)
  definitions.push({ $kind: 'defschema', name: EXTRA, type: { record: { note: 'text' } } })
  const plan = definitions.find(({ $kind }) => $kind === 'defplan')
  if (plan !== undefined) {
    const isFree = !definitions.some(({ $kind }) => $kind === 'defsecret')
    if (isFree) definitions.push({ ...structuredClone(plan), name: 'demo/copy@1' })
    if (isFree) list('plans').push('demo/copy@1')
    const edges = plan['edges'] as unknown[]
    edges.reverse()
  }
  const policy = definitions.find(({ $kind }) => $kind === 'defpolicy')
  const rules = policy?.['rules'] as unknown[] | undefined
  rules?.unshift({ when: { effect_kind: 'blob.get' }, decision: 'deny' })
  const triggers = manifest['triggers'] as unknown[] | undefined
  triggers?.reverse()
  const { cap_grants: grants } = (manifest['defaults'] ?? {}) as { readonly cap_grants?: Record<string, unknown>[] }
  for (const grant of grants ?? []) grant['budgets'] ??= { calls: { limit: 7 } }
}

function makeBack(
  world: Awaited<ReturnType<typeof makePullWorld>>,
  before: Readonly<Record<string, string>>,
): ReturnType<typeof world.push> {
  return world.changeElsewhere((definitions) => {
    definitions.length = 0
    for (const [file, text] of Object.entries(before)) {
      if (!file.startsWith('air/')) continue
      const found = JSON.parse(text) as Written | Written[] // AIR of the example
      definitions.push(...(Array.isArray(found) ? found : [found]))
    }
  })
}

/** Bytes of the folder before, after, and after the way back. */
export async function checkRoundTrip(example: string): Promise<void> {
  const files = exampleFiles(example)
  const world = await makePullWorld(files)
  try {
    const first = await world.push()
    const before = world.look()
    expect(await world.pull()).toMatchObject({ outcome: 'unchanged', changes: [], kept: [], modules: [], files: [] })
    expect(world.look()).toEqual(before)
    const second = await world.changeElsewhere(changeAll)
    expect(second.outcome).toBe('pushed')
    const planned = await world.pull({ dryRun: true })
    expect(world.look()).toEqual(before)
    const pulled = await world.pull()
    expect(pulled).toEqual({ ...planned, outcome: 'pulled' })
    expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged', manifest: second.manifest })
    const after = world.look()
    expect(countDerived(after)).toBe(countDerived(before))
    const changed = Object.keys(after).filter((file) => after[file] !== before[file])
    expect(pulled.files.map(({ file }) => file).sort()).toEqual(changed)
    // And back: what somebody takes away again leaves no trace.
    const restored = await makeBack(world, before)
    expect(restored.manifest).toBe(first.manifest)
    await world.pull()
    expect(await world.push({ dryRun: true })).toMatchObject({ outcome: 'unchanged', manifest: first.manifest })
    expect(world.look()).toEqual(before)
  } finally {
    await world.close()
  }
}

/** Lists that follow from the steps of a plan: who did not write them does not get them. */
function countDerived(files: Readonly<Record<string, string>>): number {
  return Object.values(files).join().split('"required_caps"').length
}
