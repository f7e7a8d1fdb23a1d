/** What is different between two schemas with all that they refer to (spec/23-authority.md, "Fields that differ"). */
import type { TypeExpr } from '../model.ts'
import { TypeIds } from '../types/type-ids.ts'
import type { TypeInTable } from './acceptance.ts'
import { comparePaths, compareText } from '../issues.ts'
import type { DiffItem } from './port.ts'
import { diffTypes } from './type-items.ts'

/**
 * Every place where the types differ with references followed, each in its own table: in order of path, then of change. Empty exactly when they are
 * equal so. Two schemas that meet in several places are compared in the first; in others they are `reference_affected`.
 */
export function diffSchemas(before: TypeInTable, after: TypeInTable): readonly DiffItem[] {
  const types = new TypeIds()
  const met = new Set<string>()
  const items = diffTypes(before.type, after.type, [], {
    isSame: (was, is) => types.idOf(was, before.table) === types.idOf(is, after.table),
    isNew(was, is) {
      const pair = JSON.stringify([was, is])
      return !met.has(pair) && met.add(pair) !== undefined
    },
    typeBefore: (name) => behind(name, before),
    typeAfter: (name) => behind(name, after),
  })
  return items.toSorted((left, right) => comparePaths(left.path, right.path) || compareText(left.change, right.change))
}

/** What an alias stands for; undefined when it leads nowhere or to itself. */
function behind(name: string, { table }: TypeInTable): TypeExpr | undefined {
  const seen = new Set<string>()
  let type = table.get(name)
  while (type?.kind === 'ref') {
    if (seen.has(type.name)) return undefined
    seen.add(type.name)
    type = table.get(type.name)
  }
  return type
}
