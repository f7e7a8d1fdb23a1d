import { expect, test } from 'vitest'
import { drawChart, escapeXml, linearTicks } from './svg-chart.ts'
import type { Chart } from './svg-chart.ts'

const chart: Chart = {
  title: 'Opening a world',
  xLabel: 'entries',
  yLabel: 'opening, ms',
  points: [
    { x: 1000, y: 20, min: 18, max: 30 },
    { x: 100_000, y: 600, min: 580, max: 700 },
    { x: 10_000, y: 70, min: 60, max: 80 },
  ],
  bar: { y: 300, label: 'bar: at most 300 ms' },
  footer: 'A CPU, 2 cores, Node 20.20.2',
}

/** Throws unless every tag is closed in order and no bare `&` or `<` is left; returns the names of all elements. */
function elementsOf(xml: string): readonly string[] {
  const open: string[] = []
  const names: string[] = []
  for (const [, close, name = '', attributes = ''] of xml.matchAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<]*")*\/?)>/g,
  )) {
    if (close === '/') expect(open.pop()).toBe(name)
    else {
      names.push(name)
      if (!attributes.endsWith('/')) open.push(name)
    }
  }
  expect(open).toEqual([])
  expect(xml.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/)
  return names
}

function numbersOf(svg: string, pattern: RegExp): readonly number[] {
  return [...svg.matchAll(pattern)].map(([, value]) => Number(value))
}

test('a chart is one well-formed document with a title, its figures, axes, a mark for each point, and the bar', () => {
  const svg = drawChart(chart)
  const names = elementsOf(svg)
  expect(names[0]).toBe('svg')
  expect(names.filter((name) => name === 'circle')).toHaveLength(3)
  expect(names.filter((name) => name === 'polyline')).toHaveLength(1)
  for (const said of [
    '>Opening a world<',
    '>entries (logarithmic)<',
    '>opening, ms<',
    '>bar: at most 300 ms<',
    'Node 20.20.2',
  ]) {
    expect(svg).toContain(said)
  }
  expect(svg).toContain('100,000 | 600 | 580 | 700')
  expect(svg).not.toContain('NaN')
  expect(drawChart(chart)).toBe(svg)
})

test('x is logarithmic and y is linear from zero', () => {
  const svg = drawChart(chart)
  const [first = 0, second = 0, third = 0] = numbersOf(svg, /<circle class="point" cx="([0-9.]+)"/g)
  expect(second - first).toBeCloseTo(third - second, 0)
  const [low = 0, middle = 0, high = 0] = numbersOf(svg, /<circle class="point" cx="[0-9.]+" cy="([0-9.]+)"/g)
  expect((low - middle) / (70 - 20)).toBeCloseTo((middle - high) / (600 - 70), 2)
  const [bar = 0] = numbersOf(svg, /<line class="bar" x1="[0-9.]+" y1="([0-9.]+)"/g)
  expect((low - bar) / (300 - 20)).toBeCloseTo((middle - high) / (600 - 70), 2)
})

test('one point is a chart, too; figures of zero and what is no x', () => {
  expect(drawChart({ ...chart, points: [{ x: 1, y: 0, min: 0, max: 0 }] })).not.toContain('NaN')
  expect(() => drawChart({ ...chart, points: [] })).toThrow(RangeError)
  expect(() => drawChart({ ...chart, points: [{ x: 0, y: 1, min: 1, max: 1 }] })).toThrow(RangeError)
})

test.each([
  [0, [0, 1]],
  [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [7.9, [0, 2, 4, 6, 8]],
  [130_000, [0, 50_000, 100_000, 150_000]],
  [10, [0, 2, 4, 6, 8, 10]],
])('ticks up to %d', (max, ticks) => {
  expect(linearTicks(max)).toEqual(ticks)
})

test('what XML does not take is escaped or left out', () => {
  expect(escapeXml('a < b & "c" > d\u0000\u001b')).toBe('a &lt; b &amp; &quot;c&quot; &gt; d')
  elementsOf(drawChart({ ...chart, title: '</title><b & c>', footer: '"<&>"' }))
})
