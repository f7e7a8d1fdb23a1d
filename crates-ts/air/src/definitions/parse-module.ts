/** `defmodule` from JSON (spec/03-air.md, "Modules"). */
import type { ErrorPath } from '@aos/cbor'
import { report, type IssueSink } from '../issues.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { DefModule, PureAbi, ReducerAbi } from '../model.ts'
import { checkStructure } from '../structure/check.ts'
import { DEFMODULE_SHAPE } from '../structure/shapes.ts'
import { readHash } from './hash-field.ts'
import { itemsAt, objectAt, textAt } from './members.ts'

/** A module definition, or undefined when anything was reported; all findings go to the sink. */
export function readModule(node: JsonObject, sink: IssueSink, path: ErrorPath): DefModule | undefined {
  const before = sink.issues.length
  checkStructure(DEFMODULE_SHAPE, node, sink, path)
  const wasmHash = readHash(node.get('wasm_hash'), sink, [...path, 'wasm_hash'])
  const moduleKind = readModuleKind(node)
  checkSlots(node, sink, path)
  if (moduleKind !== undefined) checkAbi(node, moduleKind, sink, path)
  const name = textAt(node, 'name')
  if (sink.issues.length > before || name === undefined || moduleKind === undefined || wasmHash === undefined) {
    return undefined
  }
  const keySchema = textAt(node, 'key_schema')
  const abi = objectAt(node, 'abi')
  const reducer = readReducerAbi(abi && objectAt(abi, 'reducer'))
  const pure = readPureAbi(abi && objectAt(abi, 'pure'))
  return {
    kind: 'defmodule',
    name,
    moduleKind,
    wasmHash,
    ...(keySchema === undefined ? {} : { keySchema }),
    ...(reducer === undefined ? {} : { reducer }),
    ...(pure === undefined ? {} : { pure }),
  }
}

function readModuleKind(node: JsonObject): DefModule['moduleKind'] | undefined {
  const kind = textAt(node, 'module_kind')
  return kind === 'reducer' || kind === 'pure' ? kind : undefined
}

/** A reducer has the section `reducer` and not `pure`, a pure module the reverse and no key. */
function checkAbi(node: JsonObject, kind: DefModule['moduleKind'], sink: IssueSink, path: ErrorPath): void {
  const abi = node.get('abi')
  if (!isJsonObject(abi)) return
  const other = kind === 'reducer' ? 'pure' : 'reducer'
  if (isAbsent(abi, kind)) {
    report(sink, 'air.abi_mismatch', [...path, 'abi', kind], `a module of the kind ${kind} needs this section`)
  }
  if (!isAbsent(abi, other)) {
    report(sink, 'air.abi_mismatch', [...path, 'abi', other], `a module of the kind ${kind} cannot have this section`)
  }
  if (kind === 'pure' && !isAbsent(node, 'key_schema')) {
    report(sink, 'air.abi_mismatch', [...path, 'key_schema'], 'a pure module has no cells and so no key')
  }
}

function checkSlots(node: JsonObject, sink: IssueSink, path: ErrorPath): void {
  const abi = objectAt(node, 'abi')
  const reducer = abi && objectAt(abi, 'reducer')
  if (reducer === undefined || !objectAt(reducer, 'cap_slots')?.has('')) return
  report(sink, 'air.bad_name', [...path, 'abi', 'reducer', 'cap_slots', ''], 'expected a name that is not empty')
}

function isAbsent(node: JsonObject, key: string): boolean {
  return (node.get(key) ?? null) === null
}

function readReducerAbi(node: JsonObject | undefined): ReducerAbi | undefined {
  if (node === undefined) return undefined
  const [state, event] = [textAt(node, 'state'), textAt(node, 'event')]
  if (state === undefined || event === undefined) return undefined
  const [context, annotations] = [textAt(node, 'context'), textAt(node, 'annotations')]
  const slots = [...(objectAt(node, 'cap_slots') ?? [])]
  return {
    state,
    event,
    ...(context === undefined ? {} : { context }),
    ...(annotations === undefined ? {} : { annotations }),
    effectsEmitted: itemsAt(node, 'effects_emitted').filter((item) => typeof item === 'string'),
    capSlots: new Map(slots.flatMap(([slot, type]) => (typeof type === 'string' ? [[slot, type]] : []))),
  }
}

function readPureAbi(node: JsonObject | undefined): PureAbi | undefined {
  if (node === undefined) return undefined
  const [input, output] = [textAt(node, 'input'), textAt(node, 'output')]
  if (input === undefined || output === undefined) return undefined
  const context = textAt(node, 'context')
  return { input, output, ...(context === undefined ? {} : { context }) }
}
