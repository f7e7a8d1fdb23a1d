import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inspectModule } from '../src/index.ts'
import { compileWordCount } from './_assemblyscript.ts'
import { loadPooled } from './_guests.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('AssemblyScript', () => {
  let bytes: Uint8Array
  beforeAll(async () => {
    bytes = await compileWordCount()
  })

  it('is admitted', () => {
    const report = inspectModule(bytes)
    expect(report.issues).toEqual([])
    expect(report.entries).toEqual([{ name: 'step', convention: 'return_pointer' }])
    expect(report.meteredSize).toBeGreaterThan(report.size / 2)
  })

  it('runs as the original does, and nothing survives a call', () => {
    const guest = loadPooled(bytes)
    expect(decode(guest.callExact(encode('a b a')).output)).toBe('1:a=2;b=1;')
    expect(decode(guest.callExact(encode('b')).output)).toBe('1:b=1;')
    const long = Array.from({ length: 3_000 }, (_, at) => `w${at % 97}`).join(' ')
    const first = guest.callExact(encode(long), 100_000_000)
    expect(decode(first.output)).toContain('w5=31;')
    expect(guest.callExact(encode(long), 100_000_000).fuel).toBe(first.fuel)
  })

  it('runs out of fuel and runs again', () => {
    const guest = loadPooled(bytes)
    const input = encode('the same words again and again')
    const { fuel } = guest.call(input)
    for (let limit = 0; limit < fuel; limit += Math.ceil(fuel / 37)) {
      expect(guest.call(input, limit)).toMatchObject({ outcome: 'out_of_fuel', fuel: limit })
    }
    expect(guest.callExact(input).fuel).toBe(fuel)
  })
})

const RUST = `
#![allow(static_mut_refs)]
use std::collections::BTreeMap;
static mut KEPT: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
#[no_mangle] pub extern "C" fn alloc(n: i32) -> i32 { Box::leak(vec![0u8; n as usize].into_boxed_slice()).as_mut_ptr() as i32 }
#[no_mangle] pub extern "C" fn step(ret: *mut u32, ptr: *const u8, len: usize) {
  let input = unsafe { std::slice::from_raw_parts(ptr, len) };
  let map = unsafe { &mut KEPT };
  for word in input.split(|b| *b == b' ') { *map.entry(word.to_vec()).or_insert(0) += 1; }
  let text: String = map.iter().map(|(k, v)| format!("{}={};", String::from_utf8_lossy(k), v)).collect();
  let out = Box::leak(text.into_bytes().into_boxed_slice());
  unsafe { *ret = out.as_ptr() as u32; *ret.add(1) = out.len() as u32; }
}
`

function compileRust(): Uint8Array | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'aos-rust-'))
  try {
    writeFileSync(join(folder, 'lib.rs'), RUST)
    const flags = ['--edition', '2021', '--crate-type', 'cdylib', '--target', 'wasm32-unknown-unknown', '-O']
    const { status } = spawnSync('rustc', [...flags, '-o', 'out.wasm', 'lib.rs'], { cwd: folder })
    return status === 0 ? new Uint8Array(readFileSync(join(folder, 'out.wasm'))) : undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('Rust', () => {
  it('runs as it is', (context) => {
    const bytes = compileRust()
    if (bytes === undefined) {
      context.skip('no rustc with the target wasm32-unknown-unknown')
      return
    }
    expect(inspectModule(bytes).issues).toEqual([])
    const guest = loadPooled(bytes)
    for (const text of ['b a b', 'c', 'b a b']) guest.callExact(encode(text))
    expect(decode(guest.callExact(encode('b a b')).output)).toBe('a=1;b=2;')
  })
})
