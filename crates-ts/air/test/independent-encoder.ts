/** A second encoder of definitions that shares nothing with the package: JSON of a node to bytes and hash. */
import { createHash } from 'node:crypto'

export type NodeJson = string | readonly NodeJson[] | { readonly [key: string]: NodeJson }

export function encodeNodeJson(node: NodeJson): Buffer {
  return Buffer.concat([Buffer.from('d9d9f7', 'hex'), item(node)])
}

export function hashNodeJson(node: NodeJson): string {
  return `sha256:${createHash('sha256').update(encodeNodeJson(node)).digest('hex')}`
}

function item(node: NodeJson): Buffer {
  if (typeof node === 'string') return Buffer.concat([head(3, Buffer.byteLength(node)), Buffer.from(node)])
  if (Array.isArray(node)) return Buffer.concat([head(4, node.length), ...node.map(item)])
  const entries = Object.entries(node).map(([key, member]): [Buffer, Buffer] => [item(key), item(member)])
  entries.sort(([left], [right]) => Buffer.compare(left, right))
  return Buffer.concat([head(5, entries.length), ...entries.flat()])
}

function head(major: number, size: number): Buffer {
  if (size < 24) return Buffer.of((major << 5) | size)
  return size < 256 ? Buffer.of((major << 5) | 24, size) : Buffer.of((major << 5) | 25, size >> 8, size & 255)
}
