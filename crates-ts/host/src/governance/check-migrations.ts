/** What a migration takes is held to what is there before anything is run (spec/17-governance.md, "Migrations"). */
import { compareState } from '@aos/air'
import type { DefinitionSet, StateItem } from '@aos/air'
import { AosError, formatPath } from '@aos/cbor'

/** What is in force, and what is to come into force. */
export interface ChangedSets {
  readonly base: DefinitionSet
  readonly next: DefinitionSet
}

/**
 * Throws `host.bad_migration` when a module that `migrations` names does not take what it is to lead on from: the states of a reducer as the base has them, or an
 * event that plans of the base raise. A kernel admits it, and every cell would fail. Costs a comparison of types.
 */
export function checkMigrations({ base, next }: ChangedSets): void {
  if (next.manifest.migrations.length === 0) return
  const wrong = compareState({ base, next }).items.filter(isWrong)
  const [first] = wrong
  if (first === undefined) return
  const input = inputOf(next, first.module)
  throw new AosError('host.bad_migration', sentenceOf(first, input), {
    path: ['migrations', next.manifest.migrations.findIndex(({ module }) => module === first.module)],
    details: {
      migrations: wrong.map(({ name, module, before, because }) => ({
        name,
        module,
        before,
        input: inputOf(next, module),
        ...(because === undefined ? {} : { because: describe(because) }),
      })),
    },
    hint: `keep the old type of ${first.before ?? 'the state'} under a name of its own, and let ${first.module} take that`,
  })
}

type WrongItem = StateItem & { readonly module: string }

function isWrong(item: StateItem): item is WrongItem {
  return item.verdict === 'needs_migration' && item.module !== undefined
}

function inputOf(next: DefinitionSet, module: string): string | undefined {
  return next.modules.get(module)?.pure?.input
}

function sentenceOf({ subject, name, module, before, because }: WrongItem, input: string | undefined): string {
  const what = subject === 'state' ? `a state of ${name}` : `an event ${name}`
  const why = because === undefined ? '' : `: ${because.message}`
  return `${module} is to take ${what} as it is now, a value of ${before ?? 'its schema'}, but takes ${input ?? 'nothing'}, which does not fit it${why}`
}

function describe(because: NonNullable<StateItem['because']>): object {
  const { code, message } = because
  return { code, message, ...('path' in because ? { path: formatPath(because.path) } : {}) }
}
