/** What calls need in tests: content in memory, grants, and servers on loopback. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { BUILTIN_SCHEMAS, compileSchema } from '@aos/air'
import type { SchemaTable, TypeExpr, Value } from '@aos/air'
import { parseHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { FAILURE_TYPE } from '../src/index.ts'
import type { AdapterCall, BlobAccess, KindTypes } from '../src/index.ts'

export const SEED = Number(process.env['AOS_SEED'] ?? 20_270_102)

export function hashOf(bytes: Uint8Array): Hash {
  return parseHash(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
}

export class MemoryBlobs implements BlobAccess {
  readonly stored = new Map<Hash, Uint8Array>()

  get(hash: Hash): Uint8Array | undefined {
    return this.stored.get(hash)
  }

  put(bytes: Uint8Array): Promise<Hash> {
    return Promise.resolve(this.keep(bytes))
  }

  keep(content: Uint8Array | string): Hash {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const hash = hashOf(bytes)
    this.stored.set(hash, bytes)
    return hash
  }

  text(hash: Value | undefined): string {
    return new TextDecoder().decode(this.stored.get(parseHash(String(hash))))
  }
}

export interface CallParts {
  readonly kind: string
  readonly params: Value
  readonly grant?: Value
  readonly capType?: string
  readonly blobs?: BlobAccess
  readonly signal?: AbortSignal
  readonly key?: string
}

export function makeCall(parts: CallParts): AdapterCall {
  return {
    effectKind: parts.kind,
    params: parts.params,
    intentHash: hashOf(new Uint8Array([1])),
    idempotencyKey: parts.key ?? '01'.repeat(32),
    attempt: 1,
    grant: { name: 'g', capType: parts.capType ?? 'http.out', params: parts.grant ?? {} },
    blobs: parts.blobs ?? new MemoryBlobs(),
    signal: parts.signal ?? new AbortController().signal,
  }
}

/** The built-in types, and the one of failures. */
export const TABLE: SchemaTable = new Map<string, TypeExpr>([
  ...[...BUILTIN_SCHEMAS].map(([name, { type }]) => [name, type] as const),
  ['sys/EffectFailure@1', FAILURE_TYPE],
])

/** Encodes by the schema, which throws for a payload of another type. */
export function expectOfSchema(name: string, payload: Value): void {
  compileSchema({ kind: 'ref', name }, TABLE).encode(payload)
}

/** Fields of a record; a test on another value has to fail. */
export function fields(value: Value | undefined): { readonly [field: string]: Value } {
  if (typeof value !== 'object' || value === null) throw new Error('not a record')
  return value as { readonly [field: string]: Value } // tests look into records only
}

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

export interface LoopbackServer {
  readonly port: number
  readonly origin: string
  /** Requests in the order of their arrival. */
  readonly seen: Seen[]
  close(): Promise<void>
}

export async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer) // no encoding is set
  return Buffer.concat(chunks).toString()
}

/** A real server; `answer` gets the request after its body was read. */
export async function startServer(
  answer: (request: Seen, ...rest: Parameters<RequestListener>) => void,
  host = '127.0.0.1',
): Promise<LoopbackServer> {
  const seen: Seen[] = []
  const server: Server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
      seen.push(one)
      answer(one, request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port,
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/** Kinds of the built-in catalog, and one of a driver. */
export function typesOf(kind: string): KindTypes | undefined {
  const names: Readonly<Record<string, readonly [string, string]>> = {
    'http.request': ['sys/HttpRequestParams@1', 'sys/HttpRequestReceipt@1'],
    'blob.get': ['sys/BlobGetParams@1', 'sys/BlobGetReceipt@1'],
  }
  if (kind.startsWith('demo.'))
    return { params: DEMO, receipt: DEMO, grant: { kind: 'record', fields: new Map() }, table: TABLE }
  const found = names[kind]
  if (found === undefined) return undefined
  return { params: { kind: 'ref', name: found[0] }, receipt: { kind: 'ref', name: found[1] }, table: TABLE }
}

/** A text and perhaps a blob, there and back. */
const DEMO: TypeExpr = {
  kind: 'record',
  fields: new Map<string, TypeExpr>([
    ['text', { kind: 'text' }],
    ['count', { kind: 'nat' }],
    ['ref', { kind: 'option', inner: { kind: 'hash' } }],
  ]),
}
