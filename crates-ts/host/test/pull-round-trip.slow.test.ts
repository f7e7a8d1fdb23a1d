import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { checkRoundTrip } from './_round-trip.ts'

const EXAMPLES = readdirSync(join(import.meta.dirname, '../../../examples')).sort()

test.each(EXAMPLES)('%s is pulled and taken back', { timeout: 60_000 }, checkRoundTrip)
