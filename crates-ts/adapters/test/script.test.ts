import { describe, expect, test } from 'vitest'
import { isAosError } from '@aos/cbor'
import { callAdapter, makeScripted, makeScrubber, parseScript, scriptedId } from '../src/index.ts'
import type { ScriptedAdapter } from '../src/index.ts'
import { MemoryBlobs, expectOfSchema, fields, makeCall, typesOf } from './_world.ts'
import type { CallParts } from './_world.ts'

function scripted(script: unknown): ScriptedAdapter {
  const kinds = ['http.request', 'blob.get']
  return makeScripted({ id: scriptedId('http'), kinds, script: parseScript(JSON.stringify(script)), typesOf })
}

function http(url: string, parts: Partial<CallParts> = {}): ReturnType<typeof makeCall> {
  const params = { method: 'GET', url, headers: new Map(), body_ref: null }
  return makeCall({ kind: 'http.request', params, ...parts })
}

const payload = {
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body_ref: '@blob:greeting',
  timings: { start_ns: 1, end_ns: 2 },
  adapter_id: 'http.scripted',
}

describe('steps', () => {
  test('a result is of the receipt schema, and its blobs are stored', async () => {
    const blobs = new MemoryBlobs()
    const twin = scripted({ steps: [{ result: { payload } }], blobs: { greeting: { text: 'hello' } } })
    expect([twin.id, twin.kinds]).toEqual(['http.scripted', ['http.request', 'blob.get']])
    const result = await twin.perform(http('http://a.test/', { blobs }))
    expectOfSchema('sys/HttpRequestReceipt@1', result.payload)
    expect([result.status, blobs.text(fields(result.payload)['body_ref'])]).toEqual(['ok', 'hello'])
    expect(result.cost).toEqual(new Map([['calls', 1]]))
  })

  test('are consumed in order, and by what they match', async () => {
    const fail = (code: string, rest: object = {}): object => ({ fail: { code }, ...rest })
    const twin = scripted({
      steps: [
        fail('for-b', { match: { params: { url: 'http://b.test/' } } }),
        fail('first'),
        fail('twice', { repeat: 2, match: { kind: 'http.request' } }),
        fail('always-b', { repeat: 'always', match: { params: { url: 'http://b.test/', headers: {} } } }),
        fail('other-kind', { match: { kind: 'blob.get' } }),
      ],
    })
    const codes: unknown[] = []
    for (const host of ['a', 'b', 'a', 'b', 'a', 'b', 'b']) {
      codes.push(fields((await twin.perform(http(`http://${host}.test/`))).payload)['code'])
    }
    expect(codes).toEqual(['first', 'for-b', 'twice', 'twice', 'script_exhausted', 'always-b', 'always-b'])
    expect(twin.calls.map(({ step }) => step)).toEqual([1, 0, 2, 2, undefined, 3, 3])
    expect(twin.calls[0]).toMatchObject({ kind: 'http.request', attempt: 1, idempotencyKey: '01'.repeat(32) })
  })

  test('match the try', async () => {
    const twin = scripted({ steps: [{ match: { attempt: 2 }, fail: { code: 'second' } }, { unknown: true }] })
    const first = await twin.perform(http('http://a.test/'))
    const second = await twin.perform({ ...http('http://a.test/'), attempt: 2 })
    expectOfSchema('sys/EffectFailure@1', first.payload)
    expect([first.status, fields(second.payload)['code']]).toEqual(['unknown', 'second'])
  })

  test('match what stands in content that parameters refer to', async () => {
    const blobs = new MemoryBlobs()
    const get = (content: string): ReturnType<typeof makeCall> =>
      makeCall({ kind: 'blob.get', params: { blob_ref: blobs.keep(content) }, blobs })
    const twin = scripted({
      steps: [
        { match: { contains: ['two', 'ñ'] }, repeat: 'always', fail: { code: 'both' } },
        { match: { contains: ['two'] }, repeat: 'always', fail: { code: 'one' } },
        { match: { contains: [] }, repeat: 'always', fail: { code: 'none' } },
      ],
    })
    const codes: unknown[] = []
    for (const content of ['one two', 'ñ and two', 'Two ñ']) {
      codes.push(fields((await twin.perform(get(content))).payload)['code'])
    }
    // A hash without content refers to nothing; a text that is no hash is none.
    const missing = makeCall({ kind: 'blob.get', params: { blob_ref: new MemoryBlobs().keep('two') }, blobs })
    for (const call of [missing, http('http://two.test/')])
      codes.push(fields((await twin.perform(call)).payload)['code'])
    expect(codes).toEqual(['one', 'both', 'none', 'none', 'none'])
  })

  test('carry status, cost and whether to try again', async () => {
    const result = { status: 'timeout', payload: { code: 'c', message: 'm' }, cost: { cents: 3 }, retryable: true }
    const twin = scripted({ steps: [{ result }, { fail: { code: 'x', message: 'y', retryable: true } }] })
    const first = await twin.perform(http('http://a.test/'))
    expect([first.status, first.cost, first.retryable]).toEqual(['timeout', new Map([['cents', 3]]), true])
    expectOfSchema('sys/EffectFailure@1', first.payload)
    expect((await twin.perform(http('http://a.test/'))).retryable).toBe(true)
  })

  test('wait, or hang until the signal', async () => {
    const twin = scripted({
      steps: [{ delay_ms: 15, unknown: true }, { delay_ms: 5000, unknown: true }, { hang: true }],
    })
    const started = performance.now()
    expect((await twin.perform(http('http://a.test/'))).status).toBe('unknown')
    expect(performance.now() - started).toBeGreaterThanOrEqual(14)
    for (const _step of [1, 2]) {
      const signal = AbortSignal.timeout(10)
      expect((await twin.perform(http('http://a.test/', { signal }))).status).toBe('timeout')
    }
  })

  test('what was answered is found by its key', async () => {
    const twin = scripted({ steps: [{ fail: { code: 'once' } }] })
    const call = http('http://a.test/')
    expect(await twin.lookup?.(call.idempotencyKey, call)).toBeUndefined()
    const result = await twin.perform(call)
    expect(await twin.lookup?.(call.idempotencyKey, call)).toBe(result)
  })

  test('a payload of another type, or without its blob, is a fault', async () => {
    for (const bad of [{ ...payload, status: 'no' }, payload]) {
      const result = await callAdapter(scripted({ steps: [{ result: { payload: bad } }] }), http('http://a.test/'), {
        scrubber: makeScrubber([]),
      })
      expect(fields(result?.payload)['code']).toBe('adapter_fault')
    }
  })

  test('the same script and calls give the same results', async () => {
    const run = async (): Promise<string> => {
      const twin = scripted({ steps: [{ result: { payload }, repeat: 2 }], blobs: { greeting: { json: { a: [1] } } } })
      const results = [await twin.perform(http('http://a.test/')), await twin.perform(http('http://b.test/'))]
      return JSON.stringify([results, twin.calls])
    }
    expect(await run()).toBe(await run())
  })
})

describe('form', () => {
  test.each([
    ['no JSON', '{', []],
    ['no steps', '{}', ['steps']],
    ['another member', '{"steps":[],"else":1}', ['else']],
    ['a step without an outcome', '{"steps":[{}]}', ['steps', 0]],
    ['a step with two', '{"steps":[{"unknown":true,"hang":true}]}', ['steps', 0]],
    ['another member of a step', '{"steps":[{"unknown":true,"x":1}]}', ['steps', 0, 'x']],
    ['an outcome that is false', '{"steps":[{"unknown":false}]}', ['steps', 0, 'unknown']],
    ['a status that is none', '{"steps":[{"result":{"status":"fine"}}]}', ['steps', 0, 'result', 'status']],
    ['a cost that is none', '{"steps":[{"result":{"cost":{"a":-1}}}]}', ['steps', 0, 'result', 'cost', 'a']],
    ['a repeat that is none', '{"steps":[{"repeat":"ever","unknown":true}]}', ['steps', 0, 'repeat']],
    ['a delay that is too long', '{"steps":[{"delay_ms":3600001,"unknown":true}]}', ['steps', 0, 'delay_ms']],
    ['a failure without a code', '{"steps":[{"fail":{}}]}', ['steps', 0, 'fail', 'code']],
    ['texts that are none', '{"steps":[{"match":{"contains":"a"},"unknown":true}]}', ['steps', 0, 'match', 'contains']],
    [
      'a text that is none',
      '{"steps":[{"match":{"contains":[1]},"unknown":true}]}',
      ['steps', 0, 'match', 'contains', 0],
    ],
    ['a blob of two contents', '{"steps":[],"blobs":{"a":{"text":"","json":1}}}', ['blobs', 'a']],
    ['base64 that is none', '{"steps":[],"blobs":{"a":{"base64":"a"}}}', ['blobs', 'a', 'base64']],
    ['a member twice', '{"steps":[],"steps":[]}', ['steps']],
  ])('refused: %s', (_name, text, path) => {
    let found: unknown
    try {
      parseScript(text)
    } catch (error) {
      found = isAosError(error) ? [error.code, error.path ?? []] : error
    }
    expect(found).toEqual(['adapter.bad_script', path])
  })
})
