import { AirportStats, DelayBucket, Flight, Output } from './generated'

/** The statistics of one airport: the cell of `flight.origin`. */
export function reduce(state: AirportStats | null, flight: Flight, out: Output): AirportStats | null {
  const stats = state === null ? emptyStats(flight) : state
  stats.count += 1
  stats.delay_total += flight.delay
  stats.histogram[bucketOf(flight.delay)].count += 1
  if (flight.delay > stats.worst.delay) stats.worst = flight
  return stats
}

function emptyStats(flight: Flight): AirportStats {
  const stats = new AirportStats()
  stats.histogram = [
    emptyBucket('early'),
    emptyBucket('under 15 min'),
    emptyBucket('under 1 h'),
    emptyBucket('under 3 h'),
    emptyBucket('3 h or more'),
  ]
  stats.worst = flight
  return stats
}

function emptyBucket(name: string): DelayBucket {
  const bucket = new DelayBucket()
  bucket.name_ = name
  return bucket
}

function bucketOf(delay: i64): i32 {
  if (delay < 0) return 0
  if (delay < 15) return 1
  if (delay < 60) return 2
  return delay < 180 ? 3 : 4
}
