import { MeterState, MeterStateBefore } from './generated'

/** What a meter without a mean comes to. */
export function run(before: MeterStateBefore): MeterState {
  const after = new MeterState()
  after.count = before.count
  after.total = before.total
  after.inspected = before.inspected
  after.mean = before.count == 0 ? 0 : before.total / (before.count as i64)
  return after
}
