/** What the compiler says about a source. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note'
  /** The compiler's own number, such as `AS100`. */
  readonly code: string
  readonly message: string
  /** Absent when the message is about no file. */
  readonly file?: string
  /** Both from 1. */
  readonly line?: number
  readonly column?: number
}

/** `reducers/counter/index.ts:3:5: message (AS100)`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, message, code } = diagnostic
  const place = file === undefined ? '' : `${file}:${line ?? 0}:${column ?? 0}: `
  return `${place}${message} (${code})`
}

/** By file, line and column; those about no file first. */
export function compareDiagnostics(left: Diagnostic, right: Diagnostic): number {
  const leftFile = left.file ?? ''
  const rightFile = right.file ?? ''
  if (leftFile !== rightFile) return leftFile < rightFile ? -1 : 1
  return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0)
}
