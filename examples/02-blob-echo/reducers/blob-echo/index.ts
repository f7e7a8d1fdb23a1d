import { BlobGetParams, BlobPutParams, EchoEvent, EchoPhase, EchoState, Output } from './generated'
import { hashOf } from './sha256'

/** Stores bytes, gets them back, and holds both receipts to the hash that it computed itself. */
export function reduce(state: EchoState | null, event: EchoEvent, out: Output): EchoState | null {
  const echo = state === null ? new EchoState(EchoPhase.Idle()) : state
  if (event.isStart) {
    if (echo.pc.isPutting || echo.pc.isGetting) return echo
    const data = event.asStart.data
    const hash = hashOf(data)
    const put = new BlobPutParams()
    put.blob_ref = hash
    put.bytes = data
    out.emit<BlobPutParams>('blob.put', put)
    const next = new EchoState(EchoPhase.Putting())
    next.pending_blob_ref = hash
    return next
  }
  const expected = echo.pending_blob_ref
  if (expected === null) return echo
  if (event.isPut && echo.pc.isPutting) {
    const put = event.asPut
    echo.pc = EchoPhase.Done()
    if (put.status != 'ok' || put.receipt.blob_ref != expected) return echo
    echo.stored_blob_ref = expected
    echo.pc = EchoPhase.Getting()
    const get = new BlobGetParams()
    get.blob_ref = expected
    out.emit<BlobGetParams>('blob.get', get)
  } else if (event.isGot && echo.pc.isGetting) {
    const got = event.asGot
    echo.pc = EchoPhase.Done()
    if (got.status != 'ok' || hashOf(got.receipt.bytes) != expected) return echo
    echo.retrieved_blob_ref = got.receipt.blob_ref
    echo.retrieved_size = got.receipt.size
  }
  return echo
}
