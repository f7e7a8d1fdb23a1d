import { defineReducer } from './generated'

/** One account: the cell of `event.account`. */
export const reducer = defineReducer((state, event) => {
  if (event.$tag === 'Close') return null // deletes the cell
  const account = state ?? { cents: 0n, movements: 0n }
  const { cents } = event.$value
  if (event.$tag === 'Deposit') account.cents += cents
  else {
    // A step that throws changes nothing: the entry says so, and the cell stays as it was.
    if (account.cents < cents) throw new Error('the account does not hold that much')
    account.cents -= cents
  }
  account.movements += 1n
  return account
})
