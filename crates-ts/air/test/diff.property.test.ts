import { equalBytes, isAosError } from '@aos/cbor'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkAcceptance, compileSchema, diffDefinitions, encodeDefinition, valueFromJson } from '../src/index.ts'
import type { Definition } from '../src/index.ts'
import { definitions } from './arbitrary-definitions.ts'
import { choices, editOnce, relatedType } from './_edits.ts'
import { propertyOptions, typedTable, valueOf } from './_types.ts'

const sets = fc.uniqueArray(definitions, {
  selector: (each: Definition) => (each.kind === 'manifest' ? 'manifest' : `${each.kind} ${each.name}`),
  maxLength: 5,
})

it('nothing differs from itself, in whatever order it comes', () => {
  fc.assert(
    fc.property(sets, (set) => {
      const nothing = { equal: true, definitions: [] }
      expect(diffDefinitions({ before: set, after: set })).toEqual(nothing)
      expect(diffDefinitions({ before: set, after: set.toReversed() })).toEqual(nothing)
    }),
    propertyOptions(200),
  )
})

it('every single edit is reported, at the definition that was edited', () => {
  fc.assert(
    fc.property(sets, definitions, choices, (others, original, numbers) => {
      const nameOf = (each: Definition): string => (each.kind === 'manifest' ? 'manifest' : each.name)
      const around = others.filter((each) => each.kind !== original.kind || nameOf(each) !== nameOf(original))
      const edited = editOnce(original, numbers)
      const isSame = equalBytes(encodeDefinition(edited), encodeDefinition(original))
      const diff = diffDefinitions({ before: [...around, original], after: [edited, ...around] })
      expect(diff.equal).toBe(isSame)
      const changed = diff.definitions.filter(({ change }) => change !== 'affected')
      expect(changed.map(({ kind, name }) => [kind, name])).toEqual(isSame ? [] : [[original.kind, nameOf(original)]])
      for (const { items } of changed) expect(items.length).toBeGreaterThan(0)
    }),
    propertyOptions(1500),
  )
})

it('two definitions of one kind and name are equal exactly when their nodes are', () => {
  fc.assert(
    fc.property(definitions, definitions, (left, right) => {
      if (left.kind !== right.kind) return
      const other = right.kind === 'manifest' || left.kind === 'manifest' ? right : { ...right, name: left.name }
      const diff = diffDefinitions({ before: [left], after: [other] })
      expect(diff.equal).toBe(equalBytes(encodeDefinition(left), encodeDefinition(other)))
    }),
    propertyOptions(300),
  )
})

it('yes: the values validate under the other type; no: the witness does not, for the reason that is given', () => {
  const seen = { yes: 0, no: 0 }
  fc.assert(
    fc.property(typedTable, choices, fc.integer(), ({ type, table }, numbers, seed) => {
      const other = relatedType(type, numbers)
      const verdict = checkAcceptance({ type, table }, { type: other, table })
      const [own, foreign] = [compileSchema(type, table), compileSchema(other, table)]
      if (verdict.verdict === 'unknown') throw new Error(verdict.message)
      seen[verdict.verdict] += 1
      if (verdict.verdict === 'yes') {
        for (const value of fc.sample(valueOf(type, table), { numRuns: 8, seed })) foreign.validate(own.encode(value))
        return
      }
      const read = valueFromJson(type, table, verdict.witness, { lens: 'sugar' })
      if (!read.ok) throw new Error('the witness is no value of the type')
      try {
        foreign.validate(own.encode(read.value))
      } catch (error) {
        if (!isAosError(error)) throw error
        expect({ code: error.code, path: error.path }).toEqual({ code: verdict.code, path: verdict.path })
        return
      }
      throw new Error('the witness is a value of both types')
    }),
    propertyOptions(600),
  )
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100)
})

it('acceptance is reflexive, and what two types say of each other fits together', () => {
  fc.assert(
    fc.property(typedTable, choices, choices, ({ type, table }, first, second) => {
      const [b, c] = [relatedType(type, first), relatedType(type, second)]
      const accepts = (from: typeof type, to: typeof type): string =>
        checkAcceptance({ type: from, table }, { type: to, table }).verdict
      expect(accepts(type, type)).toBe('yes')
      if (accepts(type, b) === 'yes' && accepts(b, c) === 'yes') expect(accepts(type, c)).toBe('yes')
    }),
    propertyOptions(200),
  )
})
