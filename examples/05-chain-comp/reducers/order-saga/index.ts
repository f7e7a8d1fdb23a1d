import {
  ChargeRequested,
  NotifyRequested,
  OrderEvent,
  OrderPhase,
  OrderState,
  Output,
  RefundRequested,
  ReserveRequested,
  Some,
} from './generated'

/** An order as a chain of plans: charge, reserve, notify; when the reservation fails, the charge is given back. */
export function reduce(state: OrderState | null, event: OrderEvent, out: Output): OrderState | null {
  const saga = state === null ? new OrderState(OrderPhase.Idle()) : state
  if (event.isStart) return start(saga, event, out)
  const order = saga.order
  if (order === null) return saga
  const id = saga.request_id
  if (event.isCharged && saga.phase.isCharging && event.asCharged.request_id == id) {
    saga.charge_status = new Some<i64>(event.asCharged.status)
    saga.phase = OrderPhase.Reserving()
    const reserve = new ReserveRequested()
    reserve.request_id = id
    reserve.order_id = order.order_id
    reserve.sku = order.sku
    reserve.base_url = order.base_url
    out.raise<ReserveRequested>(reserve)
  } else if (event.isReserved && saga.phase.isReserving && event.asReserved.request_id == id) {
    saga.reserve_status = new Some<i64>(event.asReserved.status)
    saga.phase = OrderPhase.Notifying()
    const notify = new NotifyRequested()
    notify.request_id = id
    notify.order_id = order.order_id
    notify.base_url = order.base_url
    out.raise<NotifyRequested>(notify)
  } else if (event.isReserveFailed && saga.phase.isReserving && event.asReserveFailed.request_id == id) {
    saga.reserve_status = new Some<i64>(event.asReserveFailed.status)
    saga.phase = OrderPhase.Refunding()
    const refund = new RefundRequested()
    refund.request_id = id
    refund.order_id = order.order_id
    refund.amount_cents = order.amount_cents
    refund.base_url = order.base_url
    out.raise<RefundRequested>(refund)
  } else if (event.isNotified && saga.phase.isNotifying && event.asNotified.request_id == id) {
    saga.notify_status = new Some<i64>(event.asNotified.status)
    saga.phase = OrderPhase.Completed()
  } else if (event.isRefunded && saga.phase.isRefunding && event.asRefunded.request_id == id) {
    saga.refund_status = new Some<i64>(event.asRefunded.status)
    saga.phase = OrderPhase.Refunded()
  }
  return saga
}

/** One order at a time. */
function start(saga: OrderState, event: OrderEvent, out: Output): OrderState {
  if (!saga.phase.isIdle && !saga.phase.isCompleted && !saga.phase.isRefunded) return saga
  const order = event.asStart
  const next = new OrderState(OrderPhase.Charging())
  next.request_id = saga.request_id + 1
  next.order = order
  const charge = new ChargeRequested()
  charge.request_id = next.request_id
  charge.order_id = order.order_id
  charge.amount_cents = order.amount_cents
  charge.base_url = order.base_url
  out.raise<ChargeRequested>(charge)
  return next
}
