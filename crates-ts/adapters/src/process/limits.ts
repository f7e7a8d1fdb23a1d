/** Bounds of a driver (spec/13-adapters.md, "Drivers"). */
export interface ProcessLimits {
  /** Bytes of one line in either direction, without its line feed. */
  readonly lineBytesMax: number
  /** Bytes of content that goes over the lines. */
  readonly blobBytesMax: number
  /** Until a started driver says hello. */
  readonly helloMs: number
  /** From the end of its input until a driver is killed. */
  readonly closeMs: number
  /** Before a driver that ended is started again; doubled each time that nothing was answered in between. */
  readonly backoffMs: number
  readonly backoffMsMax: number
}

/** What holds unless an adapter is configured otherwise. */
export const PROCESS_LIMITS: ProcessLimits = {
  lineBytesMax: 8_388_608,
  blobBytesMax: 4_194_304,
  helloMs: 10_000,
  closeMs: 1000,
  backoffMs: 100,
  backoffMsMax: 10_000,
}
