/** Differences in words, for people (spec/03-air.md, "Differences"). Nothing may compare them. */
import { formatPath } from '@aos/cbor'
import { formatJson } from '../json-format.ts'
import type { DefinitionDiff, DiffItem } from './port.ts'

/** What stands before a definition in a list of differences. */
export const DIFF_SIGNS: Readonly<Record<DefinitionDiff['change'], string>> = {
  added: '+',
  removed: '-',
  changed: '~',
  affected: '≈',
}

/** One difference on one line: where, what happened, what was there and what is. */
export function diffItemText(item: DiffItem): string {
  const [before, after] = [item.before, item.after].map((node) => (node === undefined ? undefined : formatJson(node)))
  const word = item.change.replaceAll('_', ' ')
  const both = [before, after].filter((text) => text !== undefined).join(' → ')
  const values = item.change === 'reference_affected' ? (before ?? '') : both
  return `${formatPath(item.path)}: ${word}${values === '' ? '' : ` ${values}`}`
}
