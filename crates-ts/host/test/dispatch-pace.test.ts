import { expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamPace } from '../src/dispatch/stream-pace.ts'
import { adapterOf, makeFakeWorld, ok } from './_effects.ts'

test('streams wait until intents and results that pile up are durable, and not for calls that take long', async ({
  onTestFinished,
}) => {
  const fake = makeFakeWorld()
  onTestFinished(() => {
    fake.remove()
  })
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const adapter = adapterOf(async () => {
    await finished
    return ok('together')
  })
  const effects = fake.effects({ adapters: [adapter] })
  await effects.start()
  const write = fake.hold()
  for (let n = 0; n < 300; n += 1) fake.emit(n, { effectKind: 'test.again' })
  const written = fake.catchingUp()
  expect(written).toBeDefined()
  write()
  await written
  await expect.poll(() => effects.state.running).toBeGreaterThan(0)
  expect(fake.catchingUp()).toBeUndefined()
  const release = fake.hold()
  finish()
  await expect.poll(() => effects.state.settling).toBe(300)
  const waiting = fake.catchingUp()
  expect(waiting).toBeDefined()
  release()
  await waiting
  expect(effects.state.settling).toBeLessThan(300)
  expect(await effects.quiet({ timeoutMs: 3000 })).toBe('quiet')
  expect(fake.catchingUp()).toBeUndefined()
  await effects.stop()
  expect(fake.receipts).toHaveLength(300)
})

test('more may be on their way where the process would wait for the disk, and fewer again where it is busy', async () => {
  let open = 0
  const pace = new StreamPace(() => open)
  const bound = (): number => {
    for (open = 1; open < 5000 && pace.wait() === undefined;) open += 1
    return open
  }
  const comeThrough = (): void => {
    open = 0
    pace.note()
  }
  const least = bound()
  for (const factor of [2, 4, 8, 16, 16]) {
    await sleep(20)
    comeThrough()
    expect(bound()).toBe(factor * least)
  }
  comeThrough()
  const busyAt = bound()
  const end = performance.now() + 20
  while (performance.now() < end);
  comeThrough()
  expect(bound()).toBe(busyAt / 2)
})
