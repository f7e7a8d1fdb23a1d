/**
 * A driver for tests, in plain JavaScript. What it does wrong, if anything, is its argument; what it is asked to do is the
 * text of a call.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [fault = '', file = ''] = process.argv.slice(2)
const results = new Map()
const waiting = new Map()
let idNext = 1

function send(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function ask(message) {
  const id = idNext
  idNext += 1
  send({ ...message, id })
  return new Promise((resolve) => waiting.set(id, resolve))
}

async function perform({ id, kind, params, ...rest }) {
  if (!kind.startsWith('demo.')) {
    return send({ type: 'result', id, status: 'error', payload: { code: 'kind', message: kind } })
  }
  const answer = (text, more = {}) => {
    const result = { status: 'ok', payload: { text, count: params.count + 1, ref: null }, ...more }
    results.set(rest.idempotency_key, result)
    send({ type: 'result', id, ...result })
  }
  if (fault === 'wrong-type') return answer(17)
  switch (params.text) {
    case 'crash':
      if (file !== '') appendFileSync(file, 'performed\n')
      return process.exit(3)
    case 'garbage':
      return process.stdout.write('not a message\n')
    case 'long':
      return process.stdout.write('x'.repeat(3000))
    case 'hang':
      return undefined
    case 'fail':
      return send({ type: 'result', id, status: 'error', payload: { code: 'busy', message: 'later' }, retryable: true })
    case 'not-asked':
      return send({ type: 'pong', id: 999 })
    case 'wrong-sort':
      return send({ type: 'pong', id })
    case 'call':
      return answer(JSON.stringify({ kind, params, ...rest }), { cost: { calls: 1, cents: 7 } })
    case 'environment':
      return answer(
        Object.keys(process.env)
          .filter((name) => !name.startsWith('__'))
          .join(),
      )
    case 'log':
      process.stderr.write('one\ntwo\n')
      return answer('logged')
    case 'child': {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
      return answer(String(child.pid))
    }
    case 'blob': {
      const { bytes, error } = await ask({ type: 'blob_get', call: id, hash: params.ref })
      if (error !== undefined) return answer(error)
      const text = Buffer.from(bytes, 'base64').toString().toUpperCase()
      const { hash } = await ask({ type: 'blob_put', call: id, bytes: Buffer.from(text).toString('base64') })
      const result = { status: 'ok', payload: { text: 'blob', count: 1, ref: hash } }
      return send({ type: 'result', id, ...result })
    }
    case 'big': {
      const { error } = await ask({ type: 'blob_put', call: id, bytes: Buffer.alloc(params.count).toString('base64') })
      return answer(error ?? 'stored')
    }
    case 'foreign': {
      const { error } = await ask({ type: 'blob_get', call: 4711, hash: `sha256:${'0'.repeat(64)}` })
      return answer(error)
    }
    default:
      return answer(params.text)
  }
}

function lookup({ id, idempotency_key: key }) {
  const result = results.get(key)
  if (result === undefined) return send({ type: 'none', id })
  const other = fault === 'other-lookup' ? { ...result, payload: { ...result.payload, text: 'other' } } : result
  return send({ type: 'result', id, ...other })
}

function hello() {
  if (fault === 'mute') return
  if (fault === 'crash-first' && !existsSync(file)) {
    writeFileSync(file, '')
    process.exit(1)
  }
  const kinds = fault === 'kinds' ? ['other.kind'] : ['demo.echo', 'demo.shout']
  send({ type: 'hello', protocol: fault === 'version' ? 2 : 1, kinds, lookup: fault !== 'no-lookup' })
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const message = JSON.parse(line)
  if (message.type === 'hello') hello()
  else if (message.type === 'ping' && fault !== 'no-pong') send({ type: 'pong', id: message.id })
  else if (message.type === 'call') void perform(message)
  else if (message.type === 'lookup') lookup(message)
  else if (message.type === 'blob') {
    waiting.get(message.id)(message)
    waiting.delete(message.id)
  } else if (message.type === 'close' && fault !== 'stay') process.exit(fault === 'bad-exit' ? 4 : 0)
})
lines.on('close', () => {
  if (fault !== 'stay') process.exit(0)
})
if (fault === 'stay') setInterval(() => undefined, 1000)
