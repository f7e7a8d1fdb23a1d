import { MeterState, MeterStateBefore } from './generated'

/** What a meter without a mean comes to. */
export function run(before: MeterStateBefore): MeterState {
  const mean = before.count == 0 ? 0 : before.total / (before.count as i64)
  return new MeterState(before.count, before.total, before.inspected, mean)
}
