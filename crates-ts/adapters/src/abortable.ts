/** Waiting that ends with a signal. */
import { AdapterFailure } from './failures.ts'

/** The promise, or AdapterFailure `timeout` as soon as the signal is aborted. The work itself goes on unobserved. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => {
      reject(timeoutFailure())
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    const done = (): void => {
      signal.removeEventListener('abort', stop)
    }
    promise.then(resolve, reject).finally(done)
  })
}

/** What an aborted call ends with. */
export function timeoutFailure(): AdapterFailure {
  return new AdapterFailure('timeout', 'the time for the call was over')
}
