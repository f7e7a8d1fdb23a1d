import { expect, test } from 'vitest'
import { checkDriver, namesOf } from './_driver-check.ts'

const ALL = ['hello', 'ping', 'call 0 (demo.echo)', 'calls', 'call', 'cancel', 'lookup', 'close', 'end of input']

test.each([
  ['wrong-type', ['call 0 (demo.echo)', 'calls']],
  ['other-lookup', ['lookup']],
  ['no-lookup', []],
  ['bad-exit', ['close']],
  ['stay', ['close', 'end of input']],
  ['no-pong', ['ping', 'call', 'cancel']],
  ['version', ALL],
  ['kinds', ALL],
])('a driver with the fault %s fails what it does wrong, and nothing else', async (fault, failed) => {
  const checks = await checkDriver(fault)
  expect(namesOf(checks)).toEqual(ALL)
  expect(namesOf(checks.filter(({ ok }) => !ok))).toEqual(failed)
})
