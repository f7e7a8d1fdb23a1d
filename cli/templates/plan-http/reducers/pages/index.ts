import { CheckRequested, Output, Page, PageEvent, PagePhase, Some } from './generated'

/** One page: the cell of its URL. It can ask for a request, but not make one. */
export function reduce(state: Page | null, event: PageEvent, out: Output): Page | null {
  if (event.isCheck) {
    const request = new CheckRequested()
    request.url = event.asCheck.url
    out.raise<CheckRequested>(request)
    return new Page(PagePhase.Asked())
  }
  if (state === null) return null
  if (event.isSeen) {
    state.phase = PagePhase.Seen()
    state.status = new Some<i64>(event.asSeen.status)
    state.body_ref = event.asSeen.body_ref
    return state
  }
  state.phase = PagePhase.Failed()
  state.error = event.asFailed.error
  return state
}
