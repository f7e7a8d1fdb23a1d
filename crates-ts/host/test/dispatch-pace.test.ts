import { expect, test } from 'vitest'
import { adapterOf, makeFakeWorld, ok } from './_effects.ts'

test('streams wait until results that pile up are durable, and not for calls that take long', async ({
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
  for (let n = 0; n < 300; n += 1) fake.emit(n, { effectKind: 'test.again' })
  await expect.poll(() => effects.state.running).toBeGreaterThan(0)
  expect(fake.catchingUp()).toBeUndefined()
  const release = fake.hold()
  finish()
  await expect.poll(() => effects.state.settling).toBe(300)
  const waiting = fake.catchingUp()
  expect(waiting).toBeDefined()
  release()
  await waiting
  expect(effects.state.settling).toBeLessThanOrEqual(128)
  expect(await effects.quiet({ timeoutMs: 3000 })).toBe('quiet')
  expect(fake.catchingUp()).toBeUndefined()
  await effects.stop()
  expect(fake.receipts).toHaveLength(300)
})
