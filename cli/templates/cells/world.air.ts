/** A bank: one cell for each account. */
import { nat, record, reducer, route, schema, text, variant, world } from '@aos/author'

const AccountName = schema('demo/AccountName@1', text)
const Account = schema('demo/Account@1', record({ cents: nat, movements: nat }))

const Deposit = schema('demo/Deposit@1', record({ account: text, cents: nat }))
const Withdrawal = schema('demo/Withdrawal@1', record({ account: text, cents: nat }))
const Closing = schema('demo/Closing@1', record({ account: text }))
const AccountEvent = schema('demo/AccountEvent@1', variant({ Deposit, Withdraw: Withdrawal, Close: Closing }))

const Bank = reducer('demo/Bank@1', { key: AccountName, state: Account, event: AccountEvent })

export default world({
  // Whichever event it is, its account says which cell gets it.
  routes: [route(AccountEvent, Bank, { key: (event) => event.$value.account })],
})
