import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { DecodedEntry } from '@aos/kernel'
import { checkSaltedValues } from './salted-values.ts'

const ENTROPY = new Uint8Array(16).fill(7)

function salted(index: number, value: Uint8Array): Uint8Array {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(index)
  const salt = createHash('sha256').update('aos/salt/v1').update(ENTROPY).update(number).digest()
  return new Uint8Array(createHash('sha256').update(salt).update(value).digest())
}

function makeEntry(values: readonly Uint8Array[]): DecodedEntry {
  const [event, key, cell, raised] = VALUES
  return {
    height: 3,
    kind: 'event',
    header: new Map(),
    ingress: new Map([
      [8, salted(0, event)],
      [9, salted(1, key)],
    ]),
    derived: [
      { fields: new Map([[0, 2]]), key: undefined, value: undefined },
      { fields: new Map<number, number | Uint8Array>([[0, 0], [2, salted(2, cell)]]), key: cell, value: undefined }, // prettier-ignore
      { fields: new Map<number, number | Uint8Array>([[0, 1], [2, salted(3, raised)]]), key: undefined, value: raised }, // prettier-ignore
    ],
    bodies: { entropy: ENTROPY, values },
  }
}

const VALUES = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3), Uint8Array.of(4)] as const
const PATHS: readonly string[] = ['ingress.value', 'ingress.key', 'derived[1].key', 'derived[2].value']

test('values that the entry names hold, and dropped bodies are nothing to check', () => {
  expect(checkSaltedValues(makeEntry(VALUES))).toBeUndefined()
  expect(checkSaltedValues({ ...makeEntry(VALUES), bodies: undefined })).toBeUndefined()
})

test.each(PATHS.map((path, index) => [path, index] as const))('a changed body is named: %s', (path, index) => {
  const changed = VALUES.map((value, at) => (at === index ? Uint8Array.of(9) : value))
  expect(checkSaltedValues(makeEntry(changed))).toMatchObject({ path })
})

test('a body too many or too few is a difference', () => {
  expect(checkSaltedValues(makeEntry([...VALUES, Uint8Array.of(5)]))).toMatchObject({ path: 'bodies' })
  expect(checkSaltedValues(makeEntry(VALUES.slice(1)))).toMatchObject({ path: 'bodies' })
})
