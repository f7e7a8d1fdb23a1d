import { describe, expect, it } from 'vitest'
import { crashSuite, openSimulated } from '../src/index.ts'
import { SEED } from './_simulated.ts'

/** Everything with AOS_FULL=1, a part of it otherwise. */
const isFull = process.env['AOS_FULL'] === '1'

/** Apart from the seeds of the default suite, unless AOS_SEED says where to begin. */
const from = process.env['AOS_SEED'] === undefined ? 1_000 : SEED
const command = 'npx vitest run --config vitest.slow.config.ts crates-ts/store/test/simulated-crash.slow.test.ts'

crashSuite(
  { describe, it, expect },
  { name: 'the store', open: openSimulated, command },
  { from, count: isFull ? 10_000 : 3_000 },
)
