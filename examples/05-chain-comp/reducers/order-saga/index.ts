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
  const saga = state === null ? new OrderState() : state
  if (event.isStart) return start(saga, event, out)
  const order = saga.order
  if (order === null) return saga
  const id = saga.request_id
  if (event.isCharged && saga.phase.isCharging && event.asCharged.request_id == id) {
    saga.charge_status = new Some<i64>(event.asCharged.status)
    saga.phase = OrderPhase.Reserving()
    out.raise<ReserveRequested>(new ReserveRequested(id, order.order_id, order.sku, order.base_url))
  } else if (event.isReserved && saga.phase.isReserving && event.asReserved.request_id == id) {
    saga.reserve_status = new Some<i64>(event.asReserved.status)
    saga.phase = OrderPhase.Notifying()
    out.raise<NotifyRequested>(new NotifyRequested(id, order.order_id, order.base_url))
  } else if (event.isReserveFailed && saga.phase.isReserving && event.asReserveFailed.request_id == id) {
    saga.reserve_status = new Some<i64>(event.asReserveFailed.status)
    saga.phase = OrderPhase.Refunding()
    out.raise<RefundRequested>(new RefundRequested(id, order.order_id, order.amount_cents, order.base_url))
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
  const id = saga.request_id + 1
  out.raise<ChargeRequested>(new ChargeRequested(id, order.order_id, order.amount_cents, order.base_url))
  return new OrderState(OrderPhase.Charging(), id, order)
}
