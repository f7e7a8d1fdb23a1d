/** A realistic module: an AssemblyScript reducer with classes, a Map and strings. */
import asc from 'assemblyscript/asc'

const SOURCE = `
class Entry { constructor(public name: string, public count: i64) {} }

const seen = new Map<string, Entry>()
let calls: i32 = 0

export function alloc(size: i32): i32 {
  return <i32>heap.alloc(size)
}

export function step(result: i32, at: i32, length: i32): void {
  calls += 1
  const text = String.UTF8.decodeUnsafe(<usize>at, <usize>length)
  const words = text.split(' ')
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (seen.has(word)) seen.get(word).count += 1
    else seen.set(word, new Entry(word, 1))
  }
  const names = seen.keys()
  names.sort()
  let out = calls.toString() + ':'
  for (let i = 0; i < names.length; i++) out += names[i] + '=' + seen.get(names[i]).count.toString() + ';'
  const bytes = String.UTF8.encode(out)
  store<u32>(<usize>result, <u32>changetype<usize>(bytes))
  store<u32>(<usize>result + 4, <u32>bytes.byteLength)
}
`

const TRIVIAL = `
export function alloc(size: i32): i32 {
  return <i32>heap.alloc(size)
}
export function step(result: i32, at: i32, length: i32): void {
  const out = heap.alloc(<usize>length)
  memory.copy(out, <usize>at, <usize>length)
  store<u8>(out, load<u8>(out) + 1)
  store<u32>(<usize>result, <u32>out)
  store<u32>(<usize>result + 4, <u32>length)
}
`

async function compile(source: string): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined
  const flags = ['-O3', '--runtime', 'stub', '--use', 'abort=', '--initialMemory', '1', '--debug']
  const { error, stderr } = await asc.main(['main.ts', '-o', 'out.wasm', ...flags], {
    readFile: (name) => (name === 'main.ts' ? source : null),
    writeFile: (name, contents) => {
      if (name === 'out.wasm' && typeof contents !== 'string') wasm = contents
    },
    listFiles: () => [],
  })
  if (wasm === undefined) throw new Error(`asc: ${error?.message ?? ''} ${stderr.toString()}`)
  return wasm
}

/** Counts words; its result would differ in every call if anything survived. */
export function compileWordCount(): Promise<Uint8Array> {
  return compile(SOURCE)
}

/** Copies its input and adds one to its first byte. */
export function compileTrivial(): Promise<Uint8Array> {
  return compile(TRIVIAL)
}
