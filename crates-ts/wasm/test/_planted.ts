/** Rewritten modules with a defect of the rewriter planted, by their text: what the checks must find. */
import type { RewrittenModule } from '../src/index.ts'

/** One function of a module in text, a line an instruction. */
export interface TextFunction {
  readonly index: number
  readonly lines: string[]
}

export interface TextModule {
  readonly functions: readonly TextFunction[]
  /** The functions of the program itself. */
  readonly guest: readonly TextFunction[]
  readonly reset: TextFunction
  /** Index of the helper that marks a range. */
  readonly mark: number
  readonly globals: { readonly fuel: number; readonly stack: number; readonly dirty: number; readonly pages: number }
}

export interface Planted {
  readonly name: string
  /** Only programs that can see a NaN can show the defect. */
  readonly nan?: true
  /** Found in the first few modules: stands in the quick suite too. */
  readonly quick?: true
  /** Changes lines in place; false when this module has no place for the defect. */
  readonly plant: (module: TextModule, random: (below: number) => number) => boolean
}

/** The text with the defect; undefined when there is no place for it. */
export function plantDefect(text: string, planted: Planted, random: (below: number) => number): string | undefined {
  const parts = text.split(/\n(?= {2}\()/)
  const functions = parts.flatMap((part) => {
    const index = /^ {2}\(func \(;(\d+);\)/.exec(part)?.[1]
    return index === undefined ? [] : [{ index: Number(index), lines: part.split('\n'), part }]
  })
  const mark = Number(/\(export "__mark" \(func (\d+)\)\)/.exec(text)?.[1])
  const globals = [...text.matchAll(/^ {2}\(global /gm)].length
  const reset = functions.find(({ index }) => index === mark + 1)
  if (reset === undefined) throw new Error('planted: the text has no reset')
  const done = planted.plant(
    {
      functions,
      guest: functions.filter(({ index }) => index < mark),
      reset,
      mark,
      globals: { fuel: globals - 4, stack: globals - 3, dirty: globals - 2, pages: globals - 1 },
    },
    random,
  )
  if (!done) return undefined
  const changed = new Map(functions.map(({ part, lines }) => [part, lines.join('\n')]))
  return parts.map((part) => changed.get(part) ?? part).join('\n')
}

interface Place {
  readonly found: TextFunction
  readonly at: number
}

/** Where consecutive lines match, the last place first. */
function findPlaces(functions: readonly TextFunction[], pattern: readonly RegExp[]): readonly Place[] {
  return functions.flatMap((found) =>
    [...found.lines.keys()]
      .filter((at) => pattern.every((line, step) => line.test(found.lines[at + step]?.trim() ?? '')))
      .map((at) => ({ found, at }))
      .toReversed(),
  )
}

/** One of the places where consecutive lines match; `change` replaces it. */
function plantOne(
  functions: readonly TextFunction[],
  pattern: readonly RegExp[],
  change: (lines: readonly string[]) => readonly string[],
  random: (below: number) => number,
): boolean {
  const places = findPlaces(functions, pattern)
  const place = places[random(Math.max(1, places.length))]
  if (place === undefined) return false
  const { found, at } = place
  found.lines.splice(at, pattern.length, ...change(found.lines.slice(at, at + pattern.length)))
  return true
}

/** The same everywhere. */
function plantAll(
  functions: readonly TextFunction[],
  pattern: readonly RegExp[],
  change: (lines: readonly string[]) => readonly string[],
): boolean {
  const places = findPlaces(functions, pattern)
  for (const { found, at } of places) {
    found.lines.splice(at, pattern.length, ...change(found.lines.slice(at, at + pattern.length)))
  }
  return places.length > 0
}

/** The last line of the pattern replaced. */
const last =
  (...instead: readonly string[]) =>
  (lines: readonly string[]): readonly string[] => [...lines.slice(0, -1), ...instead]

const any = /^/
const exactly = (text: string): RegExp => new RegExp(`^${text.replaceAll('.', '\\.')}$`)

const MIRRORED: Readonly<Record<string, string>> = { lt_s: 'gt_s', lt_u: 'gt_u', le_s: 'ge_s', le_u: 'ge_u' }

export const PLANTED: readonly Planted[] = [
  {
    name: 'a global keeps its value',
    plant: ({ reset, globals }, random) => {
      const user = reset.lines.flatMap((line) => /^global\.set (\d+)$/.exec(line.trim())?.[1] ?? []).map(Number)
      const kept = user.filter((index) => index < globals.fuel)
      const target = kept[random(Math.max(1, kept.length))]
      return target !== undefined && plantOne([reset], [exactly(`global.set ${target}`)], last('drop'), random)
    },
  },
  {
    name: 'the pages keep their number',
    plant: ({ reset, globals }, random) =>
      plantOne([reset], [exactly(`global.set ${globals.pages}`)], last('drop'), random),
  },
  {
    name: 'a store marks nothing',
    plant: ({ guest, globals }, random) =>
      plantOne(
        guest,
        [
          exactly('i64.shl'),
          exactly(`global.get ${globals.dirty}`),
          exactly('i64.or'),
          exactly(`global.set ${globals.dirty}`),
        ],
        last('drop'),
        random,
      ),
  },
  {
    name: 'a store marks as if it had no offset',
    plant: ({ guest }) =>
      plantAll(
        guest,
        [
          exactly('i64.const 1'),
          /^local\.get \d+$/,
          /^i32\.const -?\d+$/,
          exactly('i32.add'),
          exactly('i32.const 1023'),
        ],
        ([one = '', address = '', , , granule = '']) => [one, address, granule],
      ),
  },
  {
    name: 'a bulk operation marks nothing',
    plant: ({ guest, mark }) => plantAll(guest, [exactly(`call ${mark}`)], last('drop', 'drop')),
  },
  {
    name: 'a reset does not clear what a store reached behind its chunk',
    plant: ({ reset }, random) =>
      plantOne(
        [reset],
        [exactly('i32.const 8'), exactly('i32.add'), /^local\.tee/],
        (lines) => ['i32.const 0', ...lines.slice(1)],
        random,
      ),
  },
  {
    name: 'a reset clears nothing',
    quick: true,
    plant: ({ reset }, random) => plantOne([reset], [exactly('memory.fill')], last('drop', 'drop', 'drop'), random),
  },
  {
    name: 'a reset does not write the image again',
    plant: ({ reset }, random) => plantOne([reset], [/^memory\.init/], last('drop', 'drop', 'drop'), random),
  },
  {
    name: 'a charge is dropped',
    quick: true,
    plant: ({ guest }, random) =>
      plantOne(
        guest,
        [/^(local|global)\.get/, /^i64\.const \d+$/, exactly('i64.sub'), /^(local|global)\.set/],
        ([get = '', , ...rest]) => [get, 'i64.const 0', ...rest],
        random,
      ),
  },
  {
    name: 'a charge is one too high',
    plant: ({ guest }, random) =>
      plantOne(
        guest,
        [/^(local|global)\.get/, /^i64\.const \d+$/, exactly('i64.sub'), /^(local|global)\.set/],
        ([get = '', amount = '', ...rest]) => [get, amount, 'i64.const 1', 'i64.add', ...rest],
        random,
      ),
  },
  {
    name: 'bulk operations cost nothing for their length',
    plant: ({ guest }) =>
      plantAll(guest, [exactly('i64.const 3'), exactly('i64.shr_u'), exactly('i64.sub')], (lines) => [
        'i64.const 63',
        ...lines.slice(1),
      ]),
  },
  {
    name: 'fuel is not written back before a call',
    plant: ({ guest, globals }, random) =>
      plantOne(
        guest,
        [/^local\.get/, exactly(`global.set ${globals.fuel}`), /^call/],
        ([get = '', , call = '']) => [get, 'drop', call],
        random,
      ),
  },
  {
    name: 'a frame is not given back',
    plant: ({ guest, globals }, random) =>
      plantOne(
        guest,
        [exactly(`global.get ${globals.stack}`), any, exactly('i32.add'), exactly(`global.set ${globals.stack}`)],
        last('drop'),
        random,
      ),
  },
  {
    name: 'operands are swapped',
    quick: true,
    plant: ({ guest }, random) =>
      plantOne(
        guest,
        [/^i(32|64)\.(lt|le)_[su]$/, /^(?!if$)/],
        ([compare = '', next = '']) => [compare.replace(/l[te]_[su]/, (found) => MIRRORED[found] ?? found), next],
        random,
      ),
  },
  {
    name: 'a NaN of one instruction stays as it is',
    nan: true,
    plant: ({ guest }, random) => {
      const pattern = [
        /^f(32|64)\./,
        /^local\.tee/,
        /^f(32|64)\.const nan/,
        any,
        any,
        /^f(32|64)\.eq$/,
        exactly('select'),
      ]
      const places = findPlaces(guest, pattern)
      const place = places[random(Math.max(1, places.length))]
      const code = place?.found.lines[place.at]
      for (const { found, at } of places)
        if (found.lines[at] === code) found.lines.splice(at + 5, 1, 'drop', 'drop', 'i32.const 1')
      return place !== undefined
    },
  },
  {
    name: 'growth is not counted',
    quick: true,
    plant: ({ guest, globals }, random) =>
      plantOne(guest, [exactly('i32.add'), exactly(`global.set ${globals.pages}`)], last('drop'), random),
  },
  {
    name: 'growth beyond the cap succeeds',
    plant: ({ guest }, random) =>
      plantOne(
        guest,
        [exactly('i32.gt_u'), /^if \(result i32\)/, exactly('i32.const -1')],
        ([, open = '', none = '']) => ['drop', 'drop', 'i32.const 0', open, none],
        random,
      ),
  },
]

/** The module with other bytes. */
export function withBytes(rewritten: RewrittenModule, bytes: Uint8Array): RewrittenModule {
  return { ...rewritten, bytes }
}
