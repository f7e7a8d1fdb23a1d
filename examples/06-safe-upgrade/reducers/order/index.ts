import { OrderEvent, OrderPhase, OrderState, Output, PriceAsked, Some } from './generated'

/** One order: the cell of its id. It asks for its price, and keeps what the plan brings back. */
export function reduce(state: OrderState | null, event: OrderEvent, out: Output): OrderState | null {
  if (event.isOrder) {
    // An order that comes twice is asked for once.
    if (state !== null) return state
    const order = event.asOrder
    const asked = new PriceAsked()
    asked.id = order.id
    asked.shop_url = order.shop_url
    out.raise<PriceAsked>(asked)
    return new OrderState(OrderPhase.Asked())
  }
  if (state === null) return null
  const known = event.asKnown
  state.phase = OrderPhase.Known()
  state.status = new Some<i64>(known.status)
  state.announced = known.announced
  return state
}
