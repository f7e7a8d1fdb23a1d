/** A world whose plans call a server with a secret in a header, and change the vault; and the server, which tells all it heard. */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const record = (fields: object): object => ({ record: fields })
const input = (name: string): object => ({ ref: `@plan.input.${name}` })

/** Emits one effect and waits for whatever comes of it. */
function plan(
  name: string,
  event: string,
  effect: { readonly kind: string; readonly cap: string; readonly params: object },
): object {
  return {
    $kind: 'defplan',
    name,
    input: event,
    steps: [
      { id: 'ask', op: 'emit_effect', ...effect, bind: { effect_id_as: 'asked' } },
      { id: 'wait', op: 'await_receipt', for: { ref: '@var:asked' }, bind: { as: 'answer' } },
      { id: 'finish', op: 'end' },
    ],
    edges: [
      { from: 'ask', to: 'wait' },
      { from: 'wait', to: 'finish' },
    ],
  }
}

const SECRET = { variant: { tag: 'secret', value: record({ alias: { text: 'api/key' }, version: { nat: 1 } }) } }

function definitions(port: number): readonly object[] {
  const url = { text: `http://127.0.0.1:${port}/echo` }
  const headers = { map: [{ key: { text: 'x-key' }, value: SECRET }] }
  const call = record({ method: { text: 'GET' }, url, headers, body_ref: { null: {} } })
  const vault = { alias: { text: 'api/key' }, binding_id: { text: 'vault:api/key' }, expected_digest: input('digest') }
  return [
    { $kind: 'defschema', name: 'test/Call@1', type: record({ n: { nat: {} } }) },
    { $kind: 'defschema', name: 'test/Put@1', type: record({ value_ref: { hash: {} }, digest: { hash: {} } }) },
    { $kind: 'defschema', name: 'test/Rotate@1', type: record({ version: { nat: {} }, digest: { hash: {} } }) },
    plan('test/call@1', 'test/Call@1', { kind: 'http.request', cap: 'web', params: call }),
    plan('test/put@1', 'test/Put@1', {
      kind: 'vault.put',
      cap: 'vault',
      params: record({ ...vault, value_ref: input('value_ref') }),
    }),
    plan('test/rotate@1', 'test/Rotate@1', {
      kind: 'vault.rotate',
      cap: 'vault',
      params: record({ ...vault, version: input('version') }),
    }),
    { $kind: 'defsecret', name: 'api/key@1', binding_id: 'vault:api/key' },
    {
      $kind: 'defpolicy',
      name: 'test/policy@1',
      rules: ['web', 'vault'].map((cap_name) => ({ when: { cap_name }, decision: 'allow' })),
    },
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['Call', 'Put', 'Rotate'].map((name) => ({ name: `test/${name}@1` })),
      modules: [{ name: 'sys/CapEnforceHttpOut@1' }],
      plans: ['call', 'put', 'rotate'].map((name) => ({ name: `test/${name}@1` })),
      effects: [{ name: 'sys/http.request@2' }, { name: 'sys/vault.put@1' }, { name: 'sys/vault.rotate@1' }],
      caps: [],
      policies: [{ name: 'test/policy@1' }],
      secrets: [{ name: 'api/key@1' }],
      defaults: {
        policy: 'test/policy@1',
        cap_grants: [
          { name: 'web', cap: 'sys/http.out@1', params: { hosts: ['127.0.0.1'], schemes: ['http'], ports: [port] } },
          { name: 'vault', cap: 'sys/secret@1', params: {} },
        ],
      },
      triggers: ['Call', 'Put', 'Rotate'].map((name) => ({
        event: `test/${name}@1`,
        plan: `test/${name.toLowerCase()}@1`,
      })),
    },
  ]
}

/** Files only. */
export function writeSecretWorld(folder: string, port: number): void {
  mkdirSync(join(folder, 'air'), { recursive: true })
  writeFileSync(join(folder, 'aos.json'), '{"version":1}')
  writeFileSync(join(folder, 'air', 'all.air.json'), JSON.stringify(definitions(port)))
}

export interface EchoServer {
  readonly port: number
  /** The header `x-key` of each request. */
  readonly heard: readonly string[]
  close(): Promise<void>
}

/** Answers with the header it was sent, in every form that somebody may think of, in pieces. */
export async function startEchoServer(): Promise<EchoServer> {
  const heard: string[] = []
  const server = createServer((request, response) => {
    const key = String(request.headers['x-key'])
    heard.push(key)
    response.setHeader('x-echo', key)
    response.setHeader('x-echo-base64', Buffer.from(key).toString('base64'))
    const whole = [0, 1, 2].map((shift) => Buffer.from(`${'x'.repeat(shift)}${key}yyy`).toString('base64'))
    const forms = formsOf(key).filter(({ name }) => !name.startsWith('base64'))
    const pieces = [...forms.map(({ name, bytes }) => `${name}=${bytes.toString('latin1')}`), ...whole]
    const body = Buffer.from(pieces.join('\n'), 'latin1')
    // Five bytes at a time: no secret is in one piece.
    for (let at = 0; at < body.length; at += 5) response.write(body.subarray(at, at + 5))
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    heard,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A secret as it may be found. Of base64 what does not depend on what stands beside it. */
export function formsOf(secret: string): readonly { readonly name: string; readonly bytes: Buffer }[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const percent = hex.replace(/../g, '%$&')
  const base64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes, Buffer.alloc(3)]).toString('base64')
    const own = text.slice(shift === 0 ? 0 : 4, Math.floor(((shift + bytes.length) * 8) / 24) * 4)
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const texts: readonly (readonly [string, string])[] = [
    ['raw', secret],
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ['percent', percent],
    ['PERCENT', percent.toUpperCase()],
    ['uri', encodeURIComponent(secret)],
    ['form', new URLSearchParams({ a: secret }).toString().slice(2)],
    ['json', JSON.stringify(secret).slice(1, -1)],
    ['json in json', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['unicode escapes', hex.replace(/../g, '\\u00$&')],
    ...base64.map((text, index) => [`base64 ${index}`, text] as const),
  ]
  return [
    ...texts.map(([name, text]) => ({ name, bytes: Buffer.from(text) })),
    { name: 'utf-16', bytes: Buffer.from(secret, 'utf16le') },
  ]
}

/** `file: form` of every place below a folder where a secret is found. */
export function findSecrets(folder: string, secrets: readonly string[]): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    const stat = statSync(path)
    if (stat.isDirectory()) return findSecrets(path, secrets)
    return stat.isFile() ? findIn(path, readFileSync(path), secrets) : []
  })
}

/** The same for one text or file. */
export function findIn(place: string, bytes: Buffer, secrets: readonly string[]): readonly string[] {
  return secrets.flatMap((secret) =>
    formsOf(secret).flatMap((form) => (bytes.includes(form.bytes) ? [`${place}: ${form.name}`] : [])),
  )
}
