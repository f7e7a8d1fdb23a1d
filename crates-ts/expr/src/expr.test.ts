import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import type { Expr, ExprOperator, SchemaTable, TypeExpr } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import {
  NULL_VALUE,
  boolValue,
  bytesValue,
  checkExpr,
  compileExpr,
  constantValue,
  exprFromValue,
  integerValue,
  isEqual,
  listValue,
  mapValue,
  parseReference,
  recordValue,
  setValue,
  textValue,
  valueFromExpr,
  variantValue,
} from './index.ts'
import type { ExprType, ExprValue, ReferenceRoot } from './index.ts'

const port: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}
const SEED = Number(process.env['AOS_SEED'] ?? 20_261_121)
const int = (value: bigint | number): Expr => ({ kind: 'constant', sort: 'int', value: BigInt(value) })
const nat = (value: bigint | number): Expr => ({ kind: 'constant', sort: 'nat', value: BigInt(value) })
const text = (value: string): Expr => ({ kind: 'constant', sort: 'text', value })
const bool = (value: boolean): Expr => ({ kind: 'constant', sort: 'bool', value })
const op = (operator: ExprOperator, ...operands: readonly Expr[]): Expr => ({ kind: 'operation', operator, operands })
const list = (...items: readonly Expr[]): Expr => ({ kind: 'list', items })
const ref = (reference: string): Expr => ({ kind: 'reference', text: reference })

function run(expr: Expr, roots: Readonly<Record<string, ExprValue>> = {}): ExprValue {
  const nameOf = (root: ReferenceRoot): string =>
    root.kind === 'var' ? `var:${root.name}` : 'id' in root ? `${root.kind}:${root.id}` : root.kind
  return compileExpr(port, expr).evaluate({ lookUp: (root) => roots[nameOf(root)] })
}

function codeOf(body: () => unknown): string {
  try {
    body()
  } catch (error) {
    if (isAosError(error)) return error.code
    throw error
  }
  return 'none'
}

describe('operators', () => {
  const record: Expr = { kind: 'record', fields: new Map([['a', int(1)]]) }
  const map: Expr = { kind: 'map', entries: [{ key: text('k'), value: int(7) }] }
  const cases: readonly (readonly [string, Expr, ExprValue])[] = [
    ['len of a text counts code points', op('len', text('a😀é')), integerValue('nat', 3n)],
    ['len of a list', op('len', list(int(1), int(1))), integerValue('nat', 2n)],
    ['len of a set drops repetitions', op('len', { kind: 'set', items: [int(1), int(1)] }), integerValue('nat', 1n)],
    ['get of a record', op('get', record, text('a')), integerValue('int', 1n)],
    ['get of a map', op('get', map, text('k')), integerValue('int', 7n)],
    ['get of a list', op('get', list(int(5), int(6)), nat(1)), integerValue('int', 6n)],
    [
      'get of a variant',
      op('get', { kind: 'variant', tag: 'T', value: int(3) }, text('$value')),
      integerValue('int', 3n),
    ],
    ['an int never equals a nat', op('eq', int(1), nat(1)), boolValue(false)],
    ['but they are ordered', op('ge', int(1), nat(1)), boolValue(true)],
    ['texts are ordered by code points', op('lt', text('\uffff'), text('😀')), boolValue(true)],
    ['nat minus a larger nat is an int', op('sub', nat(1), nat(3)), integerValue('int', -2n)],
    ['nat minus nat is a nat', op('sub', nat(3), nat(1)), integerValue('nat', 2n)],
    ['division cuts towards zero', op('div', int(-7), int(2)), integerValue('int', -3n)],
    ['and its rest has the sign of the dividend', op('mod', int(-7), int(2)), integerValue('int', -1n)],
    ['contains in bytes', op('contains', { kind: 'constant', sort: 'bytes', value: Uint8Array.of(1, 1, 2) }, { kind: 'constant', sort: 'bytes', value: Uint8Array.of(1, 2) }), boolValue(true)], // prettier-ignore
    ['a time plus a duration', op('add', { kind: 'constant', sort: 'time', value: 5n }, { kind: 'constant', sort: 'duration', value: -2n }), integerValue('time', 3n)], // prettier-ignore
  ]
  test.each(cases)('%s', (_name, expr, expected) => {
    expect(isEqual(run(expr), expected)).toBe(true)
  })

  const failures: readonly (readonly [string, Expr, string])[] = [
    ['nat above 64 bits', op('mul', nat(2n ** 63n), nat(2)), 'expr.overflow'],
    ['int below 64 bits', op('sub', int(-(2n ** 63n)), int(1)), 'expr.overflow'],
    ['the least int by minus one', op('div', int(-(2n ** 63n)), int(-1)), 'expr.overflow'],
    ['a time before 1970', op('sub', { kind: 'constant', sort: 'time', value: 1n }, { kind: 'constant', sort: 'duration', value: 2n }), 'expr.overflow'], // prettier-ignore
    ['division by zero', op('div', nat(1), nat(0)), 'expr.divide_by_zero'],
    ['a missing field', op('get', record, text('b')), 'expr.missing_field'],
    ['a position behind the end', op('get', list(int(1)), nat(1)), 'expr.missing_field'],
    ['a negative position', op('get', list(int(1)), int(-1)), 'expr.missing_field'],
    ['time times time', op('mul', { kind: 'constant', sort: 'time', value: 1n }, { kind: 'constant', sort: 'time', value: 1n }), 'expr.type_mismatch'], // prettier-ignore
    ['an operand that is evaluated although the result is known', op('or', bool(true), op('eq', op('div', nat(1), nat(0)), nat(1))), 'expr.divide_by_zero'], // prettier-ignore
    ['too few operands', op('and', bool(true)), 'expr.bad_arity'],
    ['a reference to nothing', ref('@var:x'), 'expr.missing_reference'],
    ['a reference of no form', ref('@plan.inputfoo'), 'expr.bad_reference'],
    ['a set of records', { kind: 'set', items: [record] }, 'expr.type_mismatch'],
    ['a map with a key twice', { kind: 'map', entries: [{ key: text('k'), value: int(1) }, { key: text('k'), value: int(1) }] }, 'expr.type_mismatch'], // prettier-ignore
  ]
  test.each(failures)('%s', (_name, expr, code) => {
    expect(codeOf(() => run(expr))).toBe(code)
  })
})

describe('bounds', () => {
  test('depth, parts and bytes are refused with a code, before anything overflows', () => {
    let deep: Expr = bool(true)
    for (let depth = 0; depth < 100_000; depth += 1) deep = op('not', deep)
    expect(codeOf(() => compileExpr(port, deep))).toBe('expr.too_deep')
    const wide = list(...Array.from({ length: 5_000 }, () => int(1)))
    expect(codeOf(() => compileExpr(port, wide))).toBe('expr.too_large')
    const big = textValue('text', 'x'.repeat(1_000_000))
    expect(codeOf(() => run(op('concat', ref('@event'), ref('@event')), { event: big }))).toBe('expr.too_large')
  })

  test('nesting that grows from step to step is refused before it could overflow anything', () => {
    const nest = compileExpr(port, list(ref('@event')))
    let value: ExprValue = NULL_VALUE
    const grow = (): void => {
      for (let round = 0; round < 1_000; round += 1) value = nest.evaluate({ lookUp: () => value })
    }
    expect(codeOf(grow)).toBe('expr.too_deep')
  })

  test('a value that is repeated in itself is counted as often as it stands there', () => {
    const twice = compileExpr(port, list(ref('@event'), ref('@event')))
    let value: ExprValue = textValue('text', 'x'.repeat(1000))
    const grow = (): void => {
      for (let round = 0; round < 40; round += 1) value = twice.evaluate({ lookUp: () => value })
    }
    expect(codeOf(grow)).toBe('expr.too_large')
  })
})

describe('references', () => {
  test('names end at the first dot, paths walk records, text maps and variants', () => {
    expect(parseReference('@var:x.y')).toEqual({ root: { kind: 'var', name: 'x' }, path: ['y'] })
    expect(parseReference('@receipt:get.payload.status')).toEqual({
      root: { kind: 'receipt', id: 'get' },
      path: ['payload', 'status'],
    })
    const order = recordValue(
      new Map<string, ExprValue>([
        ['lines', mapValue([{ key: textValue('text', 'k'), value: variantValue('Sold', integerValue('nat', 4n)) }])],
      ]),
    )
    expect(run(ref('@var:order.lines.k.$value'), { 'var:order': order })).toMatchObject({ sort: 'nat', value: 4n })
    expect(run(ref('@var:order.lines.k.$tag'), { 'var:order': order })).toMatchObject({ sort: 'text', value: 'Sold' })
  })
})

describe('the hash operator', () => {
  test.each([
    [NULL_VALUE, 'd9d9f7644e756c6c'],
    [integerValue('nat', 5n), 'd9d9f7a1634e617405'],
    [setValue([integerValue('int', -1n), integerValue('int', 2n)]), 'd9d9f7a16353657482a163496e7420a163496e7402'],
    [bytesValue(Uint8Array.of(1)), 'd9d9f7a16542797465734101'],
  ])('hashes the tagged form %#', (value, hex) => {
    const expected = createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex')
    expect(run(op('hash', ref('@event')), { event: value })).toMatchObject({
      sort: 'hash',
      value: `sha256:${expected}`,
    })
  })
})

describe('values of schemas', () => {
  const table: SchemaTable = new Map<string, TypeExpr>([
    ['demo/Line@1', { kind: 'record', fields: new Map<string, TypeExpr>([['n', { kind: 'int' }]]) }],
  ])
  const type: TypeExpr = {
    kind: 'record',
    fields: new Map<string, TypeExpr>([
      ['lines', { kind: 'list', item: { kind: 'ref', name: 'demo/Line@1' } }],
      ['note', { kind: 'option', inner: { kind: 'text' } }],
      ['state', { kind: 'variant', arms: new Map<string, TypeExpr>([['Idle', { kind: 'unit' }], ['Busy', { kind: 'nat' }]]) }], // prettier-ignore
    ]),
  }

  test('come back as they went', () => {
    const value = { lines: [{ n: -4 }], note: null, state: { $tag: 'Busy', $value: 9 } }
    const back = valueFromExpr(exprFromValue(value, type, table), type, table)
    expect(back).toEqual({ lines: [{ n: -4n }], note: null, state: { $tag: 'Busy', $value: 9n } })
  })

  test('an int and a nat become each other when they fit, an absent option may be left out', () => {
    const made = recordValue(
      new Map<string, ExprValue>([
        ['lines', listValue([recordValue(new Map([['n', integerValue('nat', 200n)]]))])],
        ['state', variantValue('Idle', undefined)],
      ]),
    )
    expect(valueFromExpr(made, type, table)).toEqual({ lines: [{ n: 200n }], note: null, state: { $tag: 'Idle' } })
  })

  test.each<readonly [string, ExprValue, readonly (string | number)[]]>([
    ['a nat above the ints', recordValue(new Map<string, ExprValue>([['lines', listValue([recordValue(new Map([['n', integerValue('nat', 2n ** 63n)]]))])], ['state', variantValue('Idle', undefined)]])), ['lines', 0, 'n']], // prettier-ignore
    ['a field too many', recordValue(new Map<string, ExprValue>([['lines', listValue([])], ['x', NULL_VALUE], ['state', variantValue('Idle', undefined)]])), ['x']], // prettier-ignore
    ['an arm that is not there', recordValue(new Map<string, ExprValue>([['lines', listValue([])], ['state', variantValue('Gone', undefined)]])), ['state']], // prettier-ignore
  ])('%s is refused with its path', (_name, value, path) => {
    expect(() => valueFromExpr(value, type, table)).toThrow(
      expect.objectContaining({ code: 'expr.type_mismatch', path }),
    )
  })
})

describe('static checks', () => {
  const table: SchemaTable = new Map()
  const input: ExprType = {
    kind: 'schema',
    type: { kind: 'record', fields: new Map<string, TypeExpr>([['count', { kind: 'nat' }], ['name', { kind: 'text' }]]) }, // prettier-ignore
  }
  const scope = { table, lookUp: (root: ReferenceRoot) => (root.kind === 'input' ? input : undefined) }
  test.each<readonly [string, Expr, string, readonly (string | number)[]]>([
    ['a reference to nothing', ref('@var:x'), 'expr.bad_reference', []],
    ['a field that is not there', ref('@plan.input.total'), 'expr.missing_field', []],
    [
      'a text where a bool is needed',
      op('and', bool(true), ref('@plan.input.name')),
      'expr.type_mismatch',
      ['args', 1],
    ],
    ['a nat and a text', op('lt', ref('@plan.input.count'), text('a')), 'expr.type_mismatch', []],
    ['a nat and an int', op('eq', ref('@plan.input.count'), int(1)), 'expr.never_equal', []],
    ['a sum of texts', op('add', text('a'), text('b')), 'expr.type_mismatch', ['args', 0]],
  ])('%s', (_name, expr, code, path) => {
    expect(checkExpr(expr, scope).issues[0]).toMatchObject({ code, path })
  })

  test('what the check lets pass and knows the type of has that type when it runs', () => {
    const leaf = fc.oneof(
      fc.bigInt({ min: -5n, max: 5n }).map(int),
      fc.bigInt({ min: 0n, max: 5n }).map(nat),
      fc.string({ maxLength: 3 }).map(text),
      fc.boolean().map(bool),
      fc.constant(ref('@plan.input.count')),
      fc.constant(ref('@plan.input.name')),
    )
    const { tree } = fc.letrec<{ tree: Expr; leaf: Expr }>((tie) => ({
      leaf,
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('leaf'),
        fc
          .tuple(
            fc.constantFrom<ExprOperator>('eq', 'lt', 'add', 'sub', 'mul', 'div', 'concat', 'and', 'contains', 'get', 'has'), // prettier-ignore
            tie('tree'),
            tie('tree'),
          )
          .map(([operator, left, right]) => op(operator, left, right)),
        fc.tuple(fc.constantFrom<ExprOperator>('not', 'len', 'hash'), tie('tree')).map(([operator, one]) => op(operator, one)), // prettier-ignore
        fc.array(tie('tree'), { maxLength: 3 }).map((items) => list(...items)),
      ),
    }))
    const roots = {
      input: recordValue(
        new Map<string, ExprValue>([
          ['count', integerValue('nat', 3n)],
          ['name', textValue('text', 'n')],
        ]),
      ),
    }
    let passed = 0
    fc.assert(
      fc.property(tree, (expr) => {
        const { type, issues } = checkExpr(expr, scope)
        let value: ExprValue | undefined
        let code = 'none'
        try {
          value = run(expr, roots)
        } catch (error) {
          if (!isAosError(error)) throw error
          code = error.code
        }
        if (issues.length > 0) {
          // What is certainly wrong fails when it runs, or compares what never is equal.
          const isOnlyComparison = issues.every((issue) => issue.code === 'expr.never_equal')
          expect(isOnlyComparison || code !== 'none').toBe(true)
          return
        }
        passed += 1
        // A run may still end early, but never for a type that was known.
        if (value === undefined || type.kind === 'any' || type.kind === 'schema') return
        expect(value.sort).toBe(type.kind)
      }),
      { seed: SEED, numRuns: 2_000 },
    )
    expect(passed).toBeGreaterThan(300)
  })
})

test('a constant of another sort than it says is refused', () => {
  expect(codeOf(() => constantValue({ kind: 'constant', sort: 'nat', value: 'x' }))).toBe('expr.type_mismatch')
})
