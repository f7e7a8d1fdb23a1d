/** A second encoder of definitions that shares nothing with the package: JSON of a node to bytes and hash. */
import { createHash } from 'node:crypto'

export type NodeJson = null | string | number | boolean | readonly NodeJson[] | { readonly [key: string]: NodeJson }

export function encodeNodeJson(node: NodeJson): Buffer {
  return Buffer.concat([Buffer.from('d9d9f7', 'hex'), item(node)])
}

export function hashNodeJson(node: NodeJson): string {
  return `sha256:${createHash('sha256').update(encodeNodeJson(node)).digest('hex')}`
}

function item(node: NodeJson): Buffer {
  if (node === null) return Buffer.of(0xf6)
  if (typeof node === 'string') return Buffer.concat([head(3, Buffer.byteLength(node)), Buffer.from(node)])
  if (typeof node === 'boolean') return Buffer.of(node ? 0xf5 : 0xf4)
  if (typeof node === 'number') return node < 0 ? head(1, -1 - node) : head(0, node)
  if (Array.isArray(node)) return Buffer.concat([head(4, node.length), ...node.map(item)])
  const entries = Object.entries(node).map(([key, member]): [Buffer, Buffer] => [item(key), item(member)])
  entries.sort(([left], [right]) => Buffer.compare(left, right))
  return Buffer.concat([head(5, entries.length), ...entries.flat()])
}

function head(major: number, size: number): Buffer {
  if (size < 24) return Buffer.of((major << 5) | size)
  if (size < 256) return Buffer.of((major << 5) | 24, size)
  if (size < 65_536) return Buffer.of((major << 5) | 25, size >> 8, size & 255)
  const wide = Buffer.alloc(9, size < 4_294_967_296 ? (major << 5) | 26 : (major << 5) | 27)
  wide.writeBigUInt64BE(BigInt(size), 1)
  return size < 4_294_967_296 ? Buffer.concat([wide.subarray(0, 1), wide.subarray(5)]) : wide
}
