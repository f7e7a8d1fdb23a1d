/** Whether what is there can go on under another set (spec/23-authority.md, "State"). */
import { makeSide, type Side } from '../authority/side.ts'
import { namesOfBoth } from '../authority/items.ts'
import type { DefinitionSet } from '../definitions/definition-set.ts'
import { checkAcceptance } from '../diff/acceptance.ts'
import { diffSchemas } from '../diff/schemas.ts'
import { compareText } from '../issues.ts'
import type { PlanStep } from '../plan-model.ts'
import type { StateItem, StateReport, StateSubject, StateVerdict } from './port.ts'
import { isSameSchema, type SchemaInTable } from './same-schema.ts'

/** Two complete sets that were checked: what is in force, and what is to come into force. */
export interface CompareStateOptions {
  readonly base: DefinitionSet
  readonly next: DefinitionSet
}

const SUBJECTS: readonly StateSubject[] = ['state', 'key', 'raised', 'awaited', 'asked']

/** From the lightest to the gravest. */
const VERDICTS: readonly StateVerdict[] = ['accepted', 'migrated', 'needs_migration', 'refused']

/**
 * Of every reducer on both sides the schemas of states and keys, and of every plan of the base those of what it raises, awaits and asks for: where one means
 * something else in `next`, whether values can go on, and the fields that differ. It says what is so if there are cells and running instances;
 * whether there are, the caller knows. Equal sets give equal reports (spec/23-authority.md, "State").
 */
export function compareState({ base, next }: CompareStateOptions): StateReport {
  const [before, after] = [makeSide(base), makeSide(next)]
  const items = [
    ...compareReducers(before, after),
    ...compareEvents(before, after),
    ...compareParameters(before, after),
  ].toSorted(compareItems)
  const gravest = items.reduce((most, { verdict }) => Math.max(most, VERDICTS.indexOf(verdict)), 0)
  return { verdict: VERDICTS[gravest] ?? 'refused', items }
}

function compareItems(left: StateItem, right: StateItem): number {
  return SUBJECTS.indexOf(left.subject) - SUBJECTS.indexOf(right.subject) || compareText(left.name, right.name)
}

/** C2, C3: reducers on both sides. Cells of one that is gone stay as they are. */
function compareReducers(before: Side, after: Side): readonly StateItem[] {
  return namesOfBoth(before.modules.keys(), after.modules.keys()).flatMap((name): readonly StateItem[] => {
    const [was, is] = [before.modules.get(name)?.definition, after.modules.get(name)?.definition]
    if (was?.reducer === undefined || is?.reducer === undefined) return []
    const migration = after.manifest.migrations.find((each) => each.kind === 'state' && each.reducer === name)
    const [old, fresh] = [inTable(was.reducer.state, before), inTable(is.reducer.state, after)]
    const states = isSameSchema(old, fresh)
      ? []
      : [judge({ subject: 'state', name }, { values: old, by: fresh, module: migration?.module, after })]
    return [...states, ...compareKeys(name, [was.keySchema, before], [is.keySchema, after])]
  })
}

/** No migration changes where a cell lies. */
function compareKeys(
  name: string,
  [was, before]: readonly [string | undefined, Side],
  [is, after]: readonly [string | undefined, Side],
): readonly StateItem[] {
  if (was === undefined || is === undefined) {
    if (was === is) return []
    const names = { ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }
    return [{ subject: 'key', name, ...names, verdict: 'refused', fields: [] }]
  }
  const [old, fresh] = [inTable(was, before), inTable(is, after)]
  return isSameSchema(old, fresh) ? [] : [judge({ subject: 'key', name }, { values: old, by: fresh })]
}

/** C4, C5: what running instances can still raise must be taken, what they still await must be known to them. */
function compareEvents(before: Side, after: Side): readonly StateItem[] {
  return [...eventsOf(before, 'raise_event'), ...eventsOf(before, 'await_event')].flatMap(
    ({ op, name }): readonly StateItem[] => {
      const subject = op === 'raise_event' ? 'raised' : 'awaited'
      const [old, fresh] = [inTable(name, before), inTable(name, after)]
      if (isSameSchema(old, fresh)) return []
      if (!after.table.has(name)) return [{ subject, name, before: name, verdict: 'refused', fields: [] }]
      if (op === 'await_event') return [judge({ subject, name }, { values: fresh, by: old })]
      const migration = after.manifest.migrations.find((each) => each.kind === 'event' && each.event === name)
      return [judge({ subject, name }, { values: old, by: fresh, module: migration?.module, after })]
    },
  )
}

type EventOp = 'raise_event' | 'await_event'

function eventsOf(side: Side, op: EventOp): readonly { readonly op: EventOp; readonly name: string }[] {
  const names = stepsOf(side).flatMap((step) => (step.op === op ? [step.event] : []))
  return namesOfBoth(names, []).map((name) => ({ op, name }))
}

/** C6: an effect that is not listed any more is a power that was taken away, and strands nobody. */
function compareParameters(before: Side, after: Side): readonly StateItem[] {
  const kinds = stepsOf(before).flatMap((step) => (step.op === 'emit_effect' ? [step.effectKind] : []))
  return namesOfBoth(kinds, []).flatMap((name): readonly StateItem[] => {
    const [was, is] = [before.effects.get(name), after.effects.get(name)]
    if (was === undefined || is === undefined) return []
    const [old, fresh] = [inTable(was.paramsSchema, before), inTable(is.paramsSchema, after)]
    return isSameSchema(old, fresh) ? [] : [judge({ subject: 'asked', name }, { values: old, by: fresh })]
  })
}

function stepsOf(side: Side): readonly PlanStep[] {
  return [...side.set.plans.values()].flatMap(({ steps }) => steps)
}

function inTable(name: string, { table }: Side): SchemaInTable {
  return { name, table }
}

/** Whose values have to be values of what, and the module that may lead from the one to the other. */
interface Question {
  readonly values: SchemaInTable
  readonly by: SchemaInTable
  readonly module?: string | undefined
  /** Where the module is listed. */
  readonly after?: Side
}

function judge(about: Pick<StateItem, 'subject' | 'name'>, { values, by, module, after }: Question): StateItem {
  // What is awaited is judged the other way round: the next set makes the values.
  const [old, fresh] = about.subject === 'awaited' ? [by, values] : [values, by]
  const item = { ...about, before: old.name, after: fresh.name, fields: diffSchemas(typeOf(old), typeOf(fresh)) }
  if (module !== undefined && after !== undefined) {
    const input = after.modules.get(module)?.definition.pure?.input
    const taken = input === undefined ? undefined : checkAcceptance(typeOf(values), typeOf(inTable(input, after)))
    if (taken?.verdict === 'yes') return { ...item, verdict: 'migrated', module }
    return { ...item, verdict: 'needs_migration', module, ...(taken === undefined ? {} : { because: taken }) }
  }
  const accepted = checkAcceptance(typeOf(values), typeOf(by))
  if (accepted.verdict === 'yes') return { ...item, verdict: 'accepted' }
  const canMigrate = about.subject === 'state' || about.subject === 'raised'
  return { ...item, verdict: canMigrate ? 'needs_migration' : 'refused', because: accepted }
}

function typeOf({ name, table }: SchemaInTable): Parameters<typeof checkAcceptance>[0] {
  return { type: { kind: 'ref', name }, table }
}
