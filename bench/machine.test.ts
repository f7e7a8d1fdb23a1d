import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadWarning, machineDifferences, machineFacts, machineLine, machineText } from './machine.ts'

const here = machineFacts(join(import.meta.dirname, '..'))

test('the line says where the figures come from', () => {
  const line = machineLine({ ...here, load_before: 0.25 })
  for (const part of [here.cpu, `${here.cores} cores`, `Node ${process.versions.node}`, 'load 0.25']) {
    expect(line).toContain(part)
  }
})

test('a loaded machine is warned of, a quiet one is not', () => {
  expect(loadWarning({ load_before: 0.5 })).toBeUndefined()
  expect(loadWarning({ load_before: 0.51 })).toContain('not comparable')
  expect(machineText({ ...here, load_before: 0 }).split('\n')).toHaveLength(1)
  expect(machineText({ ...here, load_before: 9 }).split('\n')).toHaveLength(2)
})

test('machines differ by what they are, not by when or how busy', () => {
  expect(machineDifferences(here, { ...here, at: 'later', load_before: 7, version: '9.9.9' })).toEqual([])
  expect(machineDifferences(here, { ...here, cores: 64 })).toEqual([`cores: ${here.cores}, now 64`])
})
