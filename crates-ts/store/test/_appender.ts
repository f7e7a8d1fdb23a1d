/** Child process of the kill tests: appends two groups at a time and prints each height once it is acknowledged. */
import { writeSync } from 'node:fs'
import { headOf, makeEntries, openWorldStore, worldOf, type JournalHead } from '../src/index.ts'

const [folder = '', seedText = '1'] = process.argv.slice(2)
let seed = Number(seedText)

/** A small reproducible sequence: sizes of groups need no better one. */
function nextSize(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
  return 1 + (seed % 32)
}

const store = await openWorldStore(folder, { segmentBytes: 262_144 })
const genesis = makeEntries(undefined, 1)
const world = worldOf(genesis)
let expected: JournalHead | undefined = store.journal.head
const calls: Promise<void>[] = []
for (;;) {
  const entries = expected === undefined ? genesis : makeEntries(expected, nextSize(), { payloadBytes: 150 })
  calls.push(
    store.journal.appendIf({ world, epoch: store.journal.epoch, expected, entries }).then((result) => {
      if (result.kind !== 'appended') throw new Error(result.kind)
      store.journal.acknowledge(result.head)
      writeSync(1, `${result.head.height}\n`)
    }),
  )
  expected = headOf(entries)
  if (calls.length === 2) await calls.shift()
}
