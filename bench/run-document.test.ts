import { expect, test } from 'vitest'
import { parseBase, parseRun } from './run-document.ts'

const row = { name: 'a.b', unit: 'ms', value: 3, spread: 0.1 }
const whole = { ...row, min: 2.9, max: 3.2, rounds: 5, bar: 4, bar_is: 'at_most', holds: true }
const machine = {
  cpu: 'A CPU',
  cores: 2,
  memory_gib: 4,
  system: 'Linux 6.1 x64',
  node: '20.20.2',
  version: '0.1.0',
  load_before: 0.1,
  at: '2026-01-01T00:00:00.000Z',
}

test('a run is read from the whole document and from its data alone', () => {
  expect(parseBase(JSON.stringify({ ok: true, data: [row], meta: { machine } }))).toEqual({ rows: [row], machine })
  expect(parseBase(JSON.stringify({ ok: true, data: [row] }))).toEqual({ rows: [row], machine: undefined })
  expect(parseBase(JSON.stringify([row]))).toEqual({ rows: [row], machine: undefined })
  expect(parseBase('[]').rows).toEqual([])
})

test.each([
  ['', 'JSON'],
  ['not JSON', 'JSON'],
  ['null', 'list of rows'],
  ['7', 'list of rows'],
  ['{"ok":true,"data":{}}', 'list of rows'],
  ['{"ok":false,"error":{"code":"cli.usage","message":"no"}}', 'failure'],
  ['[7]', '$[0]'],
  [JSON.stringify([row, { ...row, value: '3' }]), '$[1]'],
  [JSON.stringify([{ ...row, spread: null }]), '$[0]'],
  [JSON.stringify([{ ...row, unit: undefined }]), '$[0]'],
])('%s is refused, and it says why', (text, why) => {
  expect(() => parseBase(text)).toThrow(RangeError)
  expect(() => parseBase(text)).toThrow(why)
})

test('pages need the machine and the range of every row', () => {
  const text = (data: unknown, meta: unknown): string => JSON.stringify({ ok: true, data, meta })
  expect(parseRun(text([whole], { machine }))).toEqual({ rows: [whole], machine })
  expect(() => parseRun(text([whole], {}))).toThrow('meta.machine')
  expect(() => parseRun(text([whole, row], { machine }))).toThrow('$[1]')
})
