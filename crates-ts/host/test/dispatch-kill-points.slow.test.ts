import { expect, test } from 'vitest'
import { withScript } from './_child-script.ts'
import { runLives } from './_dispatch-kills.ts'
import type { TestKind } from './_effect-world.ts'

const POINTS = ['before-mark', 'after-mark', 'during-call', 'before-submit', 'before-durable', 'after-durable']

/** Calls that are made in all, and the status of the one receipt. */
const WANTED: Readonly<Record<TestKind, readonly (readonly [calls: number, status: string])[]>> = {
  once: [[1, 'ok'], [0, 'unknown'], [1, 'unknown'], [1, 'unknown'], [1, 'unknown'], [1, 'ok']], // prettier-ignore
  again: [[1, 'ok'], [1, 'ok'], [2, 'ok'], [2, 'ok'], [2, 'ok'], [1, 'ok']], // prettier-ignore
}

test('whenever the host is killed, every effect is done once or reported as unknown', async () => {
  const [once, again] = await withScript('_dispatch-child.ts', (script) => {
    const runKind = (kind: TestKind): ReturnType<typeof runLives> =>
      runLives(
        script,
        POINTS.map((point) => ({ kind, point })),
      )
    return Promise.all([runKind('once'), runKind('again')])
  })
  for (const [kind, report] of [
    ['once', once],
    ['again', again],
  ] as const) {
    // prettier-ignore
    expect(report).toMatchObject({ killed: POINTS.length, open: 0, verified: true })
    const wanted = WANTED[kind].map(([calls, status], index) => ({ kind, point: POINTS[index], calls, status }))
    expect(report.lives).toEqual(wanted)
  }
})
