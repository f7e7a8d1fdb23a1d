/** `defplan` from JSON, normalised (spec/03-air.md, "Definitions" and "Slots"). */
import { compareText, report, shown } from '../issues.ts'
import { isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { DefPlan, PlanEdge, PlanSlot, PlanStep, ReceiptStatus } from '../plan-model.ts'
import { below, type FormPlace } from '../expressions/forms.ts'
import { readExpr } from '../expressions/parse-expr.ts'
import { readTypedSlot, readUntypedSlot, type SlotSchema } from '../plans/read-slot.ts'
import { checkStructure } from '../structure/check.ts'
import { DEFPLAN_SHAPE, STEP_SHAPES } from '../structure/shapes.ts'
import { sortOf } from '../types/parse.ts'
import type { SlotSchemas } from './known.ts'
import { itemsAt, objectAt, textAt } from './members.ts'

/** A plan in its normal form, or undefined when anything was reported; all findings go to the sink. */
export function readPlan(node: JsonObject, place: FormPlace, schemas: SlotSchemas): DefPlan | undefined {
  const before = place.sink.issues.length
  checkStructure(DEFPLAN_SHAPE, node, place.sink, place.path)
  const locals = readLocals(node, place)
  const output = textAt(node, 'output')
  const reader = new StepReader({ schemas, locals, output })
  const steps = itemsAt(node, 'steps').flatMap((step, index) => reader.read(step, below(place, 'steps', index)) ?? [])
  const edges = itemsAt(node, 'edges').flatMap((edge, index) => readEdge(edge, below(place, 'edges', index)))
  const invariants = itemsAt(node, 'invariants').flatMap(
    (invariant, index) => readExpr(invariant, below(place, 'invariants', index)) ?? [],
  )
  const [name, input] = [textAt(node, 'name'), textAt(node, 'input')]
  if (place.sink.issues.length > before || name === undefined || input === undefined) return undefined
  return {
    kind: 'defplan',
    name,
    input,
    ...(output === undefined ? {} : { output }),
    locals,
    steps,
    edges,
    requiredCaps: derivedOr(textsAt(node, 'required_caps'), capsOf(steps)),
    allowedEffects: derivedOr(textsAt(node, 'allowed_effects'), effectsOf(steps)),
    invariants,
  }
}

/** Grants that the steps use, sorted. */
export function capsOf(steps: readonly PlanStep[]): readonly string[] {
  return sorted(steps.flatMap((step) => (step.op === 'emit_effect' ? [step.cap] : [])))
}

/** Effect kinds that the steps emit, sorted. */
export function effectsOf(steps: readonly PlanStep[]): readonly string[] {
  return sorted(steps.flatMap((step) => (step.op === 'emit_effect' ? [step.effectKind] : [])))
}

function derivedOr(authored: readonly string[], derived: readonly string[]): readonly string[] {
  return authored.length === 0 ? derived : sorted(authored)
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(compareText)
}

/** The texts of a list. */
export function textsAt(node: JsonObject, key: string): readonly string[] {
  return itemsAt(node, key).filter((item) => typeof item === 'string')
}

function readLocals(node: JsonObject, { sink, path }: FormPlace): ReadonlyMap<string, string> {
  const locals = new Map<string, string>()
  for (const [name, schema] of objectAt(node, 'locals') ?? []) {
    if (name === '' || name.includes('.')) {
      report(sink, 'air.bad_name', [...path, 'locals', name], 'expected the name of a variable, without a dot')
    }
    if (typeof schema === 'string') locals.set(name, schema)
  }
  return locals
}

function readEdge(node: JsonNode, place: FormPlace): readonly PlanEdge[] {
  if (!isJsonObject(node)) return []
  const [from, to] = [textAt(node, 'from'), textAt(node, 'to')]
  const when = optional(node, 'when', place, readExpr)
  return from === undefined || to === undefined ? [] : [{ from, to, ...(when === undefined ? {} : { when }) }]
}

function optional<T>(
  node: JsonObject,
  key: string,
  place: FormPlace,
  read: (node: JsonNode, place: FormPlace) => T | undefined,
): T | undefined {
  const member = node.get(key)
  return member === undefined || member === null ? undefined : read(member, below(place, key))
}

/** A member that the structure holds to be there; `null` is a value. */
function required<T>(
  node: JsonObject,
  key: string,
  place: FormPlace,
  read: (node: JsonNode, place: FormPlace) => T | undefined,
): T | undefined {
  return read(node.get(key) ?? null, below(place, key))
}

interface PlanNames {
  readonly schemas: SlotSchemas
  readonly locals: ReadonlyMap<string, string>
  readonly output: string | undefined
}

const TIME: SlotSchema = { type: { kind: 'time' }, table: new Map() }
const HASH: SlotSchema = { type: { kind: 'hash' }, table: new Map() }

class StepReader {
  readonly #names: PlanNames

  constructor(names: PlanNames) {
    this.#names = names
  }

  read(node: JsonNode, place: FormPlace): PlanStep | undefined {
    const op = isJsonObject(node) ? textAt(node, 'op') : undefined
    const shape = STEP_SHAPES.get(op ?? '')
    if (!isJsonObject(node) || shape === undefined) {
      const ops = [...STEP_SHAPES.keys()].join(', ')
      const found = isJsonObject(node) ? sortOf(node.get('op')) : sortOf(node)
      report(place.sink, 'air.bad_step', place.path, `expected a step with op of ${ops}, found ${found}`)
      return undefined
    }
    if (!checkStructure(shape, node, place.sink, place.path)) return undefined
    const id = textAt(node, 'id') ?? ''
    switch (op) {
      case 'raise_event':
        return this.#raise(id, node, place)
      case 'emit_effect':
        return this.#emit(id, node, place)
      case 'await_receipt':
      case 'await_event':
        return this.#await(op, id, node, place)
      case 'assign':
        return this.#assign(id, node, place)
      default:
        return this.#end(id, node, place)
    }
  }

  #raise(id: string, node: JsonObject, place: FormPlace): PlanStep | undefined {
    const event = textAt(node, 'event') ?? ''
    const value = this.#ofSchema(node, 'value', place, { name: event, from: 'event' })
    return value && { op: 'raise_event', id, event, value }
  }

  #emit(id: string, node: JsonObject, place: FormPlace): PlanStep | undefined {
    const effectKind = textAt(node, 'kind') ?? ''
    const schema = this.#names.schemas.ofEffect(effectKind)
    if (schema === undefined && this.#isAuthored) {
      const message = `no effect at hand is of the kind ${shown(effectKind)}, so its parameters cannot be read`
      report(place.sink, 'air.unknown_effect', [...place.path, 'kind'], message)
      return undefined
    }
    const params = required(node, 'params', place, this.#reader(schema))
    const idempotencyKey = optional(node, 'idempotency_key', place, this.#reader(HASH))
    const bind = objectAt(node, 'bind')
    return (
      params && {
        op: 'emit_effect',
        id,
        effectKind,
        params,
        cap: textAt(node, 'cap') ?? '',
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        handle: (bind && textAt(bind, 'effect_id_as')) ?? '',
      }
    )
  }

  #await(op: 'await_receipt' | 'await_event', id: string, node: JsonObject, place: FormPlace): PlanStep | undefined {
    const deadline = optional(node, 'deadline', place, this.#reader(TIME))
    const common = { id, bind: nameBound(node), ...(deadline === undefined ? {} : { deadline }) }
    if (op === 'await_event') {
      const where = optional(node, 'where', place, readExpr)
      return { op, ...common, event: textAt(node, 'event') ?? '', ...(where === undefined ? {} : { where }) }
    }
    const receipt = required(node, 'for', place, readExpr)
    const accept = textsAt(node, 'accept').filter(isStatus)
    return receipt && { op, ...common, for: receipt, ...(accept.length === 0 ? {} : { accept }) }
  }

  #assign(id: string, node: JsonObject, place: FormPlace): PlanStep | undefined {
    const bind = nameBound(node)
    const local = this.#names.locals.get(bind)
    const expr =
      local === undefined
        ? required(node, 'expr', place, readUntypedSlot)
        : this.#ofSchema(node, 'expr', place, { name: local, from: undefined })
    return expr && { op: 'assign', id, expr, bind }
  }

  #end(id: string, node: JsonObject, place: FormPlace): PlanStep | undefined {
    const result = node.get('result')
    if (result === undefined || result === null) return { op: 'end', id }
    const { output } = this.#names
    if (output === undefined && this.#isAuthored) {
      report(place.sink, 'air.plan_result', [...place.path, 'result'], 'the plan declares no output')
      return undefined
    }
    const slot = this.#ofSchema(node, 'result', place, { name: output ?? '', from: undefined })
    return slot && { op: 'end', id, result: slot }
  }

  get #isAuthored(): boolean {
    return this.#names.schemas.mode === 'authored'
  }

  /** `from` is the member of the step that names the schema. */
  #ofSchema(
    node: JsonObject,
    key: string,
    place: FormPlace,
    { name, from }: { readonly name: string; readonly from: string | undefined },
  ): PlanSlot | undefined {
    const schema = this.#names.schemas.ofSchema(name)
    if (schema === undefined && this.#isAuthored) {
      const message = `the schema ${shown(name)} is not there, so the value cannot be read`
      report(place.sink, 'air.unknown_schema', [...place.path, from ?? key], message)
      return undefined
    }
    return required(node, key, place, this.#reader(schema))
  }

  #reader(schema: SlotSchema | undefined): (node: JsonNode, place: FormPlace) => PlanSlot | undefined {
    return (node, place) =>
      schema === undefined || !this.#isAuthored ? readUntypedSlot(node, place) : readTypedSlot(node, schema, place)
  }
}

function nameBound(node: JsonObject): string {
  const bind = objectAt(node, 'bind')
  return (bind && textAt(bind, 'as')) ?? ''
}

const STATUSES: ReadonlySet<string> = new Set<ReceiptStatus>(['ok', 'error', 'timeout', 'denied', 'unknown'])

function isStatus(text: string): text is ReceiptStatus {
  return STATUSES.has(text)
}
