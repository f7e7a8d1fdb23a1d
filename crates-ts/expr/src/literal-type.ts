/** The types of literals (spec/09-expressions.md, "Checks of plans"). */
import type { Literal } from '@aos/air'
import { ANY } from './type.ts'
import type { ExprType } from './type.ts'

/** What is known of the value that a literal is. */
export function literalType(literal: Literal): ExprType {
  switch (literal.kind) {
    case 'constant':
      return { kind: literal.sort }
    case 'record':
      return { kind: 'record', fields: new Map([...literal.fields].map(([name, field]) => [name, literalType(field)])) }
    case 'list':
    case 'set': {
      const [first, ...others] = literal.items
      return { kind: literal.kind, item: first === undefined || others.length > 0 ? ANY : literalType(first) }
    }
    case 'map':
      return { kind: 'map', key: ANY, value: ANY }
    case 'variant':
      return { kind: 'arm', tag: literal.tag, value: literal.value && literalType(literal.value) }
    case 'secret':
      return ANY
  }
}
