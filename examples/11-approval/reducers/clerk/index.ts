import { ClerkEvent, InvoicePhase, InvoiceState, Output, PaymentRequested, Some } from './generated'

/** One invoice: the cell of its id. The clerk asks for a payment; whether it is made is not the clerk's to say. */
export function reduce(state: InvoiceState | null, event: ClerkEvent, out: Output): InvoiceState | null {
  if (event.isInvoice) {
    // An invoice that comes twice is asked for once.
    if (state !== null) return state
    const invoice = event.asInvoice
    out.raise<PaymentRequested>(new PaymentRequested(invoice.id, invoice.bank_url))
    return new InvoiceState(InvoicePhase.Asked(), invoice.payee, invoice.amount_cents)
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
