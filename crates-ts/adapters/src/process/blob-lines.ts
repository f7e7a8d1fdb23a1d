/** Content over the lines of a driver, while one of its calls is open (spec/13-adapters.md, "Drivers"). */
import type { BlobAccess } from '../port.ts'
import type { ProcessLimits } from './limits.ts'
import { hostLine } from './protocol.ts'
import type { DriverMessage } from './protocol.ts'

type BlobMessage = Extract<DriverMessage, { type: 'blob_get' | 'blob_put' }>

/** The answering line: `bytes` or `hash`, else an `error` of `no_call`, `missing`, `too_large`, `failed`. */
export async function serveBlob(
  message: BlobMessage,
  blobs: BlobAccess | undefined,
  { blobBytesMax }: ProcessLimits,
): Promise<string> {
  const { id } = message
  const refuse = (error: string): string => hostLine('blob', { id, error })
  if (blobs === undefined) return refuse('no_call')
  try {
    if (message.type === 'blob_put') {
      if (message.bytes.length > blobBytesMax) return refuse('too_large')
      return hostLine('blob', { id, hash: await blobs.put(message.bytes) })
    }
    const bytes = blobs.get(message.hash)
    if (bytes === undefined) return refuse('missing')
    if (bytes.length > blobBytesMax) return refuse('too_large')
    return hostLine('blob', { id, bytes: Buffer.from(bytes).toString('base64') })
  } catch {
    return refuse('failed')
  }
}
