import { Account, AccountEvent, Output } from './generated'

/** One account: the cell of `event.account`. */
export function reduce(state: Account | null, event: AccountEvent, out: Output): Account | null {
  if (event.isClose) return null // deletes the cell
  const account = state === null ? new Account() : state
  if (event.isDeposit) account.cents += event.asDeposit.cents
  else {
    const cents = event.asWithdraw.cents
    // A step that traps changes nothing: the entry says so, and the cell stays as it was.
    assert(account.cents >= cents, 'the account does not hold that much')
    account.cents -= cents
  }
  account.movements += 1
  return account
}
