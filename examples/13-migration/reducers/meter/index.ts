import { CheckAsked, MeterEvent, MeterState, Output } from './generated'

/** One meter: how many values it has sent, and their sum. An inspection is a plan's to wait for. */
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
  return meter
}
