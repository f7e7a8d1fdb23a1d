/** The items of a comparison in their order, and what they come to (spec/23-authority.md, "Rules"). */
import { comparePaths, compareText } from '../issues.ts'
import type { Authority } from '../plan-model.ts'
import type { AuthorityItem, AuthorityReport, AuthoritySection } from './port.ts'

const SECTIONS: readonly AuthoritySection[] = [
  'effects',
  'caps',
  'grants',
  'policy',
  'secrets',
  'plans',
  'modules',
  'bindings',
  'approvers',
  'approvals',
  'limits',
  'schemas',
  'policies',
  'module_bindings',
  'routing',
  'triggers',
  'migrations',
  'manifest',
]

/** From the narrowest to the widest. */
const CHANGES: readonly Authority[] = ['narrows', 'keeps', 'widens']

/** The report of all items: the widest of them is the verdict. */
export function makeReport(items: readonly AuthorityItem[]): AuthorityReport {
  const widest = items.reduce((width, { change }) => Math.max(width, CHANGES.indexOf(change)), items.length > 0 ? 0 : 1)
  const verdict = CHANGES[widest] ?? 'widens'
  const approval = items.some((item) => item.approval === true)
  return { verdict, approval, items: items.map(inOrder).toSorted(compareItems) }
}

/** With its members in one order, so that equal items are written alike. */
function inOrder({ section, name, path, change, rule, approval, reason }: AuthorityItem): AuthorityItem {
  return {
    section,
    name,
    ...(path === undefined ? {} : { path }),
    change,
    rule,
    ...(approval === undefined ? {} : { approval }),
    reason,
  }
}

function compareItems(left: AuthorityItem, right: AuthorityItem): number {
  return (
    SECTIONS.indexOf(left.section) - SECTIONS.indexOf(right.section) ||
    compareText(left.name, right.name) ||
    comparePaths(left.path ?? [], right.path ?? []) ||
    CHANGES.indexOf(left.change) - CHANGES.indexOf(right.change)
  )
}

/** Every name that one of the two has, in order. */
export function namesOfBoth(before: Iterable<string>, after: Iterable<string>): readonly string[] {
  return [...new Set([...before, ...after])].toSorted(compareText)
}

/** What a greater number does, where greater means more. */
export function compareAmounts(before: bigint, after: bigint): Authority {
  if (before === after) return 'keeps'
  return after < before ? 'narrows' : 'widens'
}
