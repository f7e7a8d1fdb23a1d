import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Ran, Sandbox } from './_command.ts'
import { makeWorkspaceWorld } from './_workspaces.ts'

let sandbox: Sandbox
let world: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = await makeWorkspaceWorld(sandbox)
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

const run = (words: readonly string[], input?: string): Promise<Ran> =>
  sandbox.run(['ws', ...words, '--world', world, '--quiet'], input === undefined ? {} : { input })
const ask = (words: readonly string[], input?: string): Promise<Document> =>
  sandbox.ask(['ws', ...words, '--world', world, '--quiet'], input === undefined ? {} : { input })

test(
  'a conflict is a result, and nothing is changed; what stays as it is makes no version',
  { timeout: 60_000 },
  async () => {
    await run(['write', 'other/a', '@-'], 'a')
    const conflict = await ask(['write', 'other/a', '@-', '--expect', '7'], 'b')
    expect(conflict).toMatchObject({
      exit: 1,
      ok: true,
      data: { outcome: 'conflict', version: 1, expected_version: 7 },
    })
    expect((await ask(['write', 'other@1/a', '@-'], 'a')).data).toMatchObject({ outcome: 'unchanged', version: 1 })
    expect((await ask(['ann', 'other/a', 'lang', 'en'])).data).toMatchObject({ outcome: 'committed', version: 2 })
    expect((await run(['ann', 'other/a'])).stdout).toBe('lang: en\n')
    expect((await run(['ann', 'other/a', 'lang'])).stdout).toBe('en')
    expect((await ask(['ann', 'other/a', 'lang', '--delete'])).data).toMatchObject({ version: 3 })
    expect((await ask(['ann', 'other/a'])).data).toMatchObject({ annotations: {} })
    const json = '{"big":9007199254740993,"list":[1,2.5,null]}'
    expect((await ask(['ann', 'other/a', 'meta', json, '--as', 'json'])).data).toMatchObject({ version: 4 })
    expect((await run(['ann', 'other/a'])).stdout).toBe(`meta: ${json}\n`)
    expect((await run(['ann', 'other/a', 'meta', '--json'])).stdout).toContain(`"json":${json}`)
    expect((await ask(['ann', 'other/a', 'meta', '"text"', '--as', 'json'])).data).toMatchObject({ version: 5 })
    expect((await run(['ann', 'other/a', 'meta'])).stdout).toBe('text')
    expect(await ask(['ann', 'other/a', 'meta', '{', '--as', 'json'])).toMatchObject({ exit: 1, ok: false })
  },
)

const failures: readonly (readonly [readonly string[], string, number])[] = [
  [['cat', 'nobody/a'], 'host.unknown_workspace', 1],
  [['cat', 'other/../../etc/passwd'], 'workspace.bad_path', 1],
  [['write', 'other/a/below', '@-'], 'workspace.not_a_directory', 1],
  [['restore', 'other'], 'cli.usage', 2],
]
test.each(failures)('aos ws %j is %s', { timeout: 20_000 }, async (words, code, exit) => {
  expect(await ask(words, 'x')).toMatchObject({ exit, ok: false, error: { code } })
})
