/** The canonical order of text keys (spec/02-encoding.md, "Canonical form"). */
import { compareText } from '../issues.ts'

/** Order of the encoded keys: shorter UTF-8 first, then by bytes. */
export function compareKeys(left: string, right: string): number {
  return utf8Length(left) - utf8Length(right) || compareText(left, right)
}

/** Bytes of a well-formed text in UTF-8. */
function utf8Length(text: string): number {
  let length = text.length
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit >= 0xd800 && unit <= 0xdfff) length += 1
    else if (unit >= 0x800) length += 2
    else if (unit >= 0x80) length += 1
  }
  return length
}
