import { expect, it } from 'vitest'
import { recordingNames, reportCalls } from './call-report.ts'

it.each(recordingNames())('%s: every call agrees with a fresh instance and with the original module', (name) => {
  const calls = reportCalls(name)
  expect(calls.length).toBeGreaterThan(2)
  expect(calls.filter(({ text }) => text.includes(' ok ')).every(({ compared }) => compared)).toBe(true)
  expect(calls.some(({ compared }) => compared)).toBe(true)
})
