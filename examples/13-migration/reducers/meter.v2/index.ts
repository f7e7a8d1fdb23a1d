import { CheckAsked, MeterEvent, MeterState, Output } from './generated'

/** The same with the mean of the values, which is kept and not counted out each time. */
export function reduce(state: MeterState | null, event: MeterEvent, out: Output): MeterState | null {
  const meter = state === null ? new MeterState() : state
  if (event.isInspect) {
    const asked = new CheckAsked()
    asked.meter = event.asInspect.meter
    out.raise<CheckAsked>(asked)
  }
  if (event.isInspected) meter.inspected = event.asInspected.by
  if (!event.isValue) return meter
  meter.count += 1
  meter.total += event.asValue.value
  meter.mean = meter.total / (meter.count as i64)
  return meter
}
