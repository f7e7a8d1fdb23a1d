import { ErrorsSeen, Output, PriceWanted, ShopEvent, ShopState } from './generated'

/** So many prices that did not come are a reason to become better. */
const ERRORS_MAX: u64 = 2

/** Counts what its plan reports, and keeps what it was offered until that is needed. What comes of an offer is not for the reducer to say. */
export function reduce(state: ShopState | null, event: ShopEvent, out: Output): ShopState | null {
  const shop = state === null ? new ShopState() : state
  if (event.isWanted) {
    const wanted = event.asWanted
    const price = new PriceWanted()
    price.item = wanted.item
    price.shop_url = wanted.shop_url
    out.raise<PriceWanted>(price)
  } else if (event.isOffer) {
    shop.offer = event.asOffer.change
  } else if (event.isImproved) {
    shop.improved = event.asImproved.proposal
  } else if (event.asTold.status == 200) {
    shop.priced += 1
  } else {
    shop.failed += 1
    const offer = shop.offer
    if (shop.failed % ERRORS_MAX == 0 && offer !== null) {
      shop.offer = null
      const seen = new ErrorsSeen()
      seen.failed = shop.failed
      seen.change = Uint8Array.wrap(String.UTF8.encode(offer))
      out.raise<ErrorsSeen>(seen)
    }
  }
  return shop
}
