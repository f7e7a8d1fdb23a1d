/** The driver of the tests, and what `testDriver` says of it. */
import { fileURLToPath } from 'node:url'
import { parseJson } from '@aos/air'
import { testDriver } from '../src/index.ts'
import type { DriverCheck } from '../src/index.ts'
import { MemoryBlobs, typesOf } from './_world.ts'

export const DRIVER = fileURLToPath(new URL('_driver.mjs', import.meta.url))

export function checkDriver(fault: string): Promise<readonly DriverCheck[]> {
  return testDriver({
    command: [process.execPath, DRIVER, fault],
    kinds: ['demo.echo'],
    typesOf,
    samples: [{ kind: 'demo.echo', params: parseJson('{"text":"a","count":1,"ref":null}') }],
    blobs: new MemoryBlobs(),
    limits: { helloMs: 5000, closeMs: fault === 'stay' ? 50 : 3000 },
    answerMs: fault === 'no-pong' ? 300 : 5000,
  })
}

/** Checks by what stands before their colons. */
export function namesOf(checks: readonly DriverCheck[]): readonly string[] {
  return checks.map(({ check }) => check.split(':')[0] ?? '')
}
