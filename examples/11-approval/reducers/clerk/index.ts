import { ClerkEvent, InvoicePhase, InvoiceState, Output, PaymentRequested, Some } from './generated'

/** One invoice: the cell of its id. The clerk asks for a payment; whether it is made is not the clerk's to say. */
export function reduce(state: InvoiceState | null, event: ClerkEvent, out: Output): InvoiceState | null {
  if (event.isInvoice) {
    // An invoice that comes twice is asked for once.
    if (state !== null) return state
    const invoice = event.asInvoice
    const payment = new PaymentRequested()
    payment.id = invoice.id
    payment.bank_url = invoice.bank_url
    out.raise<PaymentRequested>(payment)
    const asked = new InvoiceState(InvoicePhase.Asked())
    asked.payee = invoice.payee
    asked.amount_cents = invoice.amount_cents
    return asked
  }
  if (state === null) return null
  if (event.isMade) {
    state.phase = InvoicePhase.Paid()
    state.status = new Some<i64>(event.asMade.status)
    return state
  }
  state.phase = InvoicePhase.Declined()
  state.reason = event.asDeclined.reason
  return state
}
