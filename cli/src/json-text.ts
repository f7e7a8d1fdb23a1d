/** JSON of a result on one line. */

/** JSON that is already text, because its numbers do not fit a JavaScript number. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Members that are undefined are left out; a bigint is written with all its digits; a Map by its text keys. */
export function toJsonText(value: unknown): string {
  if (value instanceof JsonText) return value.text
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map((item) => toJsonText(item)).join(',')}]`
  if (value instanceof Map) return objectText([...value].map(([key, member]) => [String(key), member]))
  if (typeof value === 'object' && value !== null) return objectText(Object.entries(value))
  return JSON.stringify(value) ?? 'null'
}

function objectText(entries: readonly (readonly [string, unknown])[]): string {
  const members = entries.filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${toJsonText(member)}`).join(',')}}`
}
