/** Others are in the slow suite. */
import { test } from 'vitest'
import { checkRoundTrip } from './_round-trip.ts'

test.each(['00-counter', '03-fetch-notify', '07-llm-summarizer'])('%s is pulled and taken back', checkRoundTrip)
