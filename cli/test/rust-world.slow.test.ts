/** A world whose reducer is Rust, made with the crate of `reducers/sdk-rust`: where cargo and its target are. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { whyNoRust } from '@aos/build'
import type { TestReducer } from '@aos/host'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'
const REDUCER = 'demo/CounterSM@1'
const CRATE = join(CHECKOUT, 'reducers/sdk-rust')

const missing = whyNoRust()

let sandbox: Sandbox
let world: string

beforeAll(() => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  cpSync(join(CHECKOUT, 'examples/00-counter'), world, {
    recursive: true,
    filter: (path) => !/[\\/](\.aos|node_modules)$/.test(path),
  })
  rmSync(join(world, 'reducers/counter'), { recursive: true })
  mkdirSync(join(world, 'reducers/counter'))
  cpSync(join(CRATE, 'example/Cargo.toml'), join(world, 'reducers/counter/Cargo.toml'))
  cpSync(join(CRATE, 'example/src'), join(world, 'reducers/counter/src'), { recursive: true })
})

afterAll(() => {
  sandbox.remove()
})

const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])

test('the crate passes its own tests, its example in the documentation among them', { timeout: 240_000 }, (context) => {
  context.skip(missing !== undefined, missing)
  const folder = join(sandbox.folder, 'crate')
  cpSync(CRATE, folder, { recursive: true })
  const { status, stdout, stderr } = spawnSync('cargo', ['test', '--offline', '--color', 'never'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  expect(stdout).toContain('test result: ok. 5 passed')
})

test('its example is pushed, runs, traps and replays', { timeout: 240_000 }, async (context) => {
  context.skip(missing !== undefined, missing)
  expect(await ask('push')).toMatchObject({ exit: 0, ok: true })
  const states: unknown[] = []
  for (const event of ['{"Start":{"target":2}}', '{"Tick":null}', '{"Tick":null}', '{"Tick":null}']) {
    expect(await ask('event', 'send', EVENT, event)).toMatchObject({ exit: 0 })
    const { data } = await ask('state', 'get', REDUCER)
    states.push((data as { readonly state: unknown }).state)
  }
  expect(states).toEqual([
    { pc: { Counting: null }, remaining: 2 },
    { pc: { Counting: null }, remaining: 1 },
    { pc: { Done: null }, remaining: 0 },
    { pc: { Done: null }, remaining: 0 },
  ])
  expect(await ask('journal', 'replay', '--verify')).toMatchObject({ exit: 0, data: { ok: true } })
  const { testReducer } = (await import(join(CHECKOUT, 'cli/dist/testkit.mjs'))) as { testReducer: TestReducer }
  const { given } = await testReducer(REDUCER, { world })
  given(null)
    .when({ Start: { target: 2 } })
    .then({ pc: 'Counting', remaining: 2 })
    .when('Tick')
    .then({ pc: 'Counting', remaining: 1 })
  expect(() => given(null).when('Tick').then({ pc: 'Done', remaining: 0 })).toThrow('the state of the step')
  // Cargo keeps what it built; the same sources are the same module.
  expect(await ask('push')).toMatchObject({ data: { outcome: 'unchanged' } })

  const file = join(world, 'reducers/counter/src/lib.rs')
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      'fn reduce(',
      'fn reduce(input: &Input, _: &mut Output) -> Value { panic!() }\nfn other(',
    ),
  )
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('reducer!(reduce)', 'reducer!(reduc)'))
  const failed = await ask('push')
  expect(failed).toMatchObject({ exit: 1, error: { code: 'build.compile_failed' } })
  expect(failed.error?.message).toContain('reducers/counter does not compile')
  expect(failed.error?.message).toContain('src/lib.rs:')
  writeFileSync(file, text)
  expect(await ask('push')).toMatchObject({ exit: 0 })
  const trapped = await sandbox.run(['event', 'send', EVENT, '{"Tick":null}', '--world', world])
  expect(trapped.exit).toBe(1)
  expect(trapped.stdout + trapped.stderr).toContain('trap')
})

/** Envelopes by serde_cbor 0.11, which AIR v1 comes from: no prefix, fields in the order of the struct, variants as texts and one-key maps. */
const SERDE = `use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

#[derive(Deserialize)]
struct Input {
    version: u8,
    state: Option<ByteBuf>,
    event: Event,
}

#[derive(Serialize, Deserialize)]
struct Event {
    schema: String,
    value: ByteBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<ByteBuf>,
}

#[derive(Serialize)]
struct Output {
    state: Option<ByteBuf>,
    domain_events: Vec<Event>,
}

#[derive(Serialize, Deserialize)]
enum Pc { Idle, Counting, Done }

#[derive(Serialize, Deserialize)]
struct Counter { pc: Pc, remaining: u64 }

#[derive(Deserialize)]
#[serde(tag = "$tag", content = "$value")]
enum Asked { Start { target: u64 }, Tick }

fn reduce(input: &[u8]) -> Vec<u8> {
    let input: Input = serde_cbor::from_slice(input).expect("an envelope");
    assert!(input.version == 1 && input.event.schema == "demo/CounterEvent@1" && input.event.key.is_none());
    let state: Option<Counter> = input.state.map(|bytes| serde_cbor::from_slice(&bytes).expect("a state"));
    let next = match (serde_cbor::from_slice(&input.event.value).expect("an event"), state) {
        (Asked::Start { target }, _) => Counter { pc: Pc::Counting, remaining: target },
        (Asked::Tick, None) => Counter { pc: Pc::Idle, remaining: 0 },
        (Asked::Tick, Some(Counter { remaining: 0..=1, .. })) => Counter { pc: Pc::Done, remaining: 0 },
        (Asked::Tick, Some(Counter { pc, remaining })) => Counter { pc, remaining: remaining - 1 },
    };
    let state = Some(ByteBuf::from(serde_cbor::to_vec(&next).unwrap()));
    serde_cbor::to_vec(&Output { state, domain_events: vec![] }).unwrap()
}

#[no_mangle]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
    std::mem::ManuallyDrop::new(Vec::<u8>::with_capacity(length)).as_mut_ptr()
}

/// # Safety
/// The caller passes what alloc gave it.
#[no_mangle]
pub unsafe extern "C" fn step(target: *mut [usize; 2], pointer: *const u8, length: usize) {
    let output = std::mem::ManuallyDrop::new(reduce(std::slice::from_raw_parts(pointer, length)));
    *target = [output.as_ptr() as usize, output.len()];
}
`

const SERDE_CARGO = `[package]
name = "plain"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_bytes = "0.11"
serde_cbor = "0.11"
`

test('a reducer that writes envelopes as serde does needs no change', { timeout: 300_000 }, async (context) => {
  context.skip(missing !== undefined, missing)
  const plain = join(sandbox.folder, 'plain')
  cpSync(join(CHECKOUT, 'examples/00-counter'), plain, {
    recursive: true,
    filter: (path) => !/[\\/](\.aos|node_modules)$/.test(path),
  })
  const folder = join(plain, 'reducers/counter')
  rmSync(folder, { recursive: true })
  mkdirSync(join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'Cargo.toml'), SERDE_CARGO)
  writeFileSync(join(folder, 'src/lib.rs'), SERDE)
  const fetched = spawnSync('cargo', ['fetch', '--target', 'wasm32-unknown-unknown'], { cwd: folder })
  context.skip(fetched.status !== 0, 'no registry to get serde from')
  expect(await sandbox.ask(['push'], { cwd: plain })).toMatchObject({ exit: 0 })
  for (const event of ['{"Start":{"target":2}}', '{"Tick":null}', '{"Tick":null}']) {
    expect(await sandbox.ask(['event', 'send', EVENT, event], { cwd: plain })).toMatchObject({ exit: 0 })
  }
  const { data } = await sandbox.ask(['state', 'get', REDUCER], { cwd: plain })
  expect(data).toMatchObject({ state: { pc: { Done: null }, remaining: 0 } })
  expect(await sandbox.ask(['journal', 'replay', '--verify'], { cwd: plain })).toMatchObject({ data: { ok: true } })
})

test('without cargo the refusal says what to install', { timeout: 60_000 }, async () => {
  const environment = { PATH: '/nowhere' }
  const refused = await sandbox.ask(['push', '--world', world, '--force-build'], { environment })
  expect(refused).toMatchObject({ exit: 1, error: { code: 'build.tool_missing' } })
  expect(refused.error?.hint).toContain('wasm32-unknown-unknown')
})
