/** As much JSON as a conversation with a model needs. */

/** A value that was read. A text is in `text` without its escapes, a number or a word as it stands. */
export class Json {
  names: string[] = []
  items: Json[] = []

  constructor(public text: string) {}

  /** A member of an object; null when there is none. */
  get(name: string): Json | null {
    const at = this.names.indexOf(name)
    return at < 0 ? null : this.items[at]
  }

  /** The text of a member; empty when there is none. */
  textOf(name: string): string {
    const found = this.get(name)
    return found === null ? '' : found.text
  }
}

/** Null when the text is not JSON. */
export function parseJson(text: string): Json | null {
  const reader = new Reader(text)
  const value = reader.value(0)
  return reader.isBad || reader.peek() != -1 ? null : value
}

/** A text as JSON writes it. */
export function quote(text: string): string {
  let quoted = '"'
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code == 0x22 || code == 0x5c) quoted += '\\' + text.charAt(at)
    else if (code < 0x20) quoted += '\\u00' + code.toString(16).padStart(2, '0')
    else quoted += text.charAt(at)
  }
  return quoted + '"'
}

const DEPTH_MAX = 32

class Reader {
  isBad: bool = false
  private at: i32 = 0

  constructor(private text: string) {}

  /** The next character that is no space; -1 at the end. */
  peek(): i32 {
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at)
      if (code != 0x20 && code != 0x09 && code != 0x0a && code != 0x0d) return code
      this.at += 1
    }
    return -1
  }

  value(depth: i32): Json {
    const first = this.peek()
    if (depth > DEPTH_MAX || first < 0) return this.bad()
    if (first == 0x22) return new Json(this.string())
    if (first == 0x7b) return this.list(depth, 0x7d)
    if (first == 0x5b) return this.list(depth, 0x5d)
    const from = this.at
    while (this.at < this.text.length && isWord(this.text.charCodeAt(this.at))) this.at += 1
    return from == this.at ? this.bad() : new Json(this.text.substring(from, this.at))
  }

  /** An object, whose items have names, or an array. */
  private list(depth: i32, close: i32): Json {
    const list = new Json('')
    this.at += 1
    if (this.peek() == close) {
      this.at += 1
      return list
    }
    while (!this.isBad) {
      if (close == 0x7d) {
        list.names.push(this.peek() == 0x22 ? this.string() : this.bad().text)
        this.take(0x3a)
      }
      list.items.push(this.value(depth + 1))
      if (this.peek() == close) {
        this.at += 1
        return list
      }
      this.take(0x2c)
    }
    return list
  }

  private string(): string {
    let text = ''
    this.at += 1
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at++)
      if (code == 0x22) return text
      text += code == 0x5c ? this.escaped() : String.fromCharCode(code)
    }
    return this.bad().text
  }

  private escaped(): string {
    const letter = this.text.charAt(this.at++)
    if (letter == 'n') return '\n'
    if (letter == 't') return '\t'
    if (letter == 'r') return '\r'
    if (letter == 'b') return '\b'
    if (letter == 'f') return '\f'
    if (letter != 'u') return letter
    const digits = this.text.substr(this.at, 4)
    this.at += 4
    return String.fromCharCode(i32(parseInt(digits, 16)))
  }

  private take(code: i32): void {
    if (this.peek() == code) this.at += 1
    else this.bad()
  }

  private bad(): Json {
    this.isBad = true
    return new Json('')
  }
}

function isWord(code: i32): bool {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x61 && code <= 0x7a) ||
    code == 0x45 ||
    code == 0x2b ||
    code == 0x2d ||
    code == 0x2e
  )
}
