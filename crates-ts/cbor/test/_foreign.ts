/** A writer of deliberately unusual CBOR: long heads, open lengths, chunks, tags, any order of keys. */
import type { Data } from '../src/index.ts'

/** The value in a form that `choices` picks, one after the other and again from the start. */
export function foreignForm(value: Data, choices: readonly number[]): Uint8Array {
  const writer = new ForeignWriter(choices)
  writer.item(value)
  return Uint8Array.from(writer.out)
}

class ForeignWriter {
  readonly out: number[] = []
  private readonly choices: readonly number[]
  private next = 0

  constructor(choices: readonly number[]) {
    this.choices = choices
  }

  item(value: Data): void {
    if (this.choose() === 9) this.head(6, 40000n)
    if (value === null) this.out.push(this.choose() < 5 ? 0xf6 : 0xf7)
    else if (typeof value === 'boolean') this.out.push(value ? 0xf5 : 0xf4)
    else if (typeof value === 'string')
      this.string(
        3,
        [...value].map((letter) => Buffer.from(letter, 'utf8')),
      )
    else if (value instanceof Uint8Array)
      this.string(
        2,
        Array.from(value, (byte) => Buffer.from([byte])),
      )
    else if (typeof value === 'bigint' || Number.isSafeInteger(value))
      this.number(value as number | bigint) // just tested
    else if (typeof value === 'number') this.float(value)
    else this.container(value)
  }

  private number(value: number | bigint): void {
    if (Object.is(value, -0)) return this.float(-0)
    const exact = BigInt(value)
    if (this.choose() < 8) return exact < 0n ? this.head(1, -1n - exact) : this.head(0, exact)
    const digits = (exact < 0n ? -1n - exact : exact).toString(16)
    this.head(6, exact < 0n ? 3n : 2n)
    this.string(2, [Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')])
  }

  private float(value: number): void {
    const bytes = Buffer.alloc(9)
    bytes[0] = 0xfb
    bytes.writeDoubleBE(value, 1)
    this.out.push(...bytes)
  }

  private string(major: 2 | 3, pieces: readonly Buffer[]): void {
    if (this.choose() < 6) return this.definite(major, Buffer.concat(pieces))
    this.out.push((major << 5) | 31)
    const cut = Math.min(this.choose(), pieces.length)
    this.definite(major, Buffer.concat(pieces.slice(0, cut)))
    this.definite(major, Buffer.concat(pieces.slice(cut)))
    this.out.push(0xff)
  }

  private definite(major: 2 | 3, content: Buffer): void {
    this.head(major, BigInt(content.length))
    this.out.push(...content)
  }

  private container(value: object): void {
    const open = this.choose() >= 6
    const entries = value instanceof Map ? [...(value as ReadonlyMap<Data, Data>)] : undefined // decoded maps hold Data
    const items = entries === undefined ? (value as readonly Data[]) : this.rotated(entries).flat() // no record is made here
    const major = entries === undefined ? 4 : 5
    if (open) this.out.push((major << 5) | 31)
    else this.head(major, BigInt(entries?.length ?? items.length))
    for (const item of items) this.item(item)
    if (open) this.out.push(0xff)
  }

  private rotated<T>(items: readonly T[]): readonly T[] {
    const cut = items.length === 0 ? 0 : this.choose() % items.length
    return [...items.slice(cut), ...items.slice(0, cut)]
  }

  private head(major: number, argument: bigint): void {
    const least = argument < 24n ? 0 : argument < 256n ? 1 : argument < 65536n ? 2 : argument < 2n ** 32n ? 4 : 8
    const width = [0, 1, 2, 4, 8].filter((each) => each >= least)[this.choose() % 3] ?? 8
    if (width === 0) {
      this.out.push((major << 5) | Number(argument))
      return
    }
    this.out.push((major << 5) | (24 + Math.log2(width)))
    for (let byte = width - 1; byte >= 0; byte -= 1) this.out.push(Number((argument >> BigInt(8 * byte)) & 0xffn))
  }

  private choose(): number {
    this.next += 1
    return this.choices[this.next % this.choices.length] ?? 0
  }
}
