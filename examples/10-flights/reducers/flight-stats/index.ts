import { AirportStats, DelayBucket, Flight, Output } from './generated'

/** The statistics of one airport: the cell of `flight.origin`. */
export function reduce(state: AirportStats | null, flight: Flight, out: Output): AirportStats | null {
  const stats = state === null ? new AirportStats(0, 0, emptyHistogram(), flight) : state
  stats.count += 1
  stats.delay_total += flight.delay
  stats.histogram[bucketOf(flight.delay)].count += 1
  if (flight.delay > stats.worst.delay) stats.worst = flight
  return stats
}

function emptyHistogram(): Array<DelayBucket> {
  return [
    new DelayBucket('early'),
    new DelayBucket('under 15 min'),
    new DelayBucket('under 1 h'),
    new DelayBucket('under 3 h'),
    new DelayBucket('3 h or more'),
  ]
}

function bucketOf(delay: i64): i32 {
  if (delay < 0) return 0
  if (delay < 15) return 1
  if (delay < 60) return 2
  return delay < 180 ? 3 : 4
}
